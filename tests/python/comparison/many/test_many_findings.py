"""What stands out, in words: it is what was planted, and nothing that was not."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from spanmatch.comparison.many.many_findings import describe_findings
from spanmatch.comparison.many.nearest_findings import tell_apart, tell_nearest
from spanmatch.comparison.many.network_distances import find_distances
from spanmatch.solve.layer_answer import answer_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Rows = NDArray[np.float64]

NETWORKS = ["a", "b", "c", "d"]
SAMPLES, WIDTH = 400, 6


def compared(
    layers: Mapping[str, Mapping[str, Rows]], reference: str | None = None, nulls: int = 0
) -> sm.ManyComparison:
    """Compare rows by layer and network."""
    networks = list(next(iter(layers.values())))
    pairs = list(combinations(networks, 2))
    if reference is not None:
        pairs = [(reference, name) for name in networks if name != reference]
    comparisons = {}
    for a, b in pairs:
        answers = {}
        for layer, rows in layers.items():
            pair = sm.ActivationPair(nulls=nulls)
            pair.update(rows[a], rows[b])
            answers[layer] = answer_layer(pair, center=False)
        comparisons[a, b] = sm.Comparison(
            {layer: each.spectrum for layer, each in answers.items()},
            None,
            nulls={layer: each.nulls for layer, each in answers.items() if each.nulls},
            one_to_one={
                layer: each.one_to_one for layer, each in answers.items() if each.one_to_one
            },
        )
    return sm.ManyComparison(networks, comparisons, reference=reference)


def draw(seed: int) -> Rows:
    return np.random.default_rng(seed).standard_normal((SAMPLES, WIDTH))


def noisy(rows: Rows, noise: float, seed: int) -> Rows:
    return rows + noise * draw(seed)


@pytest.fixture(scope="module")
def planted() -> sm.ManyComparison:
    """a and b are alike, c and d too, neuron by neuron at `fc`, and at `conv` only as a span."""
    one, two, turn = draw(0), draw(1), np.linalg.qr(draw(2)[:WIDTH])[0]
    fc = {
        "a": one,
        "b": noisy(one, 0.2, 3),
        "c": two,
        "d": noisy(two, 0.2, 4),
    }
    conv = {"a": one, "b": noisy(one @ turn, 0.3, 5), "c": two, "d": noisy(two @ turn, 0.3, 6)}
    return compared({"conv": conv, "fc": fc}, nulls=19)


def test_the_nearest_are_named_with_their_figures(planted: sm.ManyComparison) -> None:
    found = describe_findings(planted)
    mean = (planted["conv"].area + planted["fc"].area) / 2
    over_all = next(each for each in found if each.startswith("Over all layers"))
    assert "nearest to each other are a and b" in over_all
    assert f"a and b ({mean[0, 1]:.2f}; of either with another" in over_all
    assert "c and d" in over_all
    last = next(each for each in found if each.startswith("At the last layer, fc"))
    assert f"a and b ({planted['fc'].area[0, 1]:.2f};" in last
    assert not any("not mutually" in each or "stands apart" in each for each in found)


def test_what_is_shared_one_by_one_is_told_from_a_span(planted: sm.ManyComparison) -> None:
    found = describe_findings(planted)
    (by_pairs,) = [each for each in found if "disjoint pairs" in each]
    (by_span,) = [each for each in found if "only as a span" in each]
    assert "fc (" in by_pairs
    assert "conv" not in by_pairs
    assert "conv (" in by_span
    assert "fc" not in by_span


def test_what_is_no_more_than_chance_is_said(planted: sm.ManyComparison) -> None:
    (chance,) = [each for each in describe_findings(planted) if "chance, p" in each]
    for layer in planted.layers:
        p = planted[layer].p_value
        pairs = [
            f"{NETWORKS[i]} and {NETWORKS[j]}"
            for i, j in combinations(range(4), 2)
            if p[i, j] > 0.05
        ]
        assert f"at {layer} {len(pairs)} of 6: {', '.join(pairs[:4])}" in chance
    assert "a and b" not in chance
    assert "about 0.6 of 12" in chance
    alike = compared({"fc": {"a": draw(0), "b": draw(0), "c": noisy(draw(0), 0.2, 1)}}, nulls=19)
    (chance,) = [each for each in describe_findings(alike) if "chance, p" in each]
    assert chance.startswith("Each of the 3 areas that can be judged is more than chance")
    few = compared({"fc": {"a": draw(0), "b": draw(0), "c": draw(1)}}, nulls=3)
    assert any("too few nulls" in each for each in describe_findings(few))
    none = compared({"fc": {"a": draw(0), "b": draw(0), "c": draw(1)}})
    assert not any("p at most" in each or "p above" in each for each in describe_findings(none))


def test_layers_are_ordered_by_their_medians(planted: sm.ManyComparison) -> None:
    layers = {
        layer: {name: noisy(draw(0), noise, seed) for seed, name in enumerate("abc", 1)}
        for layer, noise in (("near", 0.2), ("far", 1.0), ("between", 0.5))
    }
    many, upper = compared(layers), np.triu_indices(3, 1)
    medians = {layer: np.median(many[layer].area[upper]) for layer in many}
    assert (
        f"most alike at layer near ({medians['near']:.2f}) and least at layer far "
        f"({medians['far']:.2f})" in describe_findings(many)[0]
    )
    # Figures that read alike have no order.
    assert describe_findings(planted)[0] == (
        "By the median area of 6 pairs, the networks are as alike at every layer (0.01)."
    )
    one = compared({"fc": {"a": draw(0), "b": draw(0), "c": draw(1)}})
    assert not any("By the median" in each for each in describe_findings(one))


def test_one_that_stands_apart_is_named_and_no_other() -> None:
    shared = draw(0)
    rows = {name: noisy(shared, 0.3, seed) for seed, name in enumerate("abc", 1)}
    many = compared({"fc": {**rows, "d": draw(9)}})
    found = [each for each in describe_findings(many) if "stands apart" in each]
    assert [each.split()[0] for each in found] == ["d"]
    area = many["fc"].area
    assert f"at most {area[3, :3].max():.2f}" in found[0]
    assert f"at least {min(area[0, 1], area[0, 2], area[1, 2]):.2f}" in found[0]


def test_nothing_is_said_of_what_was_not_compared() -> None:
    alike = np.full((4, 4), 0.5)
    alike[3, :3] = alike[:3, 3] = 0.1
    assert len(tell_apart(NETWORKS, alike)) == 1
    # Three networks have no group to stand apart from, nor where the figures read alike.
    assert tell_apart(NETWORKS[1:], alike[1:, 1:]) == []
    alike[3, :3] = alike[:3, 3] = 0.499
    assert tell_apart(NETWORKS, alike) == []
    alike[0, 1] = alike[1, 0] = np.nan
    assert tell_apart(NETWORKS, alike) == []
    assert tell_nearest(["a", "b"], np.array([[1.0, 0.7], [0.7, 1.0]]), "") == []


def test_nearest_need_not_be_mutual() -> None:
    alike = np.array([[1, 0.9, 0.2], [0.9, 1, 0.5], [0.2, 0.5, 1]])
    assert tell_nearest(["a", "b", "c"], alike, "") == [
        "Nearest to each other are a and b (0.90; of either with another 0.50).",
        "Nearest, but not mutually: to c is b (0.50, the next 0.20).",
    ]


def test_the_same_file_is_named_first_and_counts_once(planted: sm.ManyComparison) -> None:
    many = sm.ManyComparison(planted.networks, planted.comparisons, identical=[("b", "a")])
    found = describe_findings(many)
    assert found[0] == (
        "b, a are one file, byte for byte: one network. What follows counts b alone."
    )
    assert "By the median area of 3 pairs" in found[1]
    # a is the nearest of nobody, and b of nobody by being a.
    assert not any("a and " in each or " and a" in each for each in found[1:])
    assert any("Over all layers" in each and "c and d" in each for each in found)
    whole = sm.ManyComparison(planted.networks, planted.comparisons, identical=[NETWORKS])
    assert len(describe_findings(whole)) == 1


def test_areas_are_averaged_over_the_layers_that_all_pairs_have() -> None:
    rows = {name: noisy(draw(0), 0.3, seed) for seed, name in enumerate("abcd", 1)}
    full = compared({"conv": rows, "fc": rows})
    comparisons = {
        pair: sm.Comparison({"fc": each["fc"]} if "d" in pair else dict(each), None)
        for pair, each in full.comparisons.items()
    }
    many = sm.ManyComparison(NETWORKS, comparisons)
    assert find_distances(many) == pytest.approx(
        1 - np.where(np.eye(4), 1, full["fc"].area), abs=1e-12
    )
    found = describe_findings(many)
    assert any(each.startswith("Over the 1 of 2 layers that all pairs have, by") for each in found)
    none = sm.ManyComparison(
        NETWORKS[:3],
        {
            ("a", "b"): sm.Comparison({"conv": full.comparisons["a", "b"]["conv"]}, None),
            ("a", "c"): sm.Comparison({"fc": full.comparisons["a", "c"]["fc"]}, None),
        },
    )
    assert np.isnan(find_distances(none)).sum() == 6
    assert not any("over the" in each.lower() for each in describe_findings(none))


def test_along_checkpoints_each_layer_has_where_it_reaches_half() -> None:
    final, steps = draw(0), [f"step {at}" for at in range(5)]
    late = {
        step: noisy(final, noise, at)
        for at, (step, noise) in enumerate(zip(steps, (30, 30, 30, 0.3, 0.1), strict=True), 10)
    }
    early = {step: noisy(final, 0.1, at) for at, step in enumerate(steps, 20)}
    many = compared(
        {"late": {"end": final, **late}, "early": {"end": final, **early}}, reference="end"
    )
    (course,) = [each for each in describe_findings(many) if "half or more of what it is" in each]
    areas = many["late"].area[0]
    assert f"late from step 3 on ({areas[1]:.2f} to {areas[5]:.2f})" in course
    assert "early from step 0 on" in course
    assert "with the last of them, step 4" in course
    assert not any("earest" in each for each in describe_findings(many))


def test_where_unrelated_neurons_match_at_half_nothing_is_divided() -> None:
    rng = np.random.default_rng(0)
    # Means far above the spread: any neuron tells nearly all of any other.
    rows = {name: rng.standard_normal((SAMPLES, WIDTH)) + 9 for name in "abc"}
    found = describe_findings(compared({"fc": rows}))
    assert any("tells nothing there, at layer fc (3 of 3 pairs)." in each for each in found)
    assert not any("disjoint pairs" in each or "only as a span" in each for each in found)
    # One pair is enough to be in the mean of all.
    found = describe_findings(compared({"fc": {**rows, "c": draw(2)}}))
    assert any("tells nothing there, at layer fc (1 of 3 pairs)." in each for each in found)


def test_of_networks_that_are_as_near_none_is_the_nearest() -> None:
    from spanmatch.comparison.many.nearest_findings import tell_nearest

    names = ["a", "b", "c"]
    assert tell_nearest(names, np.full((3, 3), 0.3), "") == []
    alike = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, 0.3], [0.3, 0.3, 1.0]])
    (said,) = tell_nearest(names, alike, "")
    assert said.startswith("Nearest to each other are a and b (0.50")
