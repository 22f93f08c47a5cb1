# The commands of everyday work; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run reset test test-faults check bench lock messages

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/'

define require
@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or later (Debian, Ubuntu: apt install python3 python3-venv)."; exit 1; }
endef

setup: ## make the environment, with the tools for tests and checks
	$(require)
	@$(PYTHON) bootstrap.py dev

run: ## start the portal with demo data (PORT=8001 make run: on another port)
	$(require)
	@$(PYTHON) bootstrap.py run
	@exec $(BIN)/python -m portal.supervisor

reset: ## throw the demo data away; the next `make run` starts over
	$(require)
	@$(PYTHON) bootstrap.py run
	@$(BIN)/python -m portal.supervisor reset

test: setup ## run the tests (ARGS="-k name" chooses)
	@$(BIN)/pytest -n auto $(ARGS)

test-faults: setup ## kill real processes at every point of a purge (some 20 minutes)
	@$(BIN)/pytest -n 2 -m faults $(ARGS)

CHECKS := format lint types layers templates migrations system api deployment
.PHONY: $(CHECKS)
check: setup $(CHECKS) ## format, lint, types, layers, templates, migrations, Django's own checks, the API's description

format:
	@$(BIN)/ruff format --check .
lint:
	@$(BIN)/ruff check .
types:
	@$(BIN)/mypy .
layers:
	@$(BIN)/lint-imports
templates:
	@git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
migrations:
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python -m tests.migration_lint
system:
	@$(BIN)/python manage.py check
api:
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
deployment:
	@env $$(grep -v '^#' tests/production.env) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: setup ## measure against the references (ONLY=name runs one, FULL=1 the largest sizes, too)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full)

messages: setup ## gather the texts to translate into locale/es (needs gettext)
	@$(BIN)/python manage.py makemessages --locale=es --no-wrap --add-location=file --ignore=build --ignore=node_modules --ignore=tests

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header $(if $(UPGRADE),--upgrade)
lock: setup ## write the lock files anew from pyproject.toml (UPGRADE=1: newest versions)
	$(COMPILE) --group pyproject.toml:bootstrap -o requirements/bootstrap.lock
	$(COMPILE) --group pyproject.toml:node -o requirements/node.lock
	$(COMPILE) pyproject.toml -o requirements/base.lock
	$(COMPILE) pyproject.toml --group pyproject.toml:embedded -o requirements/run.lock
	$(COMPILE) pyproject.toml --group pyproject.toml:embedded --group pyproject.toml:dev -o requirements/dev.lock
