# What one does with Footfall. Each target sets up what it needs; `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 4
SOAK ?= 500

VENV := .venv
BIN := $(VENV)/bin
RUN_TIME := $(VENV)/.run-time-installed
DEV := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PACKAGES := studio ledger jobs payments pos giftcards memberships clientfile accounting api config stripe_sim
# What only reads the code needs some key, and no Stripe.
KEYS := env STRIPE_SECRET_KEY=sk_test_0 STRIPE_WEBHOOK_SECRET=whsec_0
PRODUCTION := $(KEYS) DEBUG=False DEMO=False SITE_URL=https://till.example.com ALLOWED_HOSTS=till.example.com \
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))') \
	PIN_PEPPER=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))') \
	GIFT_CODE_KEYS=1:$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))') \
	HEALTH_KEYS=1:$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))')

.DEFAULT_GOAL := help
.PHONY: help demo run setup test test-sqlite test-pg soak check lint format types schema check-schema check-deploy screenshots requirements clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(RUN_TIME) .env ## Try it: a demo studio, a worker and a server on http://127.0.0.1:$(PORT)/
	@DEMO=True SITE_URL=http://127.0.0.1:$(PORT) STRIPE_API_BASE=http://127.0.0.1:$$(($(PORT) + 4111)) $(BIN)/python manage.py demo --port $(PORT)

run: setup ## Run a real studio on this machine, with its worker
	@$(BIN)/python manage.py worker & worker=$$!; trap 'kill $$worker' EXIT INT TERM; \
		$(BIN)/gunicorn config.wsgi --bind 127.0.0.1:$(PORT) --threads 8

setup: $(RUN_TIME) .env ## Install what it runs on, make .env and bring the database up to date
	@$(BIN)/python manage.py migrate --verbosity 1

test: $(DEV) ## The whole suite, on SQLite and on PostgreSQL
	@failed=''; \
	$(MAKE) --no-print-directory test-sqlite || failed="$$failed SQLite"; \
	$(MAKE) --no-print-directory test-pg || failed="$$failed PostgreSQL"; \
	if [ -n "$$failed" ]; then echo "make test: there are failures on:$$failed." >&2; exit 1; fi; \
	if [ -z "$(QUIET_END)" ]; then echo "make test: all is well on SQLite and on PostgreSQL; what was skipped and why stands above each summary."; fi

test-sqlite: $(DEV) ## The whole suite on SQLite
	@echo "--- the suite on SQLite"
	@env -u DATABASE_URL $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-pg: $(DEV) ## The whole suite on PostgreSQL: that of DATABASE_URL, or one started for it
	@echo "--- the suite on PostgreSQL"
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

soak: $(DEV) ## Every crash point, 1,000 kills, all sleepers, new examples: an hour and more, on both databases
	@env -u DATABASE_URL FOOTFALL_SOAK=$(SOAK) $(BIN)/python -m pytest --timeout 0 -n $(WORKERS) -s tests/chaos tests/stories $(ARGS)
	@FOOTFALL_SOAK=$(SOAK) $(BIN)/python -m tests.postgres $(BIN)/python -m pytest --timeout 0 -n $(WORKERS) -s tests/chaos tests/stories $(ARGS)

check: lint types check-schema check-deploy test ## All that must hold before a change goes in

lint: $(DEV) ## Style, imports between the layers, forgotten migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(KEYS) $(BIN)/python manage.py makemigrations --check --dry-run

format: $(DEV) ## Put the code into its form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: $(DEV) ## Types, strictly
	$(BIN)/mypy $(PACKAGES)

schema: $(DEV) ## Write docs/openapi.yaml anew
	$(KEYS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

check-schema: $(DEV)
	@mkdir -p var
	$(KEYS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml
	@diff -u docs/openapi.yaml var/openapi.yaml || { echo "docs/openapi.yaml is not that of the code: run make schema." >&2; exit 1; }

check-deploy: $(DEV)
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

screenshots: $(DEV) ## Take the pictures of docs/images anew, from a demo of their own
	@$(BIN)/python -m tests.browser.screenshots

requirements: $(DEV) ## Compile requirements*.in anew, with hashes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	for name in requirements requirements-dev; do \
		$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
			--no-emit-find-links --no-emit-trusted-host $(ARGS) --output-file $$name.txt $$name.in || exit 1; done

clean: ## Remove what can be made again; never data, never .env
	rm -rf $(VENV) staticfiles test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up --------------------------------------------------------------------------------------------------------------

.env: | $(RUN_TIME)
	@$(BIN)/python -m config.make_env

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "Footfall needs Python 3.11 or newer, as '$(PYTHON)'. Another one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Footfall needs Python 3.11 or newer; '$(PYTHON)' is older. Another one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || echo "Making a virtual environment in $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN_TIME): requirements.txt | $(VENV)/.made
	@echo "Installing what Footfall runs on (once, about half a minute) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUN_TIME)
	@echo "Installing what its tests need (once, about a minute) ..."
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@
