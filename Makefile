# CoinTracker's commands; `make` lists them. Needs GNU make 3.81 or later and Python 3.11 or later.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier \
  --fetch-timeout=30000 --fetch-retries=1 --fetch-retry-mintimeout=1000
LOCALES := cointracker/locales
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard $(LOCALES)/*/LC_MESSAGES/cointracker.po))
KEYWORDS := --no-default-keywords -k t -k tn:1,2 -k tp:1c,2 -k N_ -k NP_:1c,2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: run test test-all check format messages bench clean help

run: $(VENV)/.runtime static/.fonts $(CATALOGUES) ## Start the dashboard on http://localhost:8501
	exec $(BIN)/streamlit run app.py

# Three at once on two cores: tests wait more than they calculate.
TESTS := $(VENV)/.dev $(VENV)/.browser static/.fonts $(CATALOGUES)
PYTEST := $(BIN)/python -m pytest --numprocesses=3 --dist=loadscope --no-loadscope-reorder

test: $(TESTS) ## Run the quick tests; ARGS="-k weights" runs some
	$(PYTEST) -m "not slow" $(ARGS)

test-all: $(TESTS) ## Run every test, the slow ones too
	$(PYTEST) --hypothesis-profile=thorough $(ARGS)

check: $(VENV)/.dev node_modules/.dev ## Check format, lint, types and layers, then run every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -f node_modules/.dev ]; then npm run --silent lint; fi
	@$(MAKE) --no-print-directory test-all

format: $(VENV)/.dev ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(VENV)/.runtime ## Take new messages from the code into the catalogues
	$(BIN)/pybabel -q extract -F babel.cfg $(KEYWORDS) --add-location=file --sort-by-file \
	  --project=CoinTracker -o $(LOCALES)/cointracker.pot .
	$(BIN)/pybabel -q update -d $(LOCALES) -D cointracker -i $(LOCALES)/cointracker.pot \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

bench: $(VENV)/.dev $(CATALOGUES) ## Measure the performance figures
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what these commands have made; data/ stays
	rm -rf $(VENV) node_modules static/.fonts static/*.woff2 $(CATALOGUES) $(LOCALES)/cointracker.pot
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CoinTracker needs Python 3.11 or later; $(PYTHON) is %d.%d. Name another: make $(MAKECMDGOALS) PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt $(VENV)/pyvenv.cfg
	@echo "Installing what CoinTracker runs on; this takes a minute."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the tools for tests and checks."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/.browser: scripts/install_browser.sh $(VENV)/.dev
	@sh scripts/install_browser.sh
	@touch $@

# Never a reason to stop: without the fonts the page is set in the system's.
static/.fonts: package-lock.json requirements-fonts.txt scripts/fonts.py | $(VENV)/pyvenv.cfg
	@if ! command -v npm >/dev/null 2>&1; then \
	  echo "npm is not installed: the page will use the system's fonts."; \
	elif { [ node_modules/.dev -nt package-lock.json ] || $(NPM_CI) --omit=dev; } && $(PIP_INSTALL) -r requirements-fonts.txt && $(BIN)/python scripts/fonts.py; then \
	  touch $@; \
	else \
	  echo "The fonts could not be fetched: the page will use the system's fonts."; \
	fi

node_modules/.dev: package-lock.json
	@if command -v npm >/dev/null 2>&1; then $(NPM_CI) && touch $@; \
	else echo "npm is not installed: scripts and style sheets are not checked."; fi

$(CATALOGUES): %.mo: %.po | $(VENV)/.runtime
	@$(BIN)/pybabel -q compile -D cointracker -i $< -o $@
