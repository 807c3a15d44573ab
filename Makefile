# v2g-twin: `make` lists what can be made. Every target sets itself up.

PYTHON ?= python3
VENV ?= .venv
S ?=
R ?=
T ?=
CASES ?=
UPGRADE ?=
CARS ?= 3000,9000
PORT ?= 8050

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run run-village dash test test-long check study report bench bench-territory schema lock pictures \
  browser clean
MAKEFLAGS += --no-print-directory

BIN := $(VENV)/bin
TWIN := $(BIN)/twin
PROCESSORS := $(shell nproc 2>/dev/null || echo 2)
PYTEST = CASES=$(CASES) $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
READY := $(VENV)/ready-$(shell cat requirements.lock pyproject.toml | cksum | tr ' ' -)
MAIN_STUDY := scenarios/studies/sdge_v2g.yaml
VILLAGE_STUDY := scenarios/studies/v2g_adoption.yaml
STUDY_FILE = $(if $(findstring .yaml,$(S)),$(S),scenarios/studies/$(S).yaml)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## the environment in .venv alone
	@echo "Ready: $(TWIN)"

run: $(READY) ## the main study: what V2G changes on a US circuit, table and report
	@$(call study_and_report,$(MAIN_STUDY))

run-village: $(READY) ## the same for a real German village
	@$(call study_and_report,$(VILLAGE_STUDY))

dash: $(READY) ## the dashboard over results/ (PORT=8050)
	@mkdir -p results && $(TWIN) dash --port $(PORT)

test: $(READY) browser ## the tests to run before a commit (T=tests/laws CASES=100: only those)
	@$(PYTEST) -n $$(($(PROCESSORS) + 1)) $(if $(T),$(T),-m "not long")

test-long: $(READY) browser ## the others: the whole dashboard in a browser, many networks
	@$(PYTEST) -n $(PROCESSORS) -m long

check: $(READY) ## format, lint, types and import floors
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

study: $(READY) ## another study with its report (S=name in scenarios/studies)
	@if [ ! -f "$(STUDY_FILE)" ]; then \
	  echo "make study S=name: there is no study '$(S)'; scenarios/studies has:" >&2; \
	  find scenarios/studies -name '*.yaml' -exec basename {} .yaml \; | sort | sed 's/^/  /' >&2; \
	  exit 2; \
	fi
	@$(call study_and_report,$(STUDY_FILE))

report: $(READY) ## the report of a run or study (R=its folder)
	@if [ ! -d "$(R)" ]; then \
	  echo "make report R=folder: '$(R)' is not the folder of a run or study" >&2; exit 2; \
	fi
	@$(TWIN) report "$(R)" -o "$(R)/report.html"

bench: $(READY) ## speed beside other engines, and docs/validation.md's references
	@for file in tests/benchmarks/bench_*.py; do $(BIN)/python "$$file"; done

bench-territory: $(READY) ## what a territory costs a car (CARS=10000,100000,1000000)
	@CARS="$(CARS)" $(BIN)/python tests/benchmarks/bench_territory.py

schema: $(READY) ## write the JSON Schemas of scenarios and studies anew
	@$(BIN)/python -m twin.scenario.schema scenarios

lock: $(READY) ## resolve requirements.lock anew (UPGRADE=--upgrade: to the newest)
	@$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal \
	  --python-version 3.11 --fork-strategy requires-python --only-binary :all: \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate $(UPGRADE) -o requirements.lock

pictures: $(READY) browser ## the pictures of docs/dashboard, of the newest study in results/
	@$(BIN)/python tests/browser/pictures.py results

clean: ## remove the environment and the caches (results stay)
	@rm -rf $(VENV) build dist mutants .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache
	@find twin dashboards tests -name __pycache__ -type d -prune -exec rm -rf {} +

browser:
	@if [ -d tests/browser ] && ! command -v chromium >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the tests of pages ..."; \
	    apt-get update -qq >/dev/null && apt-get install -y -qq chromium >/dev/null; \
	  else \
	    echo "The tests of pages need Chromium, and only root can install it here." >&2; \
	    echo "Debian, Ubuntu: apt-get install chromium." >&2; \
	    echo "All the others: make test T='tests --ignore tests/browser'" >&2; \
	    exit 1; \
	  fi; \
	fi

# Named after what it installs, so it is made anew when that changes, and only then.
$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "v2g-twin needs Python 3.11 or newer, and '$(PYTHON)' is not." >&2; \
	  echo "Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv." >&2; \
	  echo "Elsewhere, name one that you have: make PYTHON=python3.12 ..." >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: its venv module is missing." >&2; \
	  echo "Debian, Ubuntu: apt-get install python3-venv." >&2; \
	  exit 1; }
	@echo "Setting up $(VENV) from requirements.lock (a minute or two, this once) ..."
	@rm -f $(VENV)/ready-*
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(READY)

# What a study prints goes on the screen as it comes; its last line is its folder.
define study_and_report
mkdir -p results; \
$(TWIN) study "$(1)" | tee results/.last_study; \
folder=$$(tail -n 1 results/.last_study); \
$(TWIN) report "$$folder" -o "$$folder/report.html" >/dev/null; \
echo "Report: $$folder/report.html"
endef
