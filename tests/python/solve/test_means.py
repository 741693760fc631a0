"""A match that is owed to means is found, and told from neurons that are always on and alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from spanmatch.solve.means import EPS, NOTE, explain_means, find_owed_to_means

if TYPE_CHECKING:
    from problems import Floats, Sides


def paired(x: Floats, y: Floats, batches: int = 3) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    for part_x, part_y in zip(np.array_split(x, batches), np.array_split(y, batches), strict=True):
        pair.update(part_x, part_y)
    return pair


def count_owed(x: Floats, y: Floats) -> tuple[int, int]:
    """The same from all rows at once, by the library's matches of rows whose mean is gone."""
    plain = sm.maximum_match(x, y, eps=EPS)
    centred = sm.maximum_match(x - x.mean(0), y - y.mean(0), eps=EPS)
    owed = 0
    for side, whole, rest in ((x, plain.x, centred.x), (y, plain.y, centred.y)):
        constant = np.flatnonzero(side.mean(0) ** 2 > side.var(0))
        owed += len((set(whole.tolist()) & set(constant.tolist())) - set(rest.tolist()))
    return len(plain), owed


def decoder(seed: int = 0, scale: float = 10.0) -> Sides:
    """Two sides that share nothing; four neurons of each are nearly constant."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 2000, 12))
    x[:, :4] += scale * rng.choice([-1, 1], 4)
    y[:, :4] += scale * rng.choice([-1, 1], 4)
    return x, y


def test_a_decoder_whose_match_is_its_means() -> None:
    x, y = decoder()
    pair = paired(x, y)
    spectrum = sm.spectrum(pair)
    found = find_owed_to_means(pair, spectrum)
    assert (found.matched, found.owed) == (8, 8) == count_owed(x, y)
    assert found.is_most
    assert explain_means(pair, spectrum, center=False) == NOTE
    assert explain_means(pair, sm.spectrum(pair, center=True), center=True) == ""


def test_neurons_that_are_on_and_alike_owe_it_to_no_mean() -> None:
    x, _ = decoder()
    rotated = x @ np.linalg.qr(np.random.default_rng(1).standard_normal((12, 12)))[0]
    for y in (x, rotated):
        pair = paired(x, y)
        assert find_owed_to_means(pair, sm.spectrum(pair)).owed == 0


def test_neurons_that_vary_more_than_their_mean_owe_it_to_none() -> None:
    # Without centring r = 0.25, with it 0.33: on either side of ε = 0.3.
    rng = np.random.default_rng(4)
    x = 0.85 + rng.standard_normal((4000, 6))
    y = x + 0.35 * rng.standard_normal((4000, 6))
    spectrum = sm.spectrum(x, y)
    assert len(sm.maximum_match(x, y, eps=EPS)) == 12
    assert len(sm.maximum_match(x, y, eps=EPS, center=True)) == 0
    found = find_owed_to_means(paired(x, y), spectrum)
    assert (found.matched, found.owed) == (12, 0) == count_owed(x, y)


@pytest.mark.parametrize("shared", range(0, 10, 2))
def test_more_than_half(shared: int) -> None:
    x, y = decoder(2)
    # So many more of each side are shared, and have no mean.
    y[:, 4 : 4 + shared] = x[:, 4 : 4 + shared]
    pair = paired(x, y)
    found = find_owed_to_means(pair, sm.spectrum(pair))
    matched, owed = count_owed(x, y)
    assert found.matched == matched == 8 + 2 * shared
    # Where it is no more than half nothing is counted.
    assert found.is_most == (2 * owed > matched) == (shared < 4)


def test_a_shift_far_away_loses_no_digits() -> None:
    x, y = decoder(3, 1e6)
    pair = paired(x, y)
    found = find_owed_to_means(pair, sm.spectrum(pair))
    assert (found.matched, found.owed) == (8, 8)
    x[:], y[:] = 1, 2
    found = find_owed_to_means(paired(x, y), sm.spectrum(x, y))
    assert (found.matched, found.owed) == (24, 24)


def test_no_match_owes_nothing() -> None:
    x, y = np.random.default_rng(4).standard_normal((2, 500, 6))
    pair = paired(x, y)
    assert find_owed_to_means(pair, sm.spectrum(pair)).matched == 0


def test_trained_layers_are_told_only_what_is_true(digits_layers: dict[str, Any]) -> None:
    told = []
    for name, (x, y) in digits_layers.items():
        pair = paired(x, y)
        spectrum = sm.spectrum(pair)
        matched, owed = count_owed(x, y)
        assert bool(explain_means(pair, spectrum, center=False)) == (2 * owed > matched), name
        told += [name] * (2 * owed > matched)
    assert len(told) < len(digits_layers) / 2, told
