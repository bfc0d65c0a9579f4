# Needs Python 3.11 or later, make and a package index. uv comes into .tools/ when the machine has none.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# Some containers set it, and then each of the many processes compiles every library anew: seconds of start-up.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
# More than processors: a third of the tests mostly wait.
WORKERS ?= 3
UV := $(or $(shell command -v uv 2>/dev/null),.tools/uv/bin/uv)
READY := .venv/.ready

.PHONY: run test bench lint format docs clean help

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# `exec`: Ctrl-C then reaches the product once, as from a terminal of its own.
run: $(READY) ## Start the whole product in this terminal
	@exec .venv/bin/tocsin dev

test: lint ## Lint, types and all tests
	.venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(READY) ## Style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: $(READY) ## Put the code into shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: $(READY) ## The benchmarks, at most 20 minutes; with wrk from apt
	@command -v wrk >/dev/null || { apt-get update -q && apt-get install -yq --no-install-recommends wrk; }
	.venv/bin/python -m tests.bench

docs: $(READY) ## Write docs/configuration.md anew
	.venv/bin/python -m docs.configuration

clean: ## Remove what make made; .tocsin, the product's data, stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

# The lock file says what is installed; --locked refuses to change it.
$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked --all-extras --quiet
	@touch $@

.tools/uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tocsin needs Python 3.11 or later: make PYTHON=python3.x")'
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/pip install --quiet --disable-pip-version-check uv
