# Every target makes what it needs. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := 2.13.0

.PHONY: install pilot test check tests bench docs clean

install: $(STAMP)

# torch is installed first and by exact version: a plain "torch" lets a resolver take the newest build, and on Linux that
# brings gigabytes of CUDA packages. The check at the end says so if it happened all the same.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"setsuden needs Python 3.11 or newer, this is {v[0]}.{v[1]}; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==$(TORCH)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python tools/check_environment.py
	@touch $(STAMP)

pilot: install
	$(BIN)/setsuden pilot --out out/pilot

test: check tests

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	$(BIN)/sphinx-build -q -W -b doctest docs docs/_build/doctest

# Two workers with one torch thread each: the suite is many small tests, not a few big ones.
tests: install
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

bench: install
	$(BIN)/python benchmarks/run_all.py

docs: install
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) out docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
