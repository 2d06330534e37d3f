# What each target does: `make help`. A bare clone needs Python 3.11 or later, make and git; the rest comes with `make venv`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# 3.11 first: constraints.txt was measured on it.
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2
PORT ?= 50051
DEMO := .cache/demo
RELEASED := proto/released.binpb
PROTOS = $(sort $(shell find proto -name '*.proto'))

# Compiled kernels are kept between runs, and never beside the sources.
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba

.PHONY: help venv demo test check lint format types contracts proto proto-lint proto-current proto-breaking proto-release pytest audit bench bench-peers counters nightly serve clean

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## create or refresh .venv, pinned by constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo "dom-engine needs Python 3.11 or later on the PATH (or: make PYTHON=/path/to/python)" >&2; exit 1; fi
	@echo "Preparing $(VENV) (the first time takes a minute or two)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## solve scenarios/quickstart and show the plan
	@$(BIN)/dom solve scenarios/quickstart --out $(DEMO)

test: check pytest ## every check, and every test but the nightly ones: what CI runs

check: lint types contracts proto-lint proto-current proto-breaking ## every check but the tests

lint: $(STAMP) ## style (ruff)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(STAMP) ## rewrite the sources in the house style
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(STAMP) ## types (mypy --strict)
	@$(BIN)/mypy

contracts: $(STAMP) ## which package may import which (import-linter)
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter

# Linted as a compiled image: buf reads no imports from site-packages, and would fetch google/api from a registry.
proto-lint: $(STAMP) ## style of proto/ (buf)
	@mkdir -p .cache
	@$(protoc) --include_imports --include_source_info --descriptor_set_out=.cache/proto.binpb $(PROTOS)
	@$(BIN)/buf lint .cache/proto.binpb --path dom_engine

proto-breaking: proto-lint ## does proto/ still understand whom the last release understood? (buf)
	@$(BIN)/buf breaking .cache/proto.binpb --against $(RELEASED) --path dom_engine --exclude-imports

proto-release: proto-lint ## take proto/ as it is for released: part of making a release
	@$(protoc) --include_imports --descriptor_set_out=$(RELEASED) $(PROTOS)

proto: $(STAMP) ## regenerate dom_engine/v1 from proto/
	@rm -f dom_engine/v1/*_pb2*
	@$(call generate,.)

proto-current: $(STAMP) ## is dom_engine/v1 what proto/ generates?
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; $(call generate,"$$fresh"); \
	diff --recursive --brief --exclude=__init__.py --exclude=__pycache__ "$$fresh/dom_engine/v1" dom_engine/v1 \
		|| { echo "dom_engine/v1 is not what proto/ generates: run make proto" >&2; exit 1; }

# google/api comes with googleapis-common-protos, google/protobuf with the compiler. operations.proto comes too, under a
# name that nothing imports.
SITE_PACKAGES = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
OPERATIONS = .cache/protos/google/longrunning/operations.proto
protoc = mkdir -p $(dir $(OPERATIONS)) && cp $(SITE_PACKAGES)/google/longrunning/operations_proto.proto $(OPERATIONS) \
	&& $(BIN)/python -m grpc_tools.protoc -I proto -I .cache/protos -I $(SITE_PACKAGES)
generate = $(protoc) --python_out=$(1) --pyi_out=$(1) --grpc_python_out=$(1) $(PROTOS)

# Kernels are compiled once before the tests: side by side, every worker would compile the same ones.
pytest: $(STAMP) ## the tests alone, but the nightly ones
	@$(BIN)/dom solve scenarios/quickstart --out .cache/warm > /dev/null
	@$(BIN)/python scenarios/generate.py --orders 450 --nodes 8 --items 200 --out .cache/many > /dev/null
	@$(BIN)/dom solve .cache/many --out .cache/warm --time-limit 5 > /dev/null
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

bench: $(STAMP) ## the benchmarks, one after the other; keep the machine quiet
	@$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only

# PEERS='--case us-tight-30000x50x6000-1s1d-0 --multiple 100' for the larger ones.
bench-peers: $(STAMP) ## the product beside monoliths, LPs and the rules of shops; keep the machine quiet
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[bench]'
	@$(BIN)/python -m benchmarks.bench_peers $(PEERS)

# CI holds pins to security-floors.txt (tests/unit/test_advisories.py); this asks what was published since.
audit: $(STAMP) ## known vulnerabilities of what is pinned; fails as well where it could not ask
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .cache/pip-audit pip-audit \
		|| echo "pip-audit could not be installed" >&2
	@PYTHONPATH=$(CURDIR):$(CURDIR)/.cache/pip-audit $(BIN)/python -m tests.advisories

counters: $(STAMP) ## record anew how much work the small generated batches take (benchmarks/counters.json)
	@$(BIN)/python -m benchmarks.counters

nightly: $(STAMP) ## every test, the long ones too, and thousands of random examples instead of a hundred
	@CI=true $(BIN)/python -m pytest -n $(JOBS) -m '' --hypothesis-profile nightly

serve: $(STAMP) ## the optimiser over gRPC on PORT
	@$(BIN)/python server.py --port $(PORT) --reflection

clean: ## forget caches and results; the environment stays
	@rm -rf .cache .hypothesis .benchmarks build dist
