#!/usr/bin/env bash
# Exports small models of every kind in every type and reads the files with the gguf package and with llama.cpp.
# FTBENCH_PYTHON names a Python that has the libraries already; else they are installed into .venv-gguf, where building
# llama.cpp's binding takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${FTBENCH_PYTHON:-}
if [ -z "$python" ]; then
  venv=.venv-gguf
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 peft==0.21.2 tokenizers safetensors numpy gguf==0.19.0
  "$venv/bin/pip" install -q --no-binary llama-cpp-python llama-cpp-python==0.3.36
  python="$venv/bin/python"
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error
"$python" -W ignore Tests/Fixtures/gguf/make_export_models.py "$out/models" 2>/dev/null
"$python" -W ignore Tests/Fixtures/check_gguf.py "${FTBENCH:-.build/release/ftbench}" "$out/models" "$out/files" "$@"
