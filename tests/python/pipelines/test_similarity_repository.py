"""A function of two representations: its shapes, its symmetry, and what it does not take."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from problems import planted
from refusal import refused
from spanmatch.pipelines import subspace_similarity

RNG = np.random.default_rng(0)
X, Y = planted(RNG, 8, 6, 180)
TOKENS = X.reshape(30, 6, 8), Y.reshape(30, 6, 6)
MAPS = tuple(side.reshape(20, 3, 3, -1).transpose(0, 3, 1, 2) for side in (X, Y))
SIDES: dict[Any, Any] = {"nd": (X, Y), "ntd": TOKENS, "nchw": MAPS}


@pytest.mark.parametrize("shape", ["nd", "ntd", "nchw"])
def test_every_shape_is_the_spectrum_of_its_rows(shape: Any) -> None:
    x, y = SIDES[shape]
    expected = sm.spectrum(X, Y)
    found = subspace_similarity(x, y, shape)
    assert type(found) is float
    assert found == expected.area
    assert subspace_similarity(x, y, shape, eps=0.6) == expected.similarity(0.6)
    centred = sm.spectrum(X, Y, center=True, ridge=0.1)
    assert subspace_similarity(x, y, shape, center=True, ridge=0.1) == centred.area


def test_without_a_shape_it_takes_two_arrays() -> None:
    assert subspace_similarity(X, Y) == sm.spectrum(X, Y).area


@given(st.integers(0, 2**32 - 1))
def test_what_it_is_invariant_to(seed: int) -> None:
    """What ReSi's classes declare: symmetric; permutations, and the unit of every neuron."""
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 8, 6, 100)
    found = subspace_similarity(x, y)
    assert subspace_similarity(y, x) == pytest.approx(found, abs=1e-9)
    units = 10.0 ** rng.uniform(-2, 2, 8) * rng.choice([-1.0, 1.0], 8)
    other = (x * units)[:, rng.permutation(8)]
    assert subspace_similarity(other, y) == pytest.approx(found, abs=1e-6)
    assert subspace_similarity(x, x) == 1.0
    offset = rng.standard_normal(8)
    moved = subspace_similarity(x + offset, y, center=True)
    assert moved == pytest.approx(subspace_similarity(x, y, center=True), abs=1e-6)


def test_what_it_is_not_invariant_to() -> None:
    rotation = np.linalg.qr(RNG.standard_normal((8, 8)))[0]
    assert abs(subspace_similarity(X @ rotation, Y) - subspace_similarity(X, Y)) > 0.05
    assert abs(subspace_similarity(X + 3, Y + 3) - subspace_similarity(X, Y)) > 0.05


@pytest.mark.parametrize("shape", ["nd", "ntd", "nchw"])
def test_tensors(shape: Any) -> None:
    torch = pytest.importorskip("torch")
    x, y = (torch.from_numpy(side.copy()) for side in SIDES[shape])
    assert subspace_similarity(x, y, shape) == sm.spectrum(X, Y).area


def test_what_it_cannot_take_is_named() -> None:
    call: Any = subspace_similarity
    refused(partial(call, X, Y, "ndt"), "shape", "nd, ntd, nchw", "ndt")
    refused(partial(call, X, Y, 2), "shape", "int")
    refused(partial(call, TOKENS[0], Y, "ntd"), "Rp", "ntd", "3 axes")
    refused(partial(call, TOKENS[0], Y, "nd"), "R", "nd", "2 axes")
    refused(partial(call, MAPS[0], MAPS[1][:, :, :2], "nchw"), "R", "Rp", "nchw", "crop")
    refused(partial(call, TOKENS[0], TOKENS[1][:, :5], "ntd"), "R", "Rp", "ntd")
    refused(partial(call, X, Y[:50]), "R", "Rp", "180", "50")
    refused(partial(call, X.tolist(), Y), "R", "list")
    refused(partial(call, X, Y, eps=1.0), "eps")
    refused(partial(call, X, Y, center=1), "center")
    refused(partial(call, X > 0, Y), "bool")


def test_similarity_repository_takes_it() -> None:
    similarity = pytest.importorskip(
        "similarity", reason="similarity-repository installs from GitHub: its wheel needs netrep"
    )
    if not hasattr(similarity, "register"):
        pytest.skip("another package is called similarity")
    similarity.register("spanmatch/area", subspace_similarity)
    assert similarity.make("spanmatch/area")(X, Y) == subspace_similarity(X, Y)


def test_resi_takes_it() -> None:
    utils = pytest.importorskip(
        "repsim.measures.utils", reason="ReSi (mklabunde/resi) is not on PyPI"
    )
    measure = utils.RepresentationalSimilarityMeasure(
        sim_func=subspace_similarity, larger_is_more_similar=True, is_symmetric=True
    )
    assert measure(X, Y, "nd") == subspace_similarity(X, Y)
