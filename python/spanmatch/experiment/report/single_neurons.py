"""The claim on whether layers are shared neuron by neuron, or only as a span."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.experiment.report.claim import Claim, Verdict, format_range, warn_of_one_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spanmatch.experiment.report.findings import Findings

QUESTION = "Is what is shared, shared neuron by neuron?"
MOST, HALF = 0.9, 0.5
"""The answer is yes if s1 is at least `MOST` of s, and no if near is less than `HALF` of s, in
every pair of networks."""


def ask_about_single_neurons(findings: Findings) -> list[Claim]:
    """Ask how much of s(ε) is in disjoint pairs of neurons, and how much has a single partner."""
    if not all(findings.one_to_one(layer) for layer in findings.layers):
        return [
            Claim(
                QUESTION,
                "unclear",
                "That is not known: the comparisons are of a version that did not look for pairs "
                "of neurons. The command that made them does them anew with --force.",
            )
        ]
    # The residual of two equal neurons: at a smaller ε no two neurons can be a pair.
    floor = math.sqrt(_get_ridge(findings) / (1 + _get_ridge(findings)))
    if max(findings.config.eps) <= floor:
        return [
            Claim(
                QUESTION,
                "unclear",
                f"At this ridge two equal neurons leave a residual of {floor:.2f}, and no chosen ε "
                "is above that: give larger ones.",
            )
        ]
    chance = {layer: findings.chance(layer) for layer in findings.layers}
    below = {
        eps: [each for each in chance if eps < chance[each]]
        for eps in findings.config.eps
        if eps > floor
    }
    if not any(below.values()):
        return [
            Claim(
                QUESTION, "unclear", "No chosen ε is below chance in any layer: give smaller ones."
            )
        ]
    # The ε that is below chance in most layers; of several the largest, where most is shared.
    eps = max(below, key=lambda each: (len(below[each]), each))
    return [_answer_at(findings, eps, below[eps])]


def _answer_at(findings: Findings, eps: float, layers: Sequence[str]) -> Claim:
    """Answer at an ε, for the layers in which it is below chance."""
    shares = {layer: _list_shares(findings, layer, eps) for layer in layers}
    single, near, whole = np.mean(list(shares.values()), axis=0)
    where = "all layers" if len(layers) == len(findings.layers) else ", ".join(layers)
    begin = f"At ε = {eps:g}, the largest chosen one that is below chance in {where},"
    if whole.min() == 0:
        return Claim(QUESTION, "unclear", f"{begin} no neuron matches in some pair of networks.")
    if np.all(single >= MOST * whole):
        verdict: Verdict = "yes"
    else:
        verdict = "no" if np.all(near < HALF * whole) else "in part"
    return Claim(
        QUESTION,
        verdict,
        f"{begin} {format_range(whole, percent=True)} of a layer's neurons match as a span (s), "
        f"{format_range(near, percent=True)} have a single partner within ε (near), and "
        f"{format_range(single, percent=True)} stand in disjoint pairs (s1): means over layers, by "
        f"pair of networks. So of what is shared {format_range(single / whole, percent=True)} is "
        f"shared one by one, {format_range((near - single) / whole, percent=True)} one by one but "
        f"repeated, and {format_range(1 - near / whole, percent=True)} only in another basis"
        f"{_compare_layers(shares)}. Two neurons within this ε have a cosine of at least "
        f"{_find_least_cosine(findings, eps):.2f}, with either sign."
        f"{_tell_chance(findings, eps, layers)} "
        "The paper's own finding is that single neurons do not correspond while spans in part do. "
        f"Called yes where s1 is at least {MOST:.0%} of s in every pair of networks, and no where "
        f"near is less than half of it in every one.{warn_of_one_pair(findings)}",
    )


def _get_ridge(findings: Findings) -> float:
    return findings.config.ridge or 0.0


def _find_least_cosine(findings: Findings, eps: float) -> float:
    """Return the least cosine of two neurons within ε: ε² = 1 - cos² / (1 + λ)."""
    return math.sqrt((1 - eps**2) * (1 + _get_ridge(findings)))


def _list_shares(findings: Findings, layer: str, eps: float) -> NDArray[np.float64]:
    """Return s1, near and s of a layer, as an array 3 × pairs of networks."""
    pairs = findings.one_to_one(layer)
    return np.array(
        [
            [each.similarity(eps) for each in pairs],
            [each.near(eps) for each in pairs],
            findings.similarity("trained", layer, eps),
        ]
    )


def _compare_layers(shares: Mapping[str, NDArray[np.float64]]) -> str:
    """Return a clause on the layers in which s1 is the largest and the smallest part of s."""
    parts = {
        layer: float(single.sum() / whole.sum())
        for layer, (single, _, whole) in shares.items()
        if whole.sum() > 0
    }
    if len(parts) < 2:
        return ""
    most, least = (pick(parts, key=parts.__getitem__) for pick in (max, min))
    return (
        f"; one by one it is most at {most} ({parts[most]:.0%}) and least at {least} "
        f"({parts[least]:.0%})"
    )


def _tell_chance(findings: Findings, eps: float, layers: Sequence[str]) -> str:
    """Return a sentence on chance: pairs in the nulls hold no more neurons than spans do."""
    nulls = {layer: [each.nulls for each in findings.answers(layer)] for layer in layers}
    largest = [
        max(float(each.similarity(eps).max()) for each in of_layer if each is not None)
        for of_layer in nulls.values()
        if None not in of_layer
    ]
    if len(largest) < len(layers):
        return " How many pairs are so by chance was not measured: that takes nulls."
    return (
        f" By chance: the largest nulls match {np.mean(largest):.0%} as a span, a mean over "
        "layers, and at most that one by one."
    )
