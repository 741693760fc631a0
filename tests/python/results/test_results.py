"""Results hold the types they promise, in order, and say what they are."""

from __future__ import annotations

import numpy as np

import spanmatch as sm
from problems import problem

X, Y = problem("dead")


def test_types_and_order() -> None:
    spectrum, match = sm.spectrum(X, Y), sm.maximum_match(X, Y, eps=0.6)
    assert spectrum.x.dtype == spectrum.y.dtype == np.float64
    assert spectrum.x.shape == (X.shape[1],)
    assert spectrum.y.shape == (Y.shape[1],)
    assert match.x.dtype == match.y.dtype == np.int64
    assert len(match) > 2
    assert (np.diff(match.x) > 0).all()
    assert (np.diff(match.y) > 0).all()
    assert isinstance(spectrum.similarity(0.3), float)
    assert isinstance(spectrum.area, float)
    assert isinstance(spectrum.eps_for(0.2), float)
    assert spectrum.similarity([[0.1, 0.9]]).shape == (1, 2)
    assert isinstance(sm.is_match(X, Y, eps=0.3, x_index=[], y_index=[]), bool)


def test_a_repr_gives_the_figures() -> None:
    spectrum = sm.spectrum(X, Y)
    assert "24 + 20 neurons" in repr(spectrum)
    assert "300 samples" in repr(spectrum)
    assert "3 + 2 dead" in repr(spectrum)
    assert f"{spectrum.match(0.5).similarity:.2f}" in repr(spectrum.match(0.5))
