"""The resolution of so many neurons, and the warning where it was raised."""

from __future__ import annotations

import numpy as np
import pytest

import spanmatch as sm
from problems import problem
from spanmatch.solve.resolution import find_resolution, warn_if_raised


@pytest.mark.parametrize("name", ["planted", "dead"])
def test_the_resolution_is_that_of_the_core(name: str) -> None:
    x, y = problem(name)
    assert sm.spectrum(x, y).resolution == find_resolution(x.shape[1] + y.shape[1])


def test_more_neurons_have_a_coarser_one() -> None:
    assert find_resolution(2251) == 1e-6
    assert find_resolution(2**20) == pytest.approx(np.sqrt(4 * 2**20 * 2.0**-53), rel=1e-12)


def ask(resolution: float) -> None:
    warn_if_raised(resolution, 100)


def test_a_raised_resolution_warns_its_caller() -> None:
    ask(1e-6)
    with pytest.warns(sm.RaisedResolutionWarning, match="resolution 1e-06 of 100 neurons") as told:
        ask(1e-5)
    assert told[0].filename == __file__
