# Two commands matter: `make demo` shows the bench at work, `make test` checks everything.
# Both install what is missing: Debian packages (with sudo where not root) and a locked Python environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: demo test check lint types contracts units matrix benchmarks clean

demo: $(READY)
	$(BIN)/bench run

test: check matrix

check: lint types contracts units

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/robocop check suites
	$(BIN)/robocop format --check --no-overwrite suites
	$(BIN)/deptry .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports --no-cache

units: $(READY)
	$(BIN)/pytest

matrix: $(READY)
	$(BIN)/bench matrix

benchmarks: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[benchmarks]'
	$(BIN)/python benchmarks/at.py

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ $(SUDO) apt-get update -q && $(SUDO) apt-get install -yq python3-venv; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) runs results .mypy_cache .ruff_cache .hypothesis
