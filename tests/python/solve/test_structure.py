"""Minimum matches, simple matches and support against their definitions over all subsets."""

from __future__ import annotations

from functools import cache
from itertools import chain

import numpy as np
import pytest

import spanmatch as sm
from brute_force import BruteForce, inside, union
from exact_graph import reached
from problems import small

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

CASES = [(seed, most) for most in (4, 5) for seed in range(10)] + [(seed, 6) for seed in (0, 2, 4)]


@cache
def brute_force(seed: int, most: int) -> BruteForce:
    return BruteForce(*small(seed, most))


def pair_of(seed: int, most: int) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(*small(seed, most))
    return pair


def levels(exact: BruteForce) -> list[float]:
    """At critical values and between them; few where there are many."""
    every = exact.levels()
    return every if len(every) <= 8 else every[:: len(every) // 6]


def as_set(exact: BruteForce, match: sm.Match) -> int:
    return exact.as_set(match.x, match.y)


@pytest.mark.parametrize(("seed", "most"), CASES)
def test_minimum_match_is_one_of_the_definition(seed: int, most: int) -> None:
    exact, pair = brute_force(seed, most), pair_of(seed, most)
    for eps in levels(exact):
        for bit in range(exact.n):
            expected = exact.minimum_matches(eps, bit)
            for order in (0, 1):
                found = sm.minimum_match(pair, eps=eps, neuron=exact.neuron(bit), seed=order)
                if not expected:
                    assert found is None
                else:
                    assert found is not None
                    assert as_set(exact, found) in expected
                    assert inside(exact.core(eps, bit), as_set(exact, found))


@pytest.mark.parametrize(("seed", "most"), CASES)
def test_cover_is_the_maximum_match_in_simple_matches(seed: int, most: int) -> None:
    exact, pair = brute_force(seed, most), pair_of(seed, most)
    for eps in levels(exact):
        cover = [as_set(exact, part) for part in sm.simple_matches(pair, eps=eps)]
        assert union(cover) == exact.maximum_match(eps)
        simple = exact.simple_matches(eps)
        for index, part in enumerate(cover):
            assert part in simple
            assert not inside(part, union(cover[:index] + cover[index + 1 :]))


@pytest.mark.parametrize(("seed", "most"), CASES)
def test_each_is_a_minimum_match_for_every_neuron(seed: int, most: int) -> None:
    exact, pair = brute_force(seed, most), pair_of(seed, most)
    for eps in levels(exact):
        each = sm.simple_matches(pair, eps=eps, method="each")
        bits = exact.members(exact.maximum_match(eps))
        assert len(each) == len(bits)
        for bit, found in zip(bits, each, strict=True):
            assert as_set(exact, found) in exact.minimum_matches(eps, bit)


@pytest.mark.parametrize(("seed", "most"), CASES)
def test_support_is_its_definition_and_the_core_the_intersection(seed: int, most: int) -> None:
    exact, pair = brute_force(seed, most), pair_of(seed, most)
    for eps in levels(exact):
        bits, matrix = exact.support(eps)
        support = sm.support(pair, eps=eps)
        assert support.neurons == [exact.neuron(bit) for bit in bits]
        np.testing.assert_array_equal(support.matrix, matrix)
        for bit in range(exact.n):
            core = union(1 << exact.bit(neuron) for neuron in support.core(exact.neuron(bit)))
            assert core == exact.core(eps, bit)
        # A preorder: reflexive, and two steps reach no further than one.
        assert support.matrix.diagonal().all()
        assert not (support.matrix @ support.matrix & ~support.matrix).any()
        assert sorted(chain.from_iterable(support.groups)) == sorted(support.neurons)
        assert [len(g) for g in support.groups] == sorted(map(len, support.groups), reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_is_simple_and_minimum_for_are_their_definitions(seed: int) -> None:
    exact, pair = brute_force(seed, 4), pair_of(seed, 4)
    for eps in levels(exact):
        matches = set(exact.matches(eps))
        for s in range(2**exact.n):
            x_index, y_index = exact.indices(s)
            simple = sm.is_simple(pair, eps=eps, x_index=x_index, y_index=y_index)
            assert simple == exact.is_simple(eps, s)
            if s in matches:
                found = sm.minimum_for(pair, eps=eps, x_index=x_index, y_index=y_index)
                assert found == [exact.neuron(bit) for bit in exact.minimum_for(eps, s)]
            else:
                with pytest.raises(ValueError, match="no match"):
                    sm.minimum_for(pair, eps=eps, x_index=x_index, y_index=y_index)


def test_a_neuron_with_two_twins_needs_one_of_them() -> None:
    x = np.random.default_rng(0).standard_normal((50, 1))
    y = np.hstack([x, x])
    found = sm.minimum_match(x, y, eps=0.1, neuron=("x", 0))
    assert found is not None
    assert (found.x.size, found.y.size) == (1, 1)
    parts = sm.simple_matches(x, y, eps=0.1)
    assert sorted(part.y.tolist() for part in parts) == [[0], [1]]
    assert sm.support(x, y, eps=0.1).core(("x", 0)) == [("x", 0)]


@pytest.mark.parametrize("orthogonal", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_exact_matches_with_independent_sides_have_one_minimum_match(
    seed: int, orthogonal: bool
) -> None:
    rng = np.random.default_rng([seed, orthogonal])
    sizes = [3, 1, 4, 2]
    n = sum(sizes)
    k = np.zeros((n, n))
    first = 0
    for size in sizes:
        block = np.linalg.qr(rng.standard_normal((size, size)))[0]
        if not orthogonal:
            block = np.triu(block @ np.diag(np.geomspace(1, 3, size))) + 2 * np.eye(size)
        k[first : first + size, first : first + size] = block
        first += size
    k = k[:, rng.permutation(n)]
    assert np.linalg.cond(k) <= 30
    x = np.linalg.qr(rng.standard_normal((200, n)))[0]
    pair = sm.ActivationPair()
    pair.update(x, x @ k)
    support = sm.support(pair, eps=0.0)
    for v in range(2 * n):
        neuron = ("x", v) if v < n else ("y", v - n)
        expected = reached(k, neuron)
        assert support.core(neuron) == expected
        found = sm.minimum_match(pair, eps=0.0, neuron=neuron)
        assert found is not None
        assert [("x", i) for i in found.x] + [("y", i) for i in found.y] == expected


def test_the_same_at_any_number_of_threads(restore_threads: None) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, 1000, 97))
    for first in range(0, 48, 12):
        shared = rng.standard_normal((1000, 12))
        for side in (x, y):
            block = side[:, first : first + 12]
            block *= 0.2
            block += shared @ np.linalg.qr(rng.standard_normal((12, 12)))[0]
    pair = sm.ActivationPair()
    pair.update(x, y)
    answers = []
    for count in (1, 2, 4):
        sm.set_num_threads(count)
        cover = sm.simple_matches(pair, eps=0.4, seed=3)
        each = sm.simple_matches(pair, eps=0.4, seed=3, method="each")
        answers.append((cover, each, sm.support(pair, eps=0.4)))
    assert len(answers[0][0]) >= 4
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]
