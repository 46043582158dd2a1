#!/usr/bin/env bash
# Trains in float32 and in BF16, 200 steps each from the same recipe, and compares the losses: the mean of the last
# twenty steps and the held-out loss may be a hundredth apart. All tokens are trained: answers alone are learnt by heart
# within 200 steps, and a hundredth of next to nothing is noise. MODEL=FOLDER and DATA=FILE name others than the samples.
set -euo pipefail
cd "$(dirname "$0")/.."

model=${MODEL:-sample-data/base-model}
data=${DATA:-sample-data/triage.jsonl}
steps=${STEPS:-200}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

train() { # method, precision: prints the two losses
  cat > "$folder/recipe.yaml" <<RECIPE
model: $model
data: {train: $data, validation: 0.1, train_on: everything, too_long: truncate}
method: $1
lora: {r: 16, alpha: 32, dropout: 0.0, target_modules: all-linear}
optimizer: {name: adamw, learning_rate: 1.0e-3}
schedule: {name: cosine, warmup_ratio: 0.05}
batch: {micro_batch_size: 4, gradient_accumulation_steps: 1, sequence_length: 256, packing: true}
precision: $2
max_steps: $steps
seed: 7
evaluation: {every_steps: $steps}
checkpoints: {every_steps: $steps, keep: 1}
RECIPE
  .build/release/ftbench train "$folder/recipe.yaml" --workspace "$folder/workspace" --json > "$folder/log" 2> "$folder/why" ||
    { tail -3 "$folder/why" >&2; return 1; }
  # Fields of the events by name: "step" events carry the loss of a step, "eval" events that of the held-out rows.
  awk -v steps="$steps" '
    function number(name,  at) { return match($0, "\"" name "\": [-0-9.e+]+") ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4) : "nan" }
    /"event": "step"/ { count++; if (count > steps - 20) { sum += number("loss"); n++ } }
    /"event": "eval"/ { held = number("loss") }
    END { if (n == 0 || held == "") exit 1; printf "%.6f %.6f\n", sum / n, held }' "$folder/log"
}

worst=0
for method in full lora; do
  wide=$(train "$method" fp32)
  narrow=$(train "$method" bf16)
  echo "$method: float32 $wide, bf16 $narrow (last steps, held out)"
  echo "$wide $narrow" | awk '{ for (i = 1; i <= 2; i++) { d = $(i + 2) / $i - 1; if (d < 0) d = -d
    if (!(d <= 0.01)) { printf "  %.2f %% apart\n", 100 * d; bad = 1 } } exit bad }' || worst=1
done
exit $worst
