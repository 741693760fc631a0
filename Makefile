# `make demo` and `make test` need a Rust toolchain, Python >= 3.10 and pip. Both make and share .venv.
# `make bench` needs the Rust toolchain alone; it takes a minute, once it is built.

PYTHON ?= python3
BIN := .venv/bin
# 32 bits, checked where the toolchain has them.
NARROW := i686-unknown-linux-gnu
RUST := Cargo.toml $(wildcard Cargo.lock) $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: demo test lint bench format clean

demo: .venv/installed
	$(BIN)/spanmatch demo

test: .venv/installed
	cargo test --workspace
	$(BIN)/python -m pytest

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
	$(BIN)/python -m pip install --upgrade pip 'maturin>=1.8,<2'
	touch $@
