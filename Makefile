# Regard, from a fresh machine that has only python3 (3.11 to 3.13) and make:
#
#   make demo      install, and train a small model on questions it was never asked (some minutes)
#   make test      the fast tests          make test-all   all of them
#   make check     format, lint, types, and the order of the rooms
#
# Another Python: make PYTHON=python3.12 demo

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# Pinned here, where the environment is made; the package itself only says the least it needs.
# Torch goes first and alone. On a machine without a graphics card, the CPU build saves gigabytes:
#   make TORCH_INDEX=https://download.pytorch.org/whl/cpu demo
TORCH       ?= torch==2.13.0
TORCH_INDEX ?=
EXTRAS      ?= dev,lora,math

STAMP := $(VENV)/.installed

.PHONY: help demo install test test-all check format clean

help:
	@sed -n '/^$$/q; s/^# \{0,1\}//p' Makefile

demo: $(STAMP)
	$(BIN)/regard train quickstart

install: $(STAMP)

# Made again when the requirements change; an installation that was interrupted goes on.
$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: '$(PYTHON)' is not installed; name one of Python 3.11 to 3.13: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "make: Regard needs Python 3.11 to 3.13, and $(PYTHON) is $$($(PYTHON) --version);" \
	    "name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet \
	  $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) '$(TORCH)'
	$(BIN)/pip install --disable-pip-version-check --quiet --editable '.[$(EXTRAS)]'
	@touch $@

# One thread of torch for each worker (tests/conftest.py), so two workers fill two cores.
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile

test: $(STAMP)
	$(PYTEST) -m 'not slow'

test-all: $(STAMP)
	$(PYTEST)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/architecture

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
