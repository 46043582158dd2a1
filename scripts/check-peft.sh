#!/usr/bin/env bash
# Writes adapters with ftbench and loads them with PEFT: the logits of both must agree.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv-peft
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors numpy
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
FTBENCH_PEFT_OUT="$out" swift test --filter PEFTExportTests
"$venv/bin/python" Tests/Fixtures/check_peft_loads.py "$out"
