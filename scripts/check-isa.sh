#!/usr/bin/env bash
# Runs the tests of kernels, ops, models and training with FTBENCH_ISA set to each instruction set in turn. A set that
# this processor cannot run is passed over; one that it can and that was not honoured fails a test.
set -euo pipefail
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
filter=${FILTER:-CKernelsTests|TensorsTests|AutogradTests|ModelsTests|AdaptersTests|GenerationTests|TrainingTests}
for isa in ${ISA:-portable avx2 avx512 avx512bf16 amx neon}; do
  log=$(mktemp)
  if FTBENCH_ISA=$isa "$swift" test --skip-build --filter 'RequestedSetTests' > "$log" 2>&1; then
    echo "== $isa"
    FTBENCH_ISA=$isa "$swift" test --skip-build --filter "$filter" > "$log" 2>&1 ||
      { grep -E '✘|error:|failed' "$log" | head -40; echo "failed under $isa: $log"; exit 1; }
    grep -E 'Test run with' "$log" || true
  elif ! grep -q 'Test run with' "$log"; then
    cat "$log"
    exit 1
  else
    echo "== $isa: cannot run here"
  fi
  rm -f "$log"
done
