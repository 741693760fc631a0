"""Good input in every type and layout, split and merged in every way, gives the same result."""

from __future__ import annotations

import re
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from oracle import Oracle
from problems import planted

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES, N_X, N_Y = 151, 9, 6
# Values that float16 holds, so that the type alone makes no difference.
X, Y = (
    z.astype(np.float16).astype(np.float64)
    for z in planted(np.random.default_rng(16), N_X, N_Y, SAMPLES)
)


def assert_close(got: sm.MatchSpectrum, want: sm.MatchSpectrum, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(got.x, want.x, rtol=0, atol=atol)
    np.testing.assert_allclose(got.y, want.y, rtol=0, atol=atol)


def strided(z: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The same values seen through a larger array, by steps of either sign."""
    big = np.full((abs(rows) * len(z), abs(columns) * z.shape[1]), np.nan, z.dtype)
    view = big[::rows, ::columns]
    view[:] = z
    return view


def sliced(z: np.ndarray) -> np.ndarray:
    big = np.full((len(z) + 7, z.shape[1] + 5), np.nan, z.dtype)
    big[3:-4, 2:-3] = z
    return big[3:-4, 2:-3]


def read_only(z: np.ndarray) -> np.ndarray:
    out: np.ndarray = z.copy()
    out.flags.writeable = False
    return out


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "every second row": lambda z: strided(z, 2, 1),
    "every third column": lambda z: strided(z, 1, 3),
    "backward rows": lambda z: strided(z, -1, 1),
    "backward columns": lambda z: strided(z, 1, -1),
    "backward and strided": lambda z: strided(z, -3, -2),
    "strided Fortran": lambda z: strided(z.T, 2, -2).T,
    "sliced": sliced,
    "read-only": read_only,
    "subclass": lambda z: z.view(np.recarray) if z.dtype.names else z.view(np.memmap),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_types_and_layouts(layout: str, dtype: type[np.floating]) -> None:
    make = LAYOUTS[layout]
    x, y = make(X.astype(dtype)), make(Y.astype(dtype))
    np.testing.assert_array_equal(x, X)
    for center in (False, True):
        want = sm.spectrum(X, Y, center=center)
        assert_close(sm.spectrum(x, y, center=center), want)
        # Another type and layout on the other side.
        assert_close(sm.spectrum(x, Y, center=center), want)
    pair = sm.ActivationPair()
    for start in range(0, SAMPLES, 40):
        pair.update(x[start : start + 40], y[start : start + 40])
    assert_close(sm.spectrum(pair), sm.spectrum(X, Y))


def test_one_row_repeated_by_a_stride_of_zero() -> None:
    x, y = (np.broadcast_to(z[3], z.shape) for z in (X, Y))
    # All columns lie along one vector: everything matches; centred, everything is dead.
    assert sm.spectrum(x, y).similarity(0.0) == 1.0
    assert np.isinf(sm.spectrum(x, y, center=True).x).all()


def test_memory_mapped_input(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert sm.spectrum(mapped, Y) == sm.spectrum(X, Y)


@pytest.mark.parametrize("rows", [1, 2, 37, 150])
@pytest.mark.parametrize("center", [False, True])
def test_any_split_into_batches(rows: int, center: bool) -> None:
    pair = sm.ActivationPair()
    for start in range(0, SAMPLES, rows):
        pair.update(X[start : start + rows], Y[start : start + rows])
    assert pair.n_samples == SAMPLES
    assert_close(sm.spectrum(pair, center=center), sm.spectrum(X, Y, center=center))


# How far c may be off at each: what is not constant is 1 / offset of a column, so that coefficients
# grow like the offset and bring rounding back as 1e-16 times its square.
OFFSETS = {0.0: 1e-12, 1e3: 1e-9, 1e5: 1e-6}


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("offset", OFFSETS)
def test_merging_pairs_of_different_shifts(offset: float, center: bool) -> None:
    # Rows are shifted before they are multiplied, by what each pair sees first: here far apart.
    x, y = X + offset, Y - offset
    x[50:] += 3 * offset
    parts = []
    for rows in (slice(50), slice(50, 90), slice(90, None)):
        parts.append(sm.ActivationPair())
        parts[-1].update(x[rows], y[rows])
    merged = parts[2] + parts[0]
    merged.merge(parts[1])
    assert [part.n_samples for part in (merged, *parts)] == [SAMPLES, 50, 40, 61]
    got, oracle = sm.spectrum(merged, center=center), Oracle.of(x, y, center=center)
    for mine, theirs in zip((got.x, got.y), oracle.critical, strict=True):
        expected = oracle.returned(theirs)
        np.testing.assert_allclose(mine, expected, rtol=0, atol=OFFSETS[offset])


def test_merging_with_itself_and_with_nothing() -> None:
    pair, empty = sm.ActivationPair(), sm.ActivationPair()
    pair.update(X, Y)
    pair.merge(empty)
    empty.merge(pair)
    assert pair.n_samples == empty.n_samples == SAMPLES
    assert sm.spectrum(pair) == sm.spectrum(empty)
    pair.merge(pair)
    assert pair.n_samples == 2 * SAMPLES
    assert_close(sm.spectrum(pair, center=True), sm.spectrum(X, Y, center=True))
    assert (empty + empty).n_samples == 2 * SAMPLES


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, -1 / 3, 1e4])
def test_constant_columns_centre_to_exactly_dead(value: float, dtype: type[np.floating]) -> None:
    x, y = X.astype(dtype), Y.astype(dtype)
    x[:, 2], y[:, [0, 5]] = value, value
    pair, other = sm.ActivationPair(), sm.ActivationPair()
    for start in range(0, 90, 30):
        pair.update(x[start : start + 30], y[start : start + 30])
    other.update(x[90:], y[90:])
    pair.merge(other)
    for spectrum in (sm.spectrum(x, y, center=True), sm.spectrum(pair, center=True)):
        np.testing.assert_array_equal(np.flatnonzero(np.isinf(spectrum.x)), [2])
        np.testing.assert_array_equal(np.flatnonzero(np.isinf(spectrum.y)), [0, 5])
    assert np.isnan(sm.residuals(pair, center=True).x[2])
    assert np.isfinite(sm.spectrum(pair).x).all()
    # Constant in each batch, but not over all.
    other.update(2 * x, 2 * y)
    assert np.isfinite(sm.spectrum(other, center=True).x).all()


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize(("n_x", "n_y"), [(4, 0), (0, 3), (0, 0)])
def test_a_side_without_neurons(n_x: int, n_y: int, center: bool) -> None:
    x, y = X[:, :n_x], Y[:, :n_y]
    spectrum = sm.spectrum(x, y, center=center)
    assert (spectrum.x.shape, spectrum.y.shape) == ((n_x,), (n_y,))
    assert spectrum.similarity(0.9) == 0.0
    assert len(sm.maximum_match(x, y, eps=0.5, center=center)) == 0
    r = sm.residuals(x, y, center=center)
    np.testing.assert_allclose(r.x, np.ones(n_x), atol=1e-12)
    np.testing.assert_allclose(r.y, np.ones(n_y), atol=1e-12)
    assert sm.is_match(x, y, eps=0.0, x_index=[], y_index=[], center=center)


@pytest.mark.parametrize("both", [False, True])
def test_a_dead_side(both: bool) -> None:
    x, y = X * (not both), np.zeros_like(Y)
    spectrum = sm.spectrum(x, y)
    assert np.isinf(spectrum.y).all()
    np.testing.assert_allclose(spectrum.x, np.inf if both else 1.0, atol=1e-12)
    assert spectrum.area == pytest.approx(0.0, abs=1e-12)
    assert spectrum.similarity(0.99) == 0.0
    assert spectrum.eps_for(0.5) > 1 - 1e-12
    assert len(sm.maximum_match(x, y, eps=0.5)) == 0
    assert np.isnan(sm.residuals(x, y).y).all()
    assert not sm.is_match(x, y, eps=0.9, x_index=[], y_index=[0])


def figures(message: object) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", str(message)))


def test_too_few_samples_warn_with_the_figures() -> None:
    x, y = X[:44], Y[:44]
    calls: list[Callable[[], object]] = [
        lambda: sm.spectrum(x, y),
        lambda: sm.maximum_match(x, y, eps=0.1),
        lambda: sm.residuals(x, y),
    ]
    for call in calls:
        with pytest.warns(sm.UndersampledWarning) as caught:
            call()
        assert {"44", "9"} <= figures(caught[0].message)
        # It points at the caller, not into the package.
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sm.spectrum(X[:45], Y[:45])


def test_eps_at_the_chance_level_warns_with_the_figures() -> None:
    chance = np.concatenate(sm.spectrum(X, Y).chance)
    level = float(np.median(chance))
    with pytest.warns(sm.UndersampledWarning, match=f"{level:.3f}") as caught:
        sm.maximum_match(X, Y, eps=level + 1e-9)
    assert "chance" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sm.maximum_match(X, Y, eps=level - 1e-9)


def test_two_threads_update_one_pair() -> None:
    pair, reference = sm.ActivationPair(), sm.ActivationPair()
    batches = [(X * (i + 1), Y * (i + 1)) for i in range(60)]
    failures: list[BaseException] = []

    def feed(mine: list[tuple[np.ndarray, np.ndarray]]) -> None:
        try:
            for batch in mine:
                pair.update(*batch)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=feed, args=(batches[i::2],)) for i in range(2)]
    for thread in threads:
        thread.start()
    # A reader among the writers sees whole batches only.
    while any(thread.is_alive() for thread in threads):
        assert pair.n_samples % SAMPLES == 0
        if pair.n_samples:
            sm.spectrum(pair)
    for thread in threads:
        thread.join()
    assert not failures
    for batch in batches:
        reference.update(*batch)
    assert pair.n_samples == 60 * SAMPLES
    assert_close(sm.spectrum(pair, center=True), sm.spectrum(reference, center=True), 1e-10)
