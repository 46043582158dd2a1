# README's two commands are `make run` and `make test`. Everything here can be run again without harm.

SWIFT ?= swift
BIN = .build/release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: run test build setup sample-data sample-model demo bench bench-peers check-peft check-gguf check-isa check-precision fuzz lint clean help

help:  ## What there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## Install the three Debian packages that are needed, if any is missing
	@scripts/setup.sh

build: setup  ## Build in release mode
	@$(SWIFT) build -c release -j $(JOBS) --product ftbench

run: build  ## Build and open the workbench
	@$(BIN)/ftbench

demo: build  ## The whole loop unattended, with a report
	@$(BIN)/ftbench demo

test: setup  ## Build and run every test
	@$(SWIFT) build -j $(JOBS) --build-tests
	@$(SWIFT) test --skip-build --parallel

bench: build  ## Measure this machine, beside PyTorch where `make bench-peers` has set it up (BENCH="--only lora-bf16")
	@if command -v python3 > /dev/null; then python3 scripts/bench/page.py $(BENCH); else \
	  $(BIN)/ftbench bench gemm && $(BIN)/ftbench bench step; fi
	@$(BIN)/ftbench bench ui

bench-peers:  ## Install what `make bench` compares with into .venv-bench (several GB)
	@test -x .venv-bench/bin/python || python3 -m venv .venv-bench
	@CMAKE_ARGS="-DGGML_NATIVE=ON" .venv-bench/bin/pip install -q --no-binary llama-cpp-python \
	  -r scripts/bench/requirements.txt

sample-data: setup  ## Write the sample sets again from their seeds
	@$(SWIFT) run -c release SampleMaker data --out sample-data

sample-model: build  ## Pre-train the sample base model again (about 40 minutes on two cores)
	@scripts/sample-model.sh

check-peft: setup  ## Write adapters and load them with PEFT (installs Python libraries into .venv-peft)
	@scripts/check-peft.sh

check-gguf: build  ## Export GGUF files and read them with llama.cpp (installs Python libraries into .venv-gguf)
	@scripts/check-gguf.sh

check-isa: setup  ## Run the engine's tests with FTBENCH_ISA set to each instruction set this processor has
	@$(SWIFT) build -j $(JOBS) --build-tests
	@SWIFT="$(SWIFT)" scripts/check-isa.sh

check-precision: build  ## Train 200 steps in float32 and in BF16 and compare the losses (MODEL=… DATA=…)
	@scripts/check-precision.sh

fuzz: setup  ## Feed every reader of untrusted files a million damaged inputs (RUNS=…, SUBJECTS="json …")
	@scripts/fuzz.sh

lint:  ## Check the style
	@$(SWIFT) format lint --strict --recursive Sources Tests

clean:  ## Remove what was built
	@rm -rf .build
