"""Bad input: an error that names what is wrong, and a pair that stays as it was."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from refusal import N_X, N_Y, SAMPLES, X, Y, filled, refused

if TYPE_CHECKING:
    from collections.abc import Callable


def changed(z: np.ndarray, row: int, column: int, value: float) -> np.ndarray:
    out: np.ndarray = z.copy()
    out[row, column] = value
    return out


def column(z: np.ndarray, at: int, scale: float) -> np.ndarray:
    out: np.ndarray = z.copy()
    out[:, at] = scale * np.sign(out[:, at])
    return out


# What is passed, and the words that its error must hold.
BAD_ARRAYS: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "row counts differ": (X[:40], Y, ("x", "y", "40", "60")),
    "one axis": (X[:, 0], Y, ("x",)),
    "three axes": (X, Y[None], ("y", "three axes|two axes|2 axes")),
    "no axis": (np.float64(3.0), Y, ("x",)),
    "nan in x": (changed(X, 17, 3, np.nan), Y, ("x", "3")),
    "nan in the last of y": (X, changed(Y, SAMPLES - 1, N_Y - 1, np.nan), ("y", "4")),
    "nan in the first row": (changed(X, 0, 2, np.nan), Y, ("x", "2")),
    "inf": (X, changed(Y, 9, 2, np.inf), ("y", "2")),
    "-inf": (changed(X, 9, 6, -np.inf), Y, ("x", "6")),
    "float16 inf": (changed(X, 5, 1, np.inf).astype(np.float16), Y, ("x", "1")),
    "float32 nan": (X, changed(Y, 5, 1, np.nan).astype(np.float32), ("y", "1")),
    "int64": (X.astype(np.int64), Y, ("x", "int64", "astype")),
    "uint8": (X, np.ones((SAMPLES, N_Y), np.uint8), ("y", "uint8", "astype")),
    "bool": (X > 0, Y, ("x", "bool")),
    "complex": (X, Y.astype(np.complex128), ("y", "complex|complex128")),
    "strings": (X.astype(str), Y, ("x",)),
    "objects": (X, Y.astype(object), ("y", "object")),
    "no array": (X, "weights", ("y",)),
    "no rows": (X[:0], Y[:0], ("rows?|samples?",)),
    "squares overflow": (column(X, 4, 1e200), Y, ("x", "4")),
    "their sum overflows": (X, column(Y, 3, 1e154), ("y", "3")),
}
UNDERFLOW = (X, column(Y, 1, 1e-200), ("y", "1"))


def state(pair: sm.ActivationPair) -> tuple[object, ...]:
    """Everything a pair can say of itself, to the bit."""
    found: list[object] = [pair.n_samples, repr(pair)]
    for center in (False, True):
        spectrum, r = sm.spectrum(pair, center=center), sm.residuals(pair, center=center)
        arrays = (spectrum.x, spectrum.y, *spectrum.chance, r.x, r.y)
        found.extend(array.tobytes() for array in arrays)
    return tuple(found)


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_bad_arrays_are_refused(name: str) -> None:
    x, y, words = BAD_ARRAYS[name]
    refused(lambda: sm.spectrum(x, y), *words)
    refused(lambda: sm.maximum_match(x, y, eps=0.5), *words)
    refused(lambda: sm.residuals(x, y), *words)
    refused(lambda: sm.is_match(x, y, eps=0.5, x_index=[0], y_index=[0]), *words)


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_a_pair_stays_as_it_was_when_it_refuses(name: str) -> None:
    x, y, words = BAD_ARRAYS[name]
    pair, before = filled(), state(filled())
    refused(lambda: pair.update(x, y), *words)
    assert state(pair) == before
    # And it goes on as though nothing had been.
    pair.update(X[::-1], Y[::-1])
    other = filled()
    other.update(X[::-1], Y[::-1])
    assert state(pair) == state(other)


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_an_empty_pair_stays_empty_when_it_refuses(name: str) -> None:
    x, y, _ = BAD_ARRAYS[name]
    pair = sm.ActivationPair()
    refused(lambda: pair.update(x, y))
    assert pair.n_samples == 0
    pair.update(X[:, :3], Y[:, :2])
    assert (pair.n_samples, pair.n_x, pair.n_y) == (SAMPLES, 3, 2)


def test_a_bad_value_late_in_a_long_batch() -> None:
    # Rows are taken block by block: those before the bad one must not stay.
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((20_000, N_X)), rng.standard_normal((20_000, N_Y))
    x[19_998, 5] = np.nan
    pair = filled()
    before = state(pair)
    refused(lambda: pair.update(x, y), "x", "5")
    assert state(pair) == before


def test_squares_that_underflow() -> None:
    x, y, words = UNDERFLOW
    for center in (False, True):
        refused(partial(sm.spectrum, x, y, center=center), *words)
    # Next to values whose squares do not, small ones are as good as zero: no error.
    mixed = Y.copy()
    mixed[::2, 1] = 1e-200
    assert np.isfinite(sm.spectrum(X, mixed).y).all()


@pytest.mark.parametrize("size", [1e-140, 1e-30, 1e30, 1e140])
def test_sizes_far_from_one_are_no_error(size: float) -> None:
    got, want = sm.spectrum(X * size, Y / size), sm.spectrum(X, Y)
    np.testing.assert_allclose(got.x, want.x, atol=1e-12)
    np.testing.assert_allclose(got.y, want.y, atol=1e-12)


def test_other_widths_than_before() -> None:
    pair = filled()
    before = state(pair)
    refused(lambda: pair.update(X[:, :4], Y), "x", "4", "7")
    refused(lambda: pair.update(X, np.hstack([Y, Y])), "y", "10", "5")
    assert state(pair) == before


def test_merging_what_does_not_fit() -> None:
    pair, narrow = filled(), sm.ActivationPair()
    narrow.update(X[:, :4], Y)
    before = state(pair)
    refused(lambda: pair.merge(narrow), "x", "4", "7")
    refused(lambda: pair + narrow, "x", "4", "7")
    refused(lambda: pair.merge((X, Y)), "ActivationPair")  # type: ignore[arg-type]
    refused(lambda: pair + 3)  # type: ignore[operator]
    assert state(pair) == before
    assert narrow.n_samples == SAMPLES


def test_the_wrong_number_of_arrays() -> None:
    pair = filled()
    calls: list[Callable[..., object]] = [sm.spectrum, sm.residuals]
    for call in calls:
        refused(partial(call, X), "y")
        refused(partial(call, pair, Y), "pair", "y")
        refused(partial(call, X, pair), "pair")
        refused(partial(call, sm.ActivationPair()), "pair|batch|empty")
        refused(partial(call, None, Y), "x")


@pytest.mark.parametrize(
    "eps", [-0.1, -1e-300, 1.0, 1.5, np.nan, np.inf, -np.inf, "0.3", None, 0.3j, [0.3]]
)
def test_eps_outside_its_range(eps: Any) -> None:
    spectrum = sm.spectrum(X, Y)
    refused(lambda: sm.maximum_match(X, Y, eps=eps), "eps")
    refused(lambda: sm.is_match(X, Y, eps=eps, x_index=[0], y_index=[0]), "eps")
    refused(lambda: spectrum.match(eps), "eps")
    if not isinstance(eps, list):
        refused(lambda: spectrum.similarity(eps), "eps")
        refused(lambda: spectrum.similarity([0.2, eps]), "eps")


@pytest.mark.parametrize("similarity", [-0.1, 1.1, np.nan, np.inf, "half", None])
def test_a_similarity_outside_its_range(similarity: Any) -> None:
    refused(lambda: sm.spectrum(X, Y).eps_for(similarity), "similarity")


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ([0, 99], ("99",)),
        ([-1], ("-1",)),
        ([3, 1, 3], ("3",)),
        ([0.5], ()),
        (["0"], ()),
        ([[0, 1]], ()),
        ([True, False], ()),
        (2, ()),
        ([2**63], ()),
    ],
)
def test_bad_indices(index: Any, words: tuple[str, ...]) -> None:
    for x_index, y_index, side in (([0], index, "y|y_index"), (index, [0], "x|x_index")):
        measure = partial(sm.residuals, X, Y, x_index=x_index, y_index=y_index)
        test = partial(sm.is_match, X, Y, eps=0.5, x_index=x_index, y_index=y_index)
        refused(measure, side, *words)
        refused(test, side, *words)


def test_one_past_the_last_index() -> None:
    refused(partial(sm.residuals, X, Y, x_index=[N_X]), "x|x_index", str(N_X))
    refused(partial(sm.residuals, X, Y, y_index=[N_Y]), "y|y_index", str(N_Y))
    sm.residuals(X, Y, x_index=[N_X - 1], y_index=[N_Y - 1])


def test_the_order_of_indices_is_free() -> None:
    forward = sm.residuals(X, Y, x_index=[1, 4], y_index=np.array([0, 3], np.uint8))
    backward = sm.residuals(X, Y, x_index=(4, 1), y_index=range(3, -1, -3))
    assert forward == backward


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", None])
@pytest.mark.usefixtures("restore_threads")
def test_a_bad_number_of_threads(count: Any) -> None:
    refused(lambda: sm.set_num_threads(count))
