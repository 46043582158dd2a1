#!/usr/bin/env bash
# Builds the readers of untrusted files with libFuzzer's instrumentation and feeds each RUNS damaged inputs.
# Ends with a line a reader; an input that broke one is kept in .build-fuzz/found.
set -uo pipefail
cd "$(dirname "$0")/.."

runs=${RUNS:-1000000}
export FTBENCH_FUZZ=1
library=$(find "$(dirname "$(readlink -f "$(command -v swift)")")/../lib/clang" \
  -name "libclang_rt.fuzzer_no_main-$(uname -m).a" -o -name "libclang_rt.fuzzer_no_main.a" 2>/dev/null | head -n 1)
if [ -z "$library" ]; then
  echo "The Swift toolchain has no libFuzzer (libclang_rt.fuzzer_no_main). Use one from swift.org." >&2
  exit 1
fi
swift build -c release --scratch-path .build-fuzz --product FuzzRunner \
  -Xlinker "$library" -Xlinker -lstdc++ || exit 1
runner=.build-fuzz/release/FuzzRunner
found=.build-fuzz/found
mkdir -p "$found"

failed=0
for name in ${SUBJECTS:-$("$runner" list)}; do
  corpus=.build-fuzz/corpus/$name
  log=.build-fuzz/$name.log
  "$runner" seeds "$name" "$corpus" || exit 1
  # libFuzzer refuses an empty dictionary.
  dictionary=
  [ -s "$corpus.dict" ] && dictionary=-dict=$corpus.dict
  "$runner" "$name" -runs="$runs" -max_len=12288 -timeout=10 -rss_limit_mb=2048 ${dictionary:+"$dictionary"} \
    -artifact_prefix="$found/$name-" -print_final_stats=1 "$corpus" >"$log" 2>&1
  status=$?
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ "$status" = 0 ]; then
    echo "$name: ${executed:-0} executions, nothing found"
  else
    failed=1
    echo "$name: broke after ${executed:-?} executions; the input is in $found, the trace in $log"
  fi
done
exit "$failed"
