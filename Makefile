# The two commands: `make demo` and `make test`. Everything they need is set up by themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --frozen --no-sync

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -ts $$'\t'

demo: setup  ## a panel of 5,000, two campaigns, one fair draw, and the charter check
	@$(RUN) panel demo

test: setup lint  ## lint, types, import rules and every test, on real PostgreSQL and real Kafka
	@$(RUN) pytest -n 2 --no-loadscope-reorder

test-deploy: setup  ## the deployment, on a container engine: built, used, killed, rolled over
	@$(RUN) pytest -m deploy -s tests/deploy

lint: setup  ## ruff, mypy, import-linter and vulture
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports --no-cache
	@$(RUN) vulture

bench: setup  ## the figures, as ratios measured in the same run; those missed are marked
	@$(RUN) panel bench --smoke || test $$? -eq 3

sbom: setup  ## dist/sbom.cdx.json (CycloneDX) and dist/licences.csv, of what the services' image holds
	@mkdir -p dist
	@UV_PROJECT_ENVIRONMENT=dist/environment $(UV) sync --frozen --quiet --no-default-groups \
	  --no-install-project
	@$(UV) tool run --quiet --from cyclonedx-bom cyclonedx-py environment \
	  dist/environment/bin/python --output-file dist/sbom.cdx.json
	@$(RUN) python -m deploy.generate.licences dist/sbom.cdx.json > dist/licences.csv
	@rm -rf dist/environment

audit: setup  ## known vulnerabilities in the locked dependencies (asks the package index)
	@mkdir -p dist
	@$(UV) export --frozen --quiet --no-default-groups --no-emit-project > dist/requirements.txt
	@$(UV) tool run --quiet pip-audit --strict --require-hashes --disable-pip --requirement dist/requirements.txt

describe: setup  ## write AsyncAPI and OpenAPI from the code
	@$(RUN) python -m deploy.generate.describe

setup:  # uv where it is missing, then the locked environment
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || command -v uv >/dev/null \
	  || { echo "Python 3.11 or newer is needed as python3 (or uv, which can bring one)."; exit 1; }
	@command -v uv >/dev/null || test -x .uv/bin/uv || { python3 -m venv .uv \
	  || { echo "Python's venv module is needed (on Debian: the package python3-venv)."; exit 1; }; \
	  .uv/bin/pip install --quiet uv; }
	@# Compiled once here, or every start of every process pays for it.
	@$(UV) sync --frozen --quiet --compile-bytecode

clean:  ## forget the environment and local data
	rm -rf .venv .uv .panel .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help demo test test-deploy lint bench sbom audit describe setup clean
