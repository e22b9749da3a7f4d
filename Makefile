# Everything runs in .venv, which the first use makes from this project's own files. Needs make and Python 3.11+.
PYTHON ?= python3
WORKERS ?= 2

BIN := .venv/bin
STAMP := .venv/.installed
PLUGINS := $(wildcard plugins/*/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help venv demo test check docs bench bench-ledger bench-load torture
.PHONY: check-format check-lint check-mypy check-pyright check-imports

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

venv: $(STAMP) ## make or renew .venv

# The stamp is older than what it was made from whenever a dependency, a plugin or an entry point changes.
$(STAMP): pyproject.toml $(PLUGINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-e '.[dev]' $(foreach plugin,$(PLUGINS),-e $(dir $(plugin)))
	@touch $@

demo: $(STAMP) ## a year of a coffee club: events, summary, one explanation
	$(BIN)/python -m benchmarks.demo

test: $(STAMP) ## every test but the long forms
	$(BIN)/pytest -n $(WORKERS) -q

check: check-format check-lint check-mypy check-pyright check-imports ## format, lint, types, import contracts

check-format: $(STAMP)
	$(BIN)/ruff format --check .

check-lint: $(STAMP)
	$(BIN)/ruff check .

check-mypy: $(STAMP)
	$(BIN)/mypy

check-pyright: $(STAMP)
	$(BIN)/pyright

check-imports: $(STAMP)
	$(BIN)/lint-imports --no-logo

docs: $(STAMP) ## write the pages that are made from code
	$(BIN)/python -m docs.make_pages

bench: $(STAMP) ## events per second and memory
	$(BIN)/python -m benchmarks.throughput

bench-ledger: $(STAMP) ## durable events per second beside bare inserts
	$(BIN)/python -m benchmarks.ledger
	$(BIN)/python -m benchmarks.ledger_postgres

bench-load: $(STAMP) ## seconds to load a rule set beside what PyYAML takes
	$(BIN)/python -m benchmarks.loading

torture: $(STAMP) ## the long form of the random tests; OPERATIONS=1000000 SEED=0 for those beside the plain model, KILLS=5000 for writers
	$(BIN)/pytest -n $(WORKERS) -q -m slow
