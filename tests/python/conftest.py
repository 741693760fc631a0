"""Fixtures and the settings of hypothesis: the same examples on every machine, however slow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import spanmatch as sm
from trained import trained_layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from problems import Sides

settings.register_profile("spanmatch", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("spanmatch")


@pytest.fixture(scope="session")
def digits_layers() -> dict[str, Sides]:
    """Activations of two small networks trained on digits from two seeds, for each layer."""
    return trained_layers()


@pytest.fixture
def restore_threads() -> Iterator[None]:
    """Give the threads back that a test takes."""
    yield
    sm.set_num_threads(os.cpu_count() or 1)
