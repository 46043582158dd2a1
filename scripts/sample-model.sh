#!/usr/bin/env bash
# Pre-trains the sample base model from random weights, from the generated corpus to the folder in sample-data.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product SampleMaker
maker=.build/release/SampleMaker
start=.build/sample/start
workspace=.build/sample/workspace
mkdir -p "$start"

"$maker" corpus --documents "${DOCUMENTS:-100000}" --seed 1 --out .build/sample/corpus.jsonl
"$maker" tokenizer --corpus .build/sample/corpus.jsonl --out "$start"
"$maker" config --out "$start"
"$maker" init --seed 1 --out "$start"
rm -rf "$workspace"
.build/release/ftbench train sample-data/recipes/pretrain.yaml --workspace "$workspace" --set name=sample-model
"$maker" card --out "$start"

target=sample-data/base-model
mkdir -p "$target"
cp "$workspace/runs/sample-model/output/model.safetensors" "$target/"
for file in config.json tokenizer.json tokenizer_config.json generation_config.json README.md; do
  cp "$start/$file" "$target/"
done
du -sh "$target"
