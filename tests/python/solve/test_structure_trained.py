"""Minimum matches and support of layers trained on digits, judged by the slow oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from oracle import Masks, Oracle

if TYPE_CHECKING:
    from problems import Sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

LAYERS = ["fc1", "relu1", "fc2", "relu2", "logits"]
# Of each layer, where so much matches; dead neurons keep relu2 below 0.8.
SIMILARITIES = [0.3, 0.6]


def masks(oracle: Oracle, match: sm.Match) -> Masks:
    in_x, in_y = (np.zeros(side.shape[1], np.bool_) for side in (oracle.x, oracle.y))
    in_x[match.x], in_y[match.y] = True, True
    return in_x, in_y


def without(start: Masks, neuron: tuple[str, int]) -> Masks:
    left_x, left_y = (mask.copy() for mask in start)
    (left_x if neuron[0] == "x" else left_y)[neuron[1]] = False
    return left_x, left_y


def holds(masks: Masks, neuron: tuple[str, int]) -> bool:
    return bool(masks[0 if neuron[0] == "x" else 1][neuron[1]])


def members(match: sm.Match) -> list[tuple[str, int]]:
    return [("x", i) for i in match.x.tolist()] + [("y", i) for i in match.y.tolist()]


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("layer", LAYERS)
def test_without_any_other_member_the_neuron_is_lost(
    digits_layers: dict[str, Sides], layer: str, similarity: float
) -> None:
    x, y = digits_layers[layer]
    eps = sm.spectrum(x, y).eps_for(similarity)
    assert 0 < eps < 1
    oracle = Oracle.of(x, y)
    each = sm.simple_matches(x, y, eps=eps, method="each")
    matched = members(sm.maximum_match(x, y, eps=eps))
    assert len(each) == len(matched) > 0
    # Some of either side; the oracle is slow.
    for place in range(0, len(matched), max(1, len(matched) // 5)):
        neuron = matched[place]
        alone = sm.minimum_match(x, y, eps=eps, neuron=neuron, seed=place)
        assert alone is not None
        for found in (alone, each[place]):
            start = masks(oracle, found)
            assert holds(start, neuron)
            closed = oracle.maximum_match(eps, start)
            assert all(np.array_equal(a, b) for a, b in zip(closed, start, strict=True))
            for other in members(found):
                if other != neuron:
                    left = oracle.maximum_match(eps, without(start, other))
                    assert not holds(left, neuron), (neuron, other)


@pytest.mark.parametrize("layer", LAYERS)
def test_support_is_what_the_oracle_loses(digits_layers: dict[str, Sides], layer: str) -> None:
    x, y = digits_layers[layer]
    eps = sm.spectrum(x, y).eps_for(0.6)
    oracle = Oracle.of(x, y)
    top = oracle.maximum_match(eps)
    support = sm.support(x, y, eps=eps)
    for row, u in enumerate(support.neurons):
        left = oracle.maximum_match(eps, without(top, u))
        expected = [not holds(left, v) for v in support.neurons]
        assert support.matrix[row].tolist() == expected
    each = sm.simple_matches(x, y, eps=eps, method="each")
    for neuron, found in zip(support.neurons, each, strict=True):
        assert set(support.core(neuron)) <= set(members(found))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_cover_makes_up_the_maximum_match(digits_layers: dict[str, Sides], layer: str) -> None:
    x, y = digits_layers[layer]
    eps = sm.spectrum(x, y).eps_for(0.6)
    top = set(members(sm.maximum_match(x, y, eps=eps)))
    parts = sm.simple_matches(x, y, eps=eps)
    assert set().union(*map(members, parts)) == top
    for part in parts:
        others = set().union(*(members(other) for other in parts if other is not part))
        assert not set(members(part)) <= others
        assert sm.minimum_for(x, y, eps=eps, x_index=part.x, y_index=part.y)
