"""Where minimum matches are many: seeds, twins, groups and sets, against all subsets."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from brute_force import BruteForce, inside, union
from problems import Sides, planted, random

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

SEEDS = range(4)


def overlapping(seed: int, n_x: int = 6, n_y: int = 6, directions: int = 3) -> Sides:
    """Noisy mixes of few directions: what one neuron loses another can give."""
    rng = np.random.default_rng([seed, directions])
    shared = rng.standard_normal((40, directions))
    x, y = (
        shared @ rng.standard_normal((directions, n)) + 0.2 * rng.standard_normal((40, n))
        for n in (n_x, n_y)
    )
    return x, y


@cache
def problem(seed: int) -> tuple[BruteForce, sm.ActivationPair]:
    pair = sm.ActivationPair()
    pair.update(*overlapping(seed))
    return BruteForce(*overlapping(seed)), pair


def some(levels: list[float], most: int = 5) -> list[float]:
    return levels[:: -(-len(levels) // most)]


def as_set(exact: BruteForce, match: sm.Match | None) -> int:
    assert match is not None
    return exact.as_set(match.x, match.y)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_gives_a_minimum_match_and_the_same_seed_the_same(seed: int) -> None:
    exact, pair = problem(seed)
    chosen, many = 0, 0
    for eps in some(exact.levels()):
        for bit in exact.members(exact.maximum_match(eps)):
            neuron, minimum = exact.neuron(bit), exact.minimum_matches(eps, bit)
            found = [sm.minimum_match(pair, eps=eps, neuron=neuron, seed=s) for s in range(8)]
            assert {as_set(exact, match) for match in found} <= set(minimum)
            assert found[3] == sm.minimum_match(pair, eps=eps, neuron=neuron, seed=3)
            many += len(minimum) > 1
            chosen += len({as_set(exact, match) for match in found}) > 1
    # The problem has choices, and seeds make them.
    assert many > 5
    assert chosen > many // 2


@pytest.mark.parametrize("seed", SEEDS)
def test_covers_and_each_are_right_for_every_seed(seed: int) -> None:
    exact, pair = problem(seed)
    covers = set()
    for eps in some(exact.levels()):
        top = exact.maximum_match(eps)
        minimum = {bit: exact.minimum_matches(eps, bit) for bit in exact.members(top)}
        for order in range(4):
            parts = sm.simple_matches(pair, eps=eps, seed=order)
            cover = [as_set(exact, part) for part in parts]
            assert union(cover) == top
            assert all(any(part in sets for sets in minimum.values()) for part in cover)
            for place, part in enumerate(cover):
                assert not inside(part, union(cover[:place] + cover[place + 1 :]))
            assert parts == sm.simple_matches(pair, eps=eps, seed=order)
            assert all((part.eps, part.n_x, part.n_y) == (eps, 6, 6) for part in parts)
            covers.add((eps, *sorted(cover)))
            each = sm.simple_matches(pair, eps=eps, seed=order, method="each")
            for bit, found in zip(exact.members(top), each, strict=True):
                assert as_set(exact, found) in minimum[bit]
    assert len(covers) > len(some(exact.levels()))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_match_holds_all_of_a_group_or_none(seed: int) -> None:
    exact, pair = problem(seed)
    sizes = set()
    for eps in some(exact.levels()):
        matches = exact.matches(eps)
        groups = [
            union(1 << exact.bit(neuron) for neuron in group)
            for group in sm.support(pair, eps=eps).groups
        ]
        assert union(groups) == exact.maximum_match(eps)
        assert sum(group.bit_count() for group in groups) == union(groups).bit_count()
        assert all(s & group in (0, group) for s in matches for group in groups)
        # And neurons of two groups are told apart by some match.
        for place, one in enumerate(groups):
            for other in groups[:place]:
                assert any((s & one == 0) != (s & other == 0) for s in matches)
        sizes |= {group.bit_count() for group in groups}
    assert len(sizes) > 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.data())
def test_any_set_is_simple_or_not_by_definition(
    seed: int, n_x: int, n_y: int, center: bool, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    make = data.draw(st.sampled_from(["random", "planted", "overlapping"]))
    match make:
        case "random":
            x, y = random(rng, n_x, n_y, samples=7)
        case "planted":
            x, y = planted(rng, n_x, n_y, samples=12, size=1)
        case _:
            x, y = overlapping(seed, n_x, n_y, directions=2)
    exact = BruteForce(x, y, center=center)
    eps = data.draw(st.sampled_from(exact.levels()))
    matches = exact.matches(eps)
    for s in range(2**exact.n):
        x_index, y_index = exact.indices(s)
        chosen: dict[str, Any] = {
            "eps": eps,
            "x_index": x_index,
            "y_index": y_index,
            "center": center,
        }
        assert sm.is_simple(x, y, **chosen) == exact.is_simple(eps, s)
        if s in matches:
            expected = [exact.neuron(bit) for bit in exact.minimum_for(eps, s)]
            assert sm.minimum_for(x, y, **chosen) == expected
        else:
            with pytest.raises(ValueError, match="no match"):
                sm.minimum_for(x, y, **chosen)


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("scale", [1.0, -3.0])
def test_one_of_two_twins_is_enough(eps: float, scale: float) -> None:
    """x = y1 = y2: twins must not be merged, nor both be kept."""
    x = np.random.default_rng(0).standard_normal((50, 1))
    y = np.hstack([x, scale * x])
    exact = BruteForce(x, y)
    for bit, neuron in enumerate([("x", 0), ("y", 0), ("y", 1)]):
        for seed in range(6):
            found = sm.minimum_match(x, y, eps=eps, neuron=neuron, seed=seed)
            assert as_set(exact, found) in exact.minimum_matches(eps, bit)
            assert len(found or ()) == 2
    assert {
        tuple(found.y.tolist())
        for seed in range(20)
        if (found := sm.minimum_match(x, y, eps=eps, neuron=("x", 0), seed=seed))
    } == {(0,), (1,)}
    parts = sm.simple_matches(x, y, eps=eps)
    assert sorted(part.y.tolist() for part in parts) == [[0], [1]]
    support = sm.support(x, y, eps=eps)
    assert support.core(("x", 0)) == [("x", 0)]
    assert support.core(("y", 1)) == [("x", 0), ("y", 1)]
    assert support.groups == [[("x", 0)], [("y", 0)], [("y", 1)]]
