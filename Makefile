# Two commands do all the set-up: `make demo` and `make test`. A second run is fast.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test check unit clean

demo: $(VENV)/.installed  ## Replay the incident on a simulated season and see it fail safe.
	$(BIN)/gapless demo

test: check unit  ## Everything CI runs.

check: $(VENV)/.installed-test  ## Style, types and layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

unit: $(VENV)/.installed-test  ## The tests alone; e.g. make unit ARGS="-k lease".
	$(BIN)/python -m compileall -q src tests
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

$(VENV)/.pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

$(VENV)/.installed: $(VENV)/.pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install --quiet --group test
	touch $@

clean:  ## Remove what the other targets made.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache gapless-demo*
