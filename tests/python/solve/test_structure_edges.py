"""The searches at the edges of their input: dead neurons, empty sides, warnings; and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from problems import dead, planted

if TYPE_CHECKING:
    from collections.abc import Callable

    from problems import Sides

X, Y = planted(np.random.default_rng(3), 9, 8)
MATCH = sm.maximum_match(X, Y, eps=0.6)

CALLS: dict[str, Callable[..., Any]] = {
    "minimum_match": lambda *z, **k: sm.minimum_match(*z, eps=0.6, neuron=("x", 0), **k),
    "cover": lambda *z, **k: sm.simple_matches(*z, eps=0.6, **k),
    "each": lambda *z, **k: sm.simple_matches(*z, eps=0.6, method="each", **k),
    "is_simple": lambda *z, **k: sm.is_simple(*z, eps=0.6, x_index=[0], y_index=[0], **k),
    "minimum_for": lambda *z, **k: sm.minimum_for(
        *z, eps=0.6, x_index=MATCH.x, y_index=MATCH.y, **k
    ),
    "support": lambda *z, **k: sm.support(*z, eps=0.6, **k),
    "linear_map": lambda *z, **k: sm.linear_map(*z, match=MATCH, **k),
}
every = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@every
def test_arrays_are_checked_as_everywhere(call: Callable[..., Any]) -> None:
    bad = X.copy()
    bad[4, 2] = np.nan
    with pytest.raises(ValueError, match="x"):
        call(bad, Y)
    with pytest.raises(ValueError, match="rows"):
        call(X[:-1], Y)
    with pytest.raises(TypeError, match="float"):
        call(np.ones((300, 9), dtype=np.int64), Y)
    with pytest.raises(TypeError, match="y"):
        call(X)
    with pytest.raises(TypeError, match="center"):
        call(X, Y, center="yes")
    pair = sm.ActivationPair()
    with pytest.raises(ValueError, match="empty"):
        call(pair)
    pair.update(X, Y)
    with pytest.raises(TypeError, match="y"):
        call(pair, Y)


@every
def test_arrays_and_a_pair_of_batches_give_the_same(call: Callable[..., Any]) -> None:
    pair = sm.ActivationPair()
    for first in range(0, len(X), 100):
        pair.update(X[first : first + 100], Y[first : first + 100])
    for center in (False, True):
        one, other = call(X, Y, center=center), call(pair, center=center)
        if isinstance(one, sm.LinearMap):
            np.testing.assert_allclose(one.x, other.x, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(one.y, other.y, rtol=1e-9, atol=1e-12)
        else:
            assert one == other


@every
def test_too_few_samples_warn(call: Callable[..., Any]) -> None:
    # Fewer than one neuron a side asks for; so few that everything spans everything.
    with pytest.warns(sm.UndersampledWarning, match="3 samples"):
        call(X[:3], Y[:3])


def test_centring_counts() -> None:
    """Noise on a common mean matches until it is centred."""
    x, y = 1 + 0.1 * np.random.default_rng(0).standard_normal((2, 200, 3))
    with pytest.warns(sm.UndersampledWarning, match="chance"):
        assert sm.minimum_match(x, y, eps=0.3, neuron=("y", 2)) is not None
    assert sm.minimum_match(x, y, eps=0.3, neuron=("y", 2), center=True) is None
    assert sm.simple_matches(x, y, eps=0.3, center=True) == []
    assert sm.support(x, y, eps=0.3, center=True).neurons == []
    assert not sm.is_simple(x, y, eps=0.3, x_index=[0], y_index=[0], center=True)
    assert sm.is_simple(x, y, eps=0.3, x_index=[0], y_index=[0])


def test_an_index_of_any_integer_type_is_a_neuron() -> None:
    v = int(MATCH.x[0])
    expected = sm.minimum_match(X, Y, eps=0.6, neuron=("x", v))
    assert expected is not None
    for index in (np.int64(v), np.uint8(v)):
        assert sm.minimum_match(X, Y, eps=0.6, neuron=("x", index)) == expected
    support = sm.support(X, Y, eps=0.6)
    for neuron, said in {("x", 9): "9", ("y", 8): "8", ("z", 0): "z", ("y", -1): "-1"}.items():
        with pytest.raises(ValueError, match=said):
            support.core(neuron)


def test_dead_neurons_are_in_no_match() -> None:
    x, y = dead(np.random.default_rng(1))
    alive = sm.maximum_match(x, y, eps=0.6)
    assert len(alive) > 4
    for neuron in [("x", 0), ("x", 5), ("x", x.shape[1] - 1), ("y", 2), ("y", 3)]:
        assert sm.minimum_match(x, y, eps=0.6, neuron=neuron) is None
        assert sm.support(x, y, eps=0.6).core(neuron) == []
    # The indices of the others count the dead ones.
    each = sm.simple_matches(x, y, eps=0.6, method="each")
    in_x, in_y = each[: alive.x.size], each[alive.x.size :]
    assert all(v in found.x for v, found in zip(alive.x, in_x, strict=True))
    assert all(v in found.y for v, found in zip(alive.y, in_y, strict=True))
    with_dead: dict[str, Any] = {"x_index": [0, *alive.x], "y_index": alive.y}
    assert not sm.is_simple(x, y, eps=0.6, **with_dead)
    with pytest.raises(ValueError, match="no match"):
        sm.minimum_for(x, y, eps=0.6, **with_dead)


@pytest.mark.parametrize("swap", [False, True])
def test_an_empty_side_matches_nothing(swap: bool) -> None:
    empty = np.zeros((len(X), 0))
    x, y = (empty, X) if swap else (X, empty)
    full, bare = ("y", "x") if swap else ("x", "y")
    assert sm.minimum_match(x, y, eps=0.9, neuron=(full, 8)) is None
    with pytest.raises(ValueError, match="0"):
        sm.minimum_match(x, y, eps=0.9, neuron=(bare, 0))
    assert sm.simple_matches(x, y, eps=0.9) == []
    assert sm.simple_matches(x, y, eps=0.9, method="each") == []
    support = sm.support(x, y, eps=0.9)
    assert (support.neurons, support.groups, support.matrix.shape) == ([], [], (0, 0))
    nothing: dict[str, Any] = {"x_index": [], "y_index": []}
    assert not sm.is_simple(x, y, eps=0.9, **nothing)
    assert sm.minimum_for(x, y, eps=0.9, **nothing) == []
    fitted = sm.linear_map(x, y, match=sm.maximum_match(x, y, eps=0.9))
    assert (fitted.x.shape, fitted.y.shape) == ((0, 0), (0, 0))


def test_sides_can_be_swapped() -> None:
    """Support depends on no choice, so on no order of the sides."""
    one, other = sm.support(X, Y, eps=0.6), sm.support(Y, X, eps=0.6)
    turned = [("y" if side == "x" else "x", i) for side, i in other.neurons]
    order = [turned.index(neuron) for neuron in one.neurons]
    np.testing.assert_array_equal(one.matrix, other.matrix[np.ix_(order, order)])
    assert not one.matrix.all()


@pytest.mark.parametrize("center", [False, True])
def test_coefficients_are_those_of_least_squares(center: bool) -> None:
    rng = np.random.default_rng(8)
    shared = rng.standard_normal((500, 6)) + rng.uniform(-2, 2, 6)
    x = (shared + 0.1 * rng.standard_normal(shared.shape)) * np.geomspace(1e-4, 1e4, 6)
    y = shared @ np.linalg.qr(rng.standard_normal((6, 6)))[0] * np.geomspace(10.0, 0.1, 6)
    match = sm.maximum_match(x, y, eps=0.3, center=center)
    assert match.x.size > 3
    found = sm.linear_map(x, y, match=match, center=center)
    in_x, in_y = x[:, match.x], y[:, match.y]
    sides = [
        (in_x, in_y, found.x, found.x_offset),
        (in_y, in_x, found.y, found.y_offset),
    ]
    for target, source, coefficients, offset in sides:
        mean_t, mean_s = (z.mean(axis=0) * center for z in (target, source))
        t, s = target - mean_t, source - mean_s
        size_t, size_s = np.linalg.norm(t, axis=0), np.linalg.norm(s, axis=0)
        # Unit columns first: they differ by eight orders of magnitude.
        unit = np.linalg.lstsq(s / size_s, t / size_t, rcond=None)[0]
        np.testing.assert_allclose(coefficients * size_s[:, None] / size_t, unit, atol=1e-7)
        want = mean_t - mean_s @ (unit / size_s[:, None] * size_t)
        # Each in the units of its own target.
        np.testing.assert_allclose(offset / size_t, want / size_t, atol=1e-7)
        assert offset.any() == center


def blocks(n: int, size: int, samples: int = 1100) -> Sides:
    """Half of each side in blocks of dimensions that both share up to noise."""
    rng = np.random.default_rng([n, size])
    x, y = rng.standard_normal((2, samples, n))
    for first in range(0, n // 2, size):
        shared = rng.standard_normal((samples, size))
        for side in (x, y):
            part = side[:, first : first + size]
            part *= 0.3
            part += shared @ np.linalg.qr(rng.standard_normal((size, size)))[0]
    return x, y


@pytest.mark.usefixtures("restore_threads")
@pytest.mark.parametrize(("n", "size", "eps"), [(96, 12, 0.45), (203, 16, 0.45)])
def test_same_answers_at_any_number_of_threads(n: int, size: int, eps: float) -> None:
    x, y = blocks(n, size)
    pair = sm.ActivationPair()
    pair.update(x, y)
    match = sm.maximum_match(pair, eps=eps)
    answers = []
    for threads in (1, 2, 4):
        sm.set_num_threads(threads)
        support = sm.support(pair, eps=eps)
        fitted = sm.linear_map(pair, match=match)
        answers.append(
            (
                [sm.minimum_match(pair, eps=eps, neuron=("x", v)) for v in match.x[::7].tolist()],
                sm.simple_matches(pair, eps=eps),
                sm.simple_matches(pair, eps=eps, method="each"),
                (support.neurons, support.matrix.tobytes()),
                sm.minimum_for(pair, eps=eps, x_index=match.x, y_index=match.y),
                [getattr(fitted, f"{s}{w}").tobytes() for s in "xy" for w in ("", "_residuals")],
            )
        )
    assert len(answers[0][1]) >= n // 2 // size
    assert len(answers[0][2]) == len(match) >= n // 2
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]
