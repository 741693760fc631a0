# `make demo` and `make test` need a Rust toolchain, Python >= 3.10 and pip. Both make and share .venv; the demo installs
# what it needs, the tests the rest.
# `make bench` needs the Rust toolchain alone; it takes a minute, once it is built.
# `make fuzz` attacks for longer than `make test` does; STEPS and SEED say how long, and with what.
# `make audit` asks which dependencies have known faults.
# `make bench-tools` adds to .venv what benches/compare.py runs beside.
# `make dist` makes what a release uploads; `make test-dist` and `make test-lowest` run the tests against that, with the
# newest and with the oldest packages that it says it works with.
# `make pipelines` tests against libraries that would hold back those of .venv: nnsight, TransformerLens, SAELens, JAX. It
# makes .venv-pipelines for them, 7 GB with torch.
# `make docs` builds the site in docs/_build/html, and fails at any warning, as of a link that leads nowhere.

PYTHON ?= python3
# Processes that share the tests of Python.
WORKERS ?= 2
BIN := .venv/bin
# 32 bits, checked where the toolchain has them.
NARROW := i686-unknown-linux-gnu
RUST := Cargo.toml $(wildcard Cargo.lock) $(shell find rust -name '*.rs' -o -name Cargo.toml)

# The sources as they lie here are tested and checked, however the package got into .venv.
test pipelines lint fuzz docs: export PYTHONPATH := $(CURDIR)/python

# Of `make fuzz`: random inputs of each target, and the first of their seeds.
STEPS ?= 20000
SEED ?= 1

# Of `make docs`: whether it runs the scripts of the gallery.
GALLERY ?= 1

.PHONY: demo test pipelines lint fuzz sanitize docs audit dist test-dist test-lowest bench bench-tools format clean

demo: .venv/demo
	$(BIN)/spanmatch demo

test: .venv/installed
	cargo test --workspace
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

# Their logging stays at home, and nothing is fetched from a hub.
pipelines: .venv/installed .venv-pipelines/installed
	WANDB_MODE=disabled HF_HUB_OFFLINE=1 .venv-pipelines/bin/python -m pytest tests/python/pipelines

lint: .venv/installed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	if rustc --print target-libdir --target $(NARROW) | xargs test -d; then cargo check -p spanmatch --target $(NARROW); fi
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest spanmatch._core

# With checks of overflow, as the tests have them.
fuzz: .venv/installed
	cargo run --profile test -p spanmatch-fuzz -- --steps $(STEPS) --seed $(SEED)
	SPANMATCH_FUZZ=$(STEPS) SPANMATCH_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest --hypothesis-profile night \
		--numprocesses $(WORKERS) tests/python -k "random_calls or fuzzed or mutated or random_layouts"

# Nothing is fetched but the tools, once. `make docs GALLERY=0` leaves out what the gallery's scripts print and draw.
docs: .venv/docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --jobs auto -D plot_gallery=$(GALLERY) docs docs/_build/html

# Of memory, with a nightly toolchain that has Miri (`rustup component add --toolchain nightly miri rust-src`): the
# tests of Rust under AddressSanitizer, and a few steps of every fuzz target under Miri. Miri knows no function of C,
# and so not the Python module.
sanitize: HOST = $(shell rustc -vV | sed -n 's/^host: //p')
sanitize:
	RUSTFLAGS=-Zsanitizer=address CARGO_PROFILE_TEST_OPT_LEVEL=1 cargo +nightly test --target $(HOST) \
		-p spanmatch -p spanmatch-fuzz --tests
	MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-deterministic-floats -Zmiri-ignore-leaks -Zmiri-tree-borrows" \
		cargo +nightly miri run -p spanmatch-fuzz -- --steps 5 --seed $(SEED)

# By the public lists of advisories, of crates (RustSec) and of packages (PyPI).
audit: .venv/installed
	cargo install --quiet --locked cargo-audit
	cargo audit
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/python -m pip_audit --skip-editable

# The source distribution, and the wheel that is made from it in an environment of its own.
dist: .venv/tools
	rm -rf dist
	$(BIN)/maturin sdist --out dist
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist dist/*.tar.gz
	$(BIN)/python -m pip install --quiet twine
	$(BIN)/python -m twine check --strict dist/*

# The tests here against the wheel: it is installed, and the sources are not on the path.
test-dist: dist
	rm -rf dist/newest
	$(PYTHON) -m venv dist/newest
	dist/newest/bin/python -m pip install --upgrade pip "$$(echo dist/*.whl)[all,test]"
	dist/newest/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile

# The same with the oldest package of each kind that is allowed and has a wheel. Old packages warn of newer ones that they
# need.
test-lowest: dist
	rm -rf dist/lowest
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --python $(PYTHON) dist/lowest
	$(BIN)/uv pip compile --quiet --python $(PYTHON) --resolution lowest-direct --only-binary :all: \
		--extra all --extra test --output-file dist/lowest.txt pyproject.toml
	$(BIN)/uv pip install --python dist/lowest/bin/python --requirements dist/lowest.txt dist/*.whl
	dist/lowest/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile \
		-W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning -W ignore::FutureWarning

bench:
	cargo run --release -p spanmatch-bench -- run

# Of the group alone: installing the package with an extra would replace the editable install.
bench-tools: .venv/installed
	$(BIN)/python -m pip install --group bench

# As bench-tools: of the group alone.
.venv/docs: .venv/installed
	$(BIN)/python -m pip install --group docs
	touch $@

format:
	cargo fmt --all
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf .venv .venv-pipelines dist target python/spanmatch/_core*.so docs/_build docs/gallery docs/api/generated docs/pictures/drawn

# Editable installs: Python files are read where they lie, so only Rust sources call for a new build.
.venv/demo: .venv/tools $(RUST)
	$(BIN)/maturin develop --release --extras torch,cli
	touch $@

.venv/installed: .venv/tools $(RUST)
	$(BIN)/maturin develop --release --extras torch,cli,experiment,models,data,test
	touch .venv/demo $@

.venv-pipelines/installed: pyproject.toml
	$(PYTHON) -m venv .venv-pipelines
	.venv-pipelines/bin/python -m pip install --upgrade 'pip>=25.1'
	.venv-pipelines/bin/python -m pip install --group pipelines
	touch $@

.venv/tools: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --upgrade 'pip>=25.1' 'maturin>=1.8,<2'
	touch $@
