.DEFAULT_GOAL := help
.PHONY: help setup check format types test graphiql browser lock upgrade

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 10

setup: ## install everything into .venv
	uv sync

check: ## format, lint and types, as CI does
	uv run ruff format --check
	uv run ruff check
	$(MAKE) types

types: ## the strict type checker, over the package and the tests
	uv run mypy -p hudang
	uv run mypy tests bench .ci

format: ## put the code into its one format
	uv run ruff format
	uv run ruff check --fix

test: ## all tests
	uv run pytest

graphiql: ## build the GraphiQL page from npm packages (needs Node 20 or newer)
	mkdir -p build/graphiql
	cp graphql/console/* build/graphiql/
	cd build/graphiql && npm ci --ignore-scripts --no-audit --no-fund
	node build/graphiql/build.mjs "$(CURDIR)/graphql/static"

browser: graphiql ## try the page in Chromium, with GraphiQL and without
	uv run pytest tests/graphql/in_a_browser.py

lock: ## pin what pyproject.toml asks for, in requirements.lock and pyproject.toml
	uv run --no-sync python .ci/lock.py

upgrade: ## the same, with the newest versions
	uv run --no-sync python .ci/lock.py --upgrade
