# `make demo` and `make test` need a Rust toolchain, Python >= 3.10 and pip. Both make and share .venv.
# `make bench` needs the Rust toolchain alone; it takes a minute, once it is built.
# `make bench-tools` adds to .venv what benches/compare.py runs beside.

PYTHON ?= python3
# Processes that share the tests of Python.
WORKERS ?= 2
BIN := .venv/bin
# 32 bits, checked where the toolchain has them.
NARROW := i686-unknown-linux-gnu
RUST := Cargo.toml $(wildcard Cargo.lock) $(shell find rust -name '*.rs' -o -name Cargo.toml)

# The sources as they lie here are tested and checked, however the package got into .venv.
test lint: export PYTHONPATH := $(CURDIR)/python

.PHONY: demo test lint bench bench-tools format clean

demo: .venv/installed
	$(BIN)/spanmatch demo

test: .venv/installed
	cargo test --workspace
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

lint: .venv/installed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	if rustc --print target-libdir --target $(NARROW) | xargs test -d; then cargo check -p spanmatch --target $(NARROW); fi
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest spanmatch._core

bench:
	cargo run --release -p spanmatch-bench -- run

# Of the group alone: installing the package with an extra would replace the editable install.
bench-tools: .venv/installed
	$(BIN)/python -m pip install --group bench

format:
	cargo fmt --all
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf .venv target python/spanmatch/_core*.so

# An editable install: Python files are read where they lie, so only Rust sources call for a new build.
.venv/installed: .venv/tools $(RUST)
	$(BIN)/maturin develop --release --extras torch,cli,experiment,models,data,test
	touch $@

.venv/tools: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --upgrade 'pip>=25.1' 'maturin>=1.8,<2'
	touch $@
