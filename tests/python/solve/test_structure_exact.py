"""The exact case: y = x K with independent columns, where every core is the one minimum match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from exact_graph import Neurons, reached

if TYPE_CHECKING:
    from problems import Floats, Rng


def orthogonal(rng: Rng, n: int) -> Floats:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def block(rng: Rng, n: int, structure: str) -> Floats:
    """One block of K; triangular ones need some of their neurons and are not needed by them."""
    match structure:
        case "orthogonal":
            return orthogonal(rng, n)
        case "dense":
            return (orthogonal(rng, n) * np.geomspace(1.0, 20.0, n)) @ orthogonal(rng, n)
        case "triangular":
            return np.triu(rng.uniform(-1, 1, (n, n)), 1) / 2 + np.diag(rng.uniform(1, 2, n))
        case _:
            # Two steps of a chain: what is reached depends on where one begins.
            return np.eye(n) + np.diag(np.full(n - 1, 0.6), 1)


def mixed(rng: Rng, structure: str) -> Floats:
    sizes = [4, 1, 3, 5, 2, 1]
    n = sum(sizes)
    k, first = np.zeros((n, n)), 0
    for size in sizes:
        k[first : first + size, first : first + size] = block(rng, size, structure)
        first += size
    return k[rng.permutation(n)][:, rng.permutation(n)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("structure", ["orthogonal", "dense", "triangular", "chain"])
def test_the_core_is_the_minimum_match_and_what_the_graph_reaches(
    structure: str, seed: int
) -> None:
    rng = np.random.default_rng([seed, *structure.encode()])
    k = mixed(rng, structure)
    n = len(k)
    assert np.linalg.cond(k) <= (1 + 1e-9 if structure == "orthogonal" else 30)
    # Independent columns, not orthogonal ones; of nearly one size, since unit columns would else
    # need coefficients beyond 100, which is not exact (design 3).
    x = rng.standard_normal((300, n)) * np.geomspace(0.7, 1.4, n)
    pair = sm.ActivationPair()
    pair.update(x, x @ k)
    support = sm.support(pair, eps=0.0)
    neurons = [(side, i) for side in ("x", "y") for i in range(n)]
    assert support.neurons == neurons
    each = sm.simple_matches(pair, eps=0.0, method="each")
    sizes = set()
    for neuron, from_each in zip(neurons, each, strict=True):
        expected = reached(k, neuron)
        sizes.add(len(expected))
        assert support.core(neuron) == expected
        for seeded in range(3):
            found = sm.minimum_match(pair, eps=0.0, neuron=neuron, seed=seeded)
            assert found is not None
            assert members(found) == expected
        assert members(from_each) == expected
    assert len(sizes) >= 4
    mutual = {u: {v for v in reached(k, u) if u in reached(k, v)} for u in neurons}
    assert {frozenset(group) for group in support.groups} == set(map(frozenset, mutual.values()))


def test_a_triangular_map_is_needed_one_way() -> None:
    """y0 = x0, y1 = x0 + x1: x1 cannot do without y0, which can do without x1."""
    x = np.random.default_rng(0).standard_normal((100, 2))
    support = sm.support(x, x @ [[1.0, 1.0], [0.0, 1.0]], eps=0.0)
    assert support.core(("y", 0)) == [("x", 0), ("y", 0)]
    assert support.core(("x", 1)) == support.neurons
    assert support.groups == [[("x", 0), ("y", 0)], [("x", 1), ("y", 1)]]


def members(match: sm.Match) -> Neurons:
    return [("x", i) for i in match.x.tolist()] + [("y", i) for i in match.y.tolist()]
