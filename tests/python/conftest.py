"""Fixtures and the settings of hypothesis: the same examples on every machine, however slow."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores. Threads of one that wait for each other keep them from the others.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import spanmatch as sm
from trained import trained_layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from problems import Sides

# What earlier versions have written, and the script that makes it, hold no tests.
collect_ignore_glob = ["data/*"]

# What runs behind a shell's & inherits that Ctrl-C is ignored, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=30)
# Other examples in every run, and many: `pytest --hypothesis-profile night`.
settings.register_profile("night", deadline=None, max_examples=2000)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def digits_layers() -> dict[str, Sides]:
    """Activations of two small networks trained on digits from two seeds, for each layer."""
    return trained_layers()


@pytest.fixture(scope="session")
def small_experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole experiment: two seeds of digits, one epoch. It is only read."""
    from experiments import SMALL, experiment_alone

    out = tmp_path_factory.mktemp("experiment") / "out"
    run = experiment_alone(out, *SMALL)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(out / "report.html")
    return out


@pytest.fixture
def restore_threads() -> Iterator[None]:
    """Give the threads back that a test takes."""
    yield
    sm.set_num_threads(os.cpu_count() or 1)
