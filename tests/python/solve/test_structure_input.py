"""Bad input to the searches, the answers for sets that are no match, and the linear map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from oracle import Oracle
from problems import planted

if TYPE_CHECKING:
    from problems import Sides

X, Y = planted(np.random.default_rng(0), 9, 8)
DEAD = np.hstack([X, np.zeros((len(X), 1))])


@pytest.mark.parametrize(
    ("neuron", "error", "said"),
    [
        (("z", 0), ValueError, "z"),
        (("x", 9), ValueError, "x"),
        (("y", -1), ValueError, "y"),
        (("x", 1.0), TypeError, "neuron"),
        (("x", True), TypeError, "neuron"),
        ("x", (TypeError, ValueError), "neuron"),
        (3, TypeError, "neuron"),
    ],
)
def test_a_neuron_is_a_side_and_an_index(neuron: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        sm.minimum_match(X, Y, eps=0.3, neuron=neuron)


@pytest.mark.parametrize("eps", [-0.1, 1.0, float("nan")])
def test_eps_is_in_range(eps: float) -> None:
    both: dict[str, Any] = {"x_index": [0], "y_index": [0]}
    for call in (
        lambda: sm.minimum_match(X, Y, eps=eps, neuron=("x", 0)),
        lambda: sm.simple_matches(X, Y, eps=eps),
        lambda: sm.is_simple(X, Y, eps=eps, **both),
        lambda: sm.minimum_for(X, Y, eps=eps, **both),
        lambda: sm.support(X, Y, eps=eps),
    ):
        with pytest.raises(ValueError, match="eps"):
            call()


def test_method_and_seed() -> None:
    with pytest.raises(ValueError, match="cover"):
        sm.simple_matches(X, Y, eps=0.3, method="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed"):
        sm.simple_matches(X, Y, eps=0.3, seed=-1)


def test_sets_that_are_no_match() -> None:
    assert not sm.is_simple(X, Y, eps=0.3, x_index=[0], y_index=[])
    assert not sm.is_simple(X, Y, eps=0.3, x_index=[], y_index=[])
    assert not sm.is_simple(DEAD, Y, eps=0.3, x_index=[9], y_index=[0])
    assert sm.minimum_for(X, Y, eps=0.3, x_index=[], y_index=[]) == []
    with pytest.raises(ValueError, match="no match"):
        sm.minimum_for(X, Y, eps=0.3, x_index=[0], y_index=[])
    with pytest.raises(ValueError, match="x_index"):
        sm.is_simple(X, Y, eps=0.3, x_index=[0, 9], y_index=[0])
    with pytest.raises(ValueError, match="y_index"):
        sm.minimum_for(X, Y, eps=0.3, x_index=[0], y_index=[1, 1])


def test_neurons_outside_the_maximum_match() -> None:
    assert sm.minimum_match(DEAD, Y, eps=0.3, neuron=("x", 9)) is None
    support = sm.support(DEAD, Y, eps=0.3)
    assert support.core(("x", 9)) == []
    empty = np.zeros((len(X), 0))
    assert sm.simple_matches(X, empty, eps=0.3) == []
    assert sm.simple_matches(X, empty, eps=0.3, method="each") == []
    assert sm.support(X, empty, eps=0.3).neurons == []


@pytest.mark.parametrize("center", [False, True])
def test_linear_map_is_least_squares_in_the_units_of_the_input(center: bool) -> None:
    rng = np.random.default_rng(1)
    shared = rng.standard_normal((400, 5)) + 3.0
    x = shared @ rng.standard_normal((5, 5)) * np.geomspace(1e-3, 1e3, 5)
    y = (shared + 0.05 * rng.standard_normal(shared.shape)) * np.geomspace(1e2, 1e-2, 5)
    match = sm.maximum_match(x, y, eps=0.2, center=center)
    assert len(match) > 4
    found = sm.linear_map(x, y, match=match, center=center)
    residuals = sm.residuals(x, y, x_index=match.x, y_index=match.y, center=center)
    sides = {"x": (x[:, match.x], y[:, match.y]), "y": (y[:, match.y], x[:, match.x])}
    for side, (target, source) in sides.items():
        ones = np.ones((len(x), 1)) if center else np.zeros((len(x), 1))
        scale = np.linalg.norm(source, axis=0)
        solved = np.linalg.lstsq(np.hstack([source / scale, ones]), target, rcond=None)[0]
        got = source @ getattr(found, side) + getattr(found, f"{side}_offset")
        want = np.hstack([source / scale, ones]) @ solved
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * np.abs(target).max())
    np.testing.assert_allclose(found.x_residuals, residuals.x[match.x], atol=1e-12)
    np.testing.assert_allclose(found.y_residuals, residuals.y[match.y], atol=1e-12)


def test_linear_map_wants_a_match_of_the_same_sides() -> None:
    match = sm.maximum_match(X, Y, eps=0.6)
    with pytest.raises(ValueError, match="x"):
        sm.linear_map(X[:, :8], Y, match=match)
    dead = sm.Match(0.6, np.array([9]), np.array([0]), n_x=10, n_y=8)
    with pytest.raises(ValueError, match="dead"):
        sm.linear_map(DEAD, Y, match=dead)
    with pytest.raises(TypeError, match="match"):
        sm.linear_map(X, Y, match=[0, 1])  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
@pytest.mark.parametrize("layer", ["fc1", "relu1", "relu2"])
def test_minimum_matches_of_trained_layers_are_minimal(
    digits_layers: dict[str, Sides], layer: str
) -> None:
    """By the slow oracle: without any other member, v is lost."""
    x, y = digits_layers[layer]
    spectrum = sm.spectrum(x, y)
    eps = spectrum.eps_for(0.5)
    assert 0 < eps < 1
    oracle = Oracle.of(x, y, center=False)
    for v in spectrum.match(eps).x[:3]:
        found = sm.minimum_match(x, y, eps=eps, neuron=("x", int(v)))
        assert found is not None
        assert v in found.x
        in_x, in_y = np.zeros(x.shape[1], bool), np.zeros(y.shape[1], bool)
        in_x[found.x], in_y[found.y] = True, True
        left_x, left_y = oracle.maximum_match(eps, (in_x, in_y))
        assert (left_x == in_x).all()
        assert (left_y == in_y).all()
        for side, others in ((in_x, found.x[found.x != v]), (in_y, found.y)):
            for other in others:
                side[other] = False
                assert not oracle.maximum_match(eps, (in_x, in_y))[0][v]
                side[other] = True
