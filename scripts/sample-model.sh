#!/usr/bin/env bash
# Pre-trains the sample base model from random weights, from the generated corpus to the folder in sample-data: one pass
# over a first text, then one over a second of the same kind at half the rate.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product SampleMaker
maker=.build/release/SampleMaker
start=.build/sample/start
first=.build/sample/first
workspace=.build/sample/workspace
recipe=sample-data/recipes/pretrain.yaml
mkdir -p "$start"

"$maker" corpus --documents "${DOCUMENTS:-100000}" --seed 1 --out .build/sample/corpus.jsonl
"$maker" corpus --documents "${MORE_DOCUMENTS:-40000}" --seed 2 --out .build/sample/more.jsonl
"$maker" tokenizer --corpus .build/sample/corpus.jsonl --out "$start"
"$maker" config --out "$start"
"$maker" init --seed 1 --out "$start"
rm -rf "$workspace" "$first"
.build/release/ftbench train "$recipe" --workspace "$workspace" --set name=sample-model
cp -r "$workspace/runs/sample-model/output" "$first"
.build/release/ftbench train "$recipe" --workspace "$workspace" --set name=sample-model-more \
  --set model="$first" --set data.train=.build/sample/more.jsonl --set optimizer.learning_rate=1.5e-3
"$maker" card --out "$start"

target=sample-data/base-model
mkdir -p "$target"
cp "$workspace/runs/sample-model-more/output/model.safetensors" "$target/"
for file in config.json tokenizer.json tokenizer_config.json generation_config.json README.md; do
  cp "$start/$file" "$target/"
done
du -sh "$target"
