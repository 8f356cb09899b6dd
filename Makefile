# `make help` lists what there is; every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
# Compiled modules are kept: otherwise every worker of the tests compiles all of the code anew, for seconds.
RUN := PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m
ARGS ?=
# Two per core: half of the time a test waits.
WORKERS = $$($(VENV)/bin/python -c 'import os; print(2 * os.cpu_count())')

.DEFAULT_GOAL := help
.PHONY: help conformance test test-fast test-under-load soak servers lint types targets dashboards console up docs record-fidelity bench lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

conformance: $(VENV)/.ready ## judge the reference services on the best stack this machine can run (ARGS="--service storage")
	@$(RUN) pytest suites/ --history reports/out/history.json $(ARGS)

test: $(VENV)/.ready ## the suite's own tests, all of them
	@$(RUN) pytest tests/ -n auto --dist worksteal $(ARGS)

test-fast: $(VENV)/.ready ## those that are not slow and need no server, for between two edits (about 30 s on two free cores)
	@$(RUN) pytest tests/ -n $(WORKERS) --dist worksteal -m "not slow and not native and not engine" $(ARGS)

test-under-load: $(VENV)/.ready ## ten times test-fast and three times test, beside one busy process per core (ARGS="--fast 2 --all 0")
	@$(RUN) tests.support.under_load $(ARGS)

soak: $(VENV)/.ready ## judge the unchanged stack 20 times, ten of them with every core busy; prints what differs (ARGS="--runs 4")
	@$(RUN) tests.support.soak $(ARGS)

servers: $(VENV)/.ready ## build the real Prometheus, promtool, Alertmanager, amtool and node-exporter (about 10 minutes, once)
	@$(RUN) stack.servers --install-go $(ARGS)

lint: $(VENV)/.ready ## ruff: style and likely errors
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

types: $(VENV)/.ready ## mypy, strict
	@$(RUN) mypy .

targets: $(VENV)/.ready ## write what Prometheus is deployed to scrape, from the catalog and the component table
	@$(RUN) suites.run.target_files

dashboards: $(VENV)/.ready ## write stack/grafana/dashboards from their descriptions in stack/grafana/sources
	@$(RUN) stack.grafana.generate

console: ## build the console's pages (needs Node 20.19 or newer with npm)
	@cd stack/console/web && npm ci --ignore-scripts --silent && npm run --silent build

up: $(VENV)/.ready ## the stack, the reference services and the console on this machine, until Ctrl-C
	@test -d stack/console/web/dist || ! command -v npm >/dev/null || $(MAKE) console
	@$(RUN) suites.run.up

record-fidelity: $(VENV)/.ready ## record what the real Loki, Promtail and Alloy do with the corpus, where they are found
	@$(RUN) tests.fidelity.record

docs: $(VENV)/.ready ## write docs/rules, a page per rule and the table of all
	@$(RUN) suites.run.rule_pages

bench: $(VENV)/.ready ## measure side by side with what one would use instead; writes benchmarks/RESULTS.md
	@$(RUN) benchmarks $(ARGS)

lock: $(VENV)/.ready ## pin requirements/*.in into requirements/*.txt
	@$(RUN) pip install --quiet pip-tools
	@$(RUN) piptools compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --output-file requirements/dev.txt requirements/dev.in
	@$(RUN) piptools compile --quiet --strip-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements/run.txt requirements/run.in
	@$(RUN) piptools compile --quiet --strip-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements/console.txt requirements/console.in

$(VENV)/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version 2>&1); name another with: make PYTHON=python3.12 …"; exit 1; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt || { \
		echo "the pinned packages of requirements/dev.txt could not be installed; is a Python package index reachable?"; exit 1; }
	@touch $@
