"""Sums that no activations have are refused, however they come: nothing is solved from them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import spanmatch as sm
from rewritten_files import rewritten
from spanmatch import _core

if TYPE_CHECKING:
    from pathlib import Path

N_X, N_Y = 5, 4
RNG = np.random.default_rng(20)
X = RNG.normal(size=(60, N_X)) + 1.0
Y = RNG.normal(size=(60, N_Y)) @ RNG.normal(size=(N_Y, N_Y))
DAMAGE = [1e3, 1e308, -1e308, np.nan]


def summed(nulls: int = 0, folds: int = 0) -> sm.ActivationPair:
    pair = sm.ActivationPair(nulls=nulls, folds=folds)
    pair.update(X, Y)
    return pair


def damaged_file(path: Path, pair: sm.ActivationPair, place: tuple[Any, ...], value: float) -> None:
    pair.save(path)
    tensors = load_file(path)
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    name, *index = place
    tensors[name] = tensors[name].copy()
    tensors[name][tuple(index)] = value
    save_file(tensors, path, metadata)


PLACES = {
    "x and y": ("products", slice(0, N_X), slice(N_X, None)),
    "one product of x and y": ("products", 2, N_X + 1),
    "two of x": ("products", 0, 1),
    "two of y": ("products", N_X, N_X + 1),
    "a null": ("nulls", 1, 2, 3),
    "a fold": ("folds.products", 2, 1, N_X + 2),
}


@pytest.mark.parametrize("value", DAMAGE)
@pytest.mark.parametrize("place", PLACES)
def test_a_file_of_damaged_sums_is_refused(place: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / "pair.safetensors"
    damaged_file(path, summed(nulls=2, folds=3), PLACES[place], value)
    said = "not finite" if np.isnan(value) else "squares allow"
    for read in (sm.load, sm.ActivationPair.load):
        with pytest.raises(sm.FileError, match=f"is damaged: .*{said}"):
            read(path)


def test_parts_are_refused_as_files_are() -> None:
    gram = summed()._gram.to_host()
    *rest, products = gram.parts()
    products = products.copy()
    products[:N_X, N_X:] = 1e3
    with pytest.raises(ValueError, match=r"neuron 0 of x and neuron 0 of y .*Cauchy and Schwarz"):
        _core.Gram.from_parts((*rest, products))


def test_a_pickle_is_refused_as_a_file_is() -> None:
    pair = summed()
    whole = pickle.dumps(pair)
    products = pair._gram.to_host().parts()[-1]
    found = whole.find(products.tobytes())
    assert found >= 0
    value = np.float64(1e3).tobytes()
    # The product of the first of x with the first of y, in both triangles.
    damaged = bytearray(whole)
    for row, column in ((0, N_X), (N_X, 0)):
        at = found + 8 * (row * (N_X + N_Y) + column)
        damaged[at : at + 8] = value
    with pytest.raises(ValueError, match="squares allow"):
        pickle.loads(bytes(damaged))
    assert pickle.loads(whole).n_samples == 60


def test_sums_that_are_right_are_never_refused(tmp_path: Path) -> None:
    """Constant, equal, rare, far from zero, merged: what rounds is not damaged."""
    x, y = RNG.normal(size=(900, 6)) + 1e6, RNG.normal(size=(900, 4))
    x[:, 0], y[:, 0] = 0.1, 0.0
    x[:, 1] = y[:, 1] * -3e-8
    y[:, 2], y[5, 2] = 0.0, 1e9
    pairs = []
    for rows in (slice(0, 300), slice(300, 900)):
        pair = sm.ActivationPair(nulls=3, folds=4)
        pair.update(x[rows], y[rows])
        pairs.append(pair)
    pairs[0].merge(pairs[1])
    pairs[0].save(tmp_path / "pair.safetensors")
    again = sm.ActivationPair.load(tmp_path / "pair.safetensors")
    again.merge(pickle.loads(pickle.dumps(pairs[1])))
    assert again.n_samples == 1500


def test_rows_that_are_read_again_are_checked_again() -> None:
    """Nulls and folds read a long batch again, and another thread may have written meanwhile."""
    for nulls, folds in ((0, 2), (5, 0)):
        x, y = RNG.normal(size=(30_000, 400)), RNG.normal(size=(30_000, 400))
        gram = _core.Gram(nulls, folds)
        gram.update([x[:500], y[:500]])
        before = gram.parts()
        written: list[int] = []

        def write(done: int, total: int, y: Any = y, written: list[int] = written) -> None:
            if not written and 0 < done < total:
                # Rows that have been read once.
                y[:100] = np.nan
                written.append(done)

        with pytest.raises(ValueError, match=r"neuron \d+ of y is NaN in row \d"):
            gram.update([x, y], progress=write)
        assert written
        after = gram.parts()
        assert before[:3] == after[:3]
        assert all(map(np.array_equal, before[3:], after[3:]))
        assert gram.n_samples == 500


def test_counts_that_float64_cannot_count_are_refused_and_change_nothing(tmp_path: Path) -> None:
    summed().save(tmp_path / "pair.safetensors")
    path = rewritten(tmp_path / "pair.safetensors", {"n_samples": str(2**53)})
    mine, other = sm.ActivationPair.load(path), sm.ActivationPair.load(path)
    before = pickle.dumps(mine)
    with pytest.raises(ValueError, match=r"more than 2\^53 samples, .* keep them apart"):
        mine.merge(other)
    with pytest.raises(ValueError, match=r"more than 2\^53 samples"):
        mine.update(X, Y)
    assert pickle.dumps(mine) == before == pickle.dumps(other)
