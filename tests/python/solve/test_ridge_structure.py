"""The structure inside a match at several λ, against its definitions over all subsets."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from typing import Any

import numpy as np
import pytest

import spanmatch as sm
from brute_force import BruteForce, inside, union
from oracle import Oracle
from problems import Sides, planted, small

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

each_ridge = pytest.mark.parametrize("ridge", [1e-6, 1e-3, 0.3, 10.0])
each_case = pytest.mark.parametrize(
    ("seed", "center"), [(seed, seed % 2 == 1) for seed in range(5)] + [(0, True), (1, False)]
)


@cache
def brute_force(seed: int, center: bool, ridge: float) -> BruteForce:
    return BruteForce(*small(seed, 4), center=center, ridge=ridge)


def pair_of(x: np.ndarray, y: np.ndarray) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(x, y)
    return pair


def levels(exact: BruteForce) -> list[float]:
    every = exact.levels()
    return every if len(every) <= 6 else every[:: len(every) // 5]


@each_ridge
@each_case
def test_maximum_and_minimum_matches_are_their_definitions(
    seed: int, center: bool, ridge: float
) -> None:
    exact, pair = brute_force(seed, center, ridge), pair_of(*small(seed, 4))
    how: dict[str, Any] = {"center": center, "ridge": ridge}
    spectrum = sm.spectrum(pair, **how)
    critical = exact.oracle.returned(np.array(exact.critical()))
    np.testing.assert_allclose([*spectrum.x, *spectrum.y], critical, atol=1e-8)
    for eps in levels(exact):
        match = sm.maximum_match(pair, eps=eps, **how)
        assert exact.as_set(match.x, match.y) == exact.maximum_match(eps)
        for bit in range(exact.n):
            expected = exact.minimum_matches(eps, bit)
            found = sm.minimum_match(pair, eps=eps, neuron=exact.neuron(bit), **how)
            assert (found is None) == (expected == [])
            if found is not None:
                assert exact.as_set(found.x, found.y) in expected
                assert found.ridge == ridge


@each_ridge
@each_case
def test_simple_matches_and_support_are_their_definitions(
    seed: int, center: bool, ridge: float
) -> None:
    exact, pair = brute_force(seed, center, ridge), pair_of(*small(seed, 4))
    how: dict[str, Any] = {"center": center, "ridge": ridge}
    for eps in levels(exact):
        found = sm.simple_matches(pair, eps=eps, **how)
        cover = [exact.as_set(part.x, part.y) for part in found]
        assert union(cover) == exact.maximum_match(eps)
        assert set(cover) <= set(exact.simple_matches(eps))
        assert {part.ridge for part in found} <= {ridge}
        for index, part in enumerate(cover):
            assert not inside(part, union(cover[:index] + cover[index + 1 :]))
        each = sm.simple_matches(pair, eps=eps, method="each", **how)
        bits, matrix = exact.support(eps)
        for bit, minimum in zip(bits, each, strict=True):
            assert exact.as_set(minimum.x, minimum.y) in exact.minimum_matches(eps, bit)
        support = sm.support(pair, eps=eps, **how)
        assert support.neurons == [exact.neuron(bit) for bit in bits]
        np.testing.assert_array_equal(support.matrix, matrix)
        for bit in range(exact.n):
            core = union(1 << exact.bit(neuron) for neuron in support.core(exact.neuron(bit)))
            assert core == exact.core(eps, bit)
        assert support.ridge == ridge


@each_ridge
@pytest.mark.parametrize(("seed", "center"), [(0, False), (1, True), (2, False)])
def test_is_simple_and_minimum_for_are_their_definitions(
    seed: int, center: bool, ridge: float
) -> None:
    exact, pair = brute_force(seed, center, ridge), pair_of(*small(seed, 4))
    for eps in levels(exact)[1:4]:
        matches = set(exact.matches(eps))
        for s in range(2**exact.n):
            x_index, y_index = exact.indices(s)
            how: dict[str, Any] = {"x_index": x_index, "y_index": y_index}
            how |= {"center": center, "ridge": ridge, "eps": eps}
            assert sm.is_match(pair, **how) == (s in matches)
            assert sm.is_simple(pair, **how) == exact.is_simple(eps, s)
            if s in matches:
                bits = exact.minimum_for(eps, s)
                assert sm.minimum_for(pair, **how) == [exact.neuron(bit) for bit in bits]


def undersampled() -> Sides:
    """More neurons than samples, of which some are shared, and some twice over."""
    x, y = planted(np.random.default_rng(7), 16, 14, 12)
    x[:, 13], y[:, 12], y[:, 13] = 2 * x[:, 0], -x[:, 1], 0.0
    return x, y


@pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])
@pytest.mark.parametrize("ridge", [1e-3, 0.3, 10.0])
def test_minimum_matches_against_closures_with_more_neurons_than_samples(
    ridge: float, center: bool
) -> None:
    x, y = undersampled()
    pair, oracle = pair_of(x, y), Oracle.of(x, y, center=center, ridge=ridge)
    how: dict[str, Any] = {"center": center, "ridge": ridge}
    eps = float(np.median(np.concatenate(oracle.critical)) + 0.03)
    assert oracle.is_clear(eps)
    whole = oracle.maximum_match(eps)
    assert whole[0].sum() + whole[1].sum() > 0
    found = sm.support(pair, eps=eps, **how)
    for u, (side, column) in enumerate(found.neurons):
        rest = [mask.copy() for mask in whole]
        rest["xy".index(side)][column] = False
        left = oracle.maximum_match(eps, (rest[0], rest[1]))
        lost = [not left["xy".index(v)][at] for v, at in found.neurons]
        assert found.matrix[u].tolist() == lost
    for neuron in found.neurons[::4]:
        minimum = sm.minimum_match(pair, eps=eps, neuron=neuron, **how)
        assert minimum is not None
        inner = [np.isin(np.arange(len(z.T)), m) for z, m in ((x, minimum.x), (y, minimum.y))]
        assert oracle.is_match(eps, *inner)
        assert inner["xy".index(neuron[0])][neuron[1]]
        # No closure of what is left without one neuron holds it.
        smaller = []
        for at, members in enumerate((minimum.x, minimum.y)):
            for place in members.tolist():
                rest = [mask.copy() for mask in inner]
                rest[at][place] = False
                left = oracle.maximum_match(eps, (rest[0], rest[1]))
                smaller.append(left)
                if ("xy"[at], place) != neuron:
                    assert not left["xy".index(neuron[0])][neuron[1]]
        chosen: dict[str, Any] = {"x_index": minimum.x, "y_index": minimum.y, "eps": eps, **how}
        assert sm.is_simple(pair, **chosen)
        union_x, union_y = (reduce(or_, [each[at] for each in smaller]) for at in (0, 1))
        for_x, for_y = np.flatnonzero(inner[0] & ~union_x), np.flatnonzero(inner[1] & ~union_y)
        wanted = [("x", i) for i in for_x.tolist()] + [("y", i) for i in for_y.tolist()]
        assert sm.minimum_for(pair, **chosen) == wanted
        assert neuron in wanted
