"""The claims of the paper as questions to this experiment, answered with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.experiment.report.claim import Claim, Verdict, format_range, warn_of_one_pair
from spanmatch.experiment.report.drawing import EPS
from spanmatch.experiment.report.single_neurons import ask_about_single_neurons
from spanmatch.results.layer_answer import P

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spanmatch.experiment.report.findings import Findings

LOCAL = 0.1
"""Simple matches are local if their median size is at most this part of the maximum match."""
TREND = 0.5
"""There is a trend if the rank correlation with depth is at least this."""
MOST = 0.9


def answer_claims(findings: Findings) -> list[Claim]:
    """Return every claim that the experiment can answer."""
    return [
        *ask_about_chance(findings),
        *ask_about_convolutions(findings),
        *ask_about_single_neurons(findings),
        *ask_about_locality(findings),
        *ask_about_depth(findings),
        *ask_about_training(findings),
    ]


def ask_about_chance(findings: Findings) -> list[Claim]:
    """Ask which layers match more than unrelated neurons would."""
    more = [layer for layer in findings.layers if is_above_chance(findings, layer)]
    others = [layer for layer in findings.layers if layer not in more]
    verdict: Verdict = "yes" if not others else "in part" if more else "unclear"
    said = _answer_by_nulls if _has_nulls(findings) else _answer_by_level
    return [
        Claim(
            "Do layers match more than unrelated neurons would?",
            verdict,
            said(findings, more, others),
        )
    ]


def is_above_chance(findings: Findings, layer: str) -> bool:
    """Tell whether a layer matches more than chance in every pair.

    With nulls, the p-value of its area must be at most 0.05. Without, nearly all living neurons
    must be below their chance level.
    """
    if _has_nulls(findings):
        return all(each.beyond_chance for each in findings.answers(layer))
    parts = _list_below_chance(findings, layer)
    return parts.size == len(findings.of("trained")) and bool(parts.min() >= MOST)


def _has_nulls(findings: Findings) -> bool:
    answers = [each for layer in findings.layers for each in findings.answers(layer)]
    return all(each.nulls is not None for each in answers)


def _answer_by_nulls(findings: Findings, more: Sequence[str], others: Sequence[str]) -> str:
    p = {layer: _list_p_values(findings, layer) for layer in findings.layers}
    rest = "; ".join(f"{layer} p = {format_range(p[layer])}" for layer in others)
    least = max(_find_least_p(findings, layer) for layer in findings.layers)
    too_few = f" Nulls are too few: no p can be below {least:.2g}." if least > P else ""
    return (
        f"In {len(more)} of {len(findings.layers)} layers the area's p-value is at most {P:g} in "
        f"every pair.{f' Not in the others: {rest}.' if rest else ''}{too_few} Each null shifts "
        "the inputs of one network circularly against the other's, which keeps means, smoothness "
        "and positions, and breaks what both tell of an input. Untrained networks "
        "pass it too, as they see the same inputs: what training adds, the controls show."
    )


def _find_least_p(findings: Findings, layer: str) -> float:
    answers = findings.answers(layer)
    return max(each.nulls.least_p for each in answers if each.nulls is not None)


def _list_p_values(findings: Findings, layer: str) -> NDArray[np.float64]:
    answers = findings.answers(layer)
    return np.array(
        [each.nulls.p_value(each.spectrum) for each in answers if each.nulls is not None]
    )


def _answer_by_level(findings: Findings, more: Sequence[str], others: Sequence[str]) -> str:
    parts = {layer: _list_below_chance(findings, layer) for layer in others}
    below = [f"{layer} {format_range(part, percent=True)}" for layer, part in parts.items()]
    rest = f" Below it in the others: {'; '.join(below)}." if below else ""
    return (
        f"In {len(more)} of {len(findings.layers)} layers at least {MOST:.0%} of the living "
        f"neurons are below their own chance level in every pair.{rest} The level takes "
        "samples for independent. Positions of an image are not, so the true level of layers of "
        "maps lies lower."
    )


def ask_about_convolutions(findings: Findings) -> list[Claim]:
    """Ask whether convolutional layers match at the ε at which classifier layers do."""
    maps = [layer for layer in findings.layers if findings.is_map(layer)]
    vectors = [layer for layer in findings.layers if not findings.is_map(layer)]
    if not maps or not vectors:
        return []
    convolution, classifier = (_pool_curves(findings, layers) for layers in (maps, vectors))
    reached = np.flatnonzero(classifier.mean(axis=0) >= 0.5)
    question = "Do convolutional layers match where the classifier's layers do?"
    if reached.size == 0:
        return [Claim(question, "unclear", "Half of the classifier's neurons match at no ε.")]
    at = int(reached[0])
    conv, fully = convolution[:, at], classifier[:, at]
    chance = min(findings.chance(layer) for layer in findings.layers)
    if EPS[at] >= chance:
        verdict: Verdict = "unclear"
        said = f"in some layer unrelated neurons match from {chance:.2f} on"
    elif conv.max() < fully.min():
        verdict = "no"
        said = "they match less, in every pair"
    elif conv.min() >= fully.max():
        verdict, said = "yes", "they match as much or more, in every pair"
    else:
        verdict, said = "unclear", "the pairs differ, and their ranges overlap"
    return [
        Claim(
            question,
            verdict,
            f"At ε = {EPS[at]:.2f}, where half of the classifier's neurons match "
            f"({format_range(fully, percent=True)}), of the convolutional "
            f"{format_range(conv, percent=True)} do: {said}.{warn_of_one_pair(findings)}",
        )
    ]


def ask_about_locality(findings: Findings) -> list[Claim]:
    """Ask whether simple matches are small, or hold much of the maximum match."""
    question = "Are simple matches local, a few neurons each?"
    lines, parts = [], []
    for eps in findings.config.eps:
        found = [
            at
            for each in findings.of("trained")
            for layer in findings.layers
            for at in each.details[layer].sizes
            if at.eps == eps and at.simple
        ]
        simple = [size for at in found for size in at.simple]
        cores = [size for at in found for size in at.core]
        here = [size / len(at.core) for at in found for size in at.simple]
        if simple:
            parts.append(float(np.median(here)))
            lines.append(
                f"at ε = {eps:g} the median of {len(simple)} simple matches has "
                f"{np.median(simple):g} neurons, {parts[-1]:.0%} of its maximum match, the largest "
                f"{max(simple)}; the median core of a neuron {np.median(cores):g}"
            )
    if not parts:
        return [Claim(question, "unclear", "At no chosen ε below chance does anything match.")]
    if max(parts) <= LOCAL:
        verdict: Verdict = "yes"
    else:
        verdict = "no" if min(parts) > LOCAL else "in part"
    return [
        Claim(
            question,
            verdict,
            f"Over all layers and pairs: {'; '.join(lines)}. Called local where the median holds "
            f"up to {LOCAL:.0%} of its match. Another cover may have other sizes; cores have one.",
        )
    ]


def ask_about_depth(findings: Findings) -> list[Claim]:
    """Ask whether similarity rises or falls with depth."""
    if len(findings.layers) < 3:
        return []
    areas = np.array([findings.areas("trained", layer) for layer in findings.layers]).T
    means = areas.mean(axis=0)
    trends = np.array([_correlate_ranks(pair) for pair in areas])
    if trends.min() >= TREND:
        verdict: Verdict = "yes"
        said = "it rises, in every pair"
    elif trends.max() <= -TREND:
        verdict, said = "yes", "it falls, in every pair"
    else:
        verdict, said = "unclear", "there is no trend that all pairs share"
    return [
        Claim(
            "Does similarity change with depth?",
            verdict,
            f"Rank correlation of area and depth {format_range(trends)}: {said}. From "
            f"{findings.layers[0]} with an area of {format_range(areas[:, 0])} to "
            f"{findings.layers[-1]} with {format_range(areas[:, -1])}; on the way the least is "
            f"{means.min():.2f} at {findings.layers[int(means.argmin())]}."
            f"{_warn_of_chance(findings)}{warn_of_one_pair(findings)}",
        )
    ]


def ask_about_training(findings: Findings) -> list[Claim]:
    """Ask whether trained networks are more alike than untrained ones."""
    if not findings.of("untrained"):
        return []
    more, less = [], []
    for layer in findings.layers:
        after, before = findings.areas("trained", layer), findings.areas("untrained", layer)
        if after.min() > before.max():
            more.append(layer)
        elif after.max() < before.min():
            less.append(layer)
    if len(more) == len(findings.layers):
        verdict: Verdict = "yes"
    elif more:
        verdict = "in part"
    else:
        verdict = "no" if less else "unclear"
    return [
        Claim(
            "Are trained networks more alike than untrained ones?",
            verdict,
            f"By the area, of {len(findings.layers)} layers {_count_layers(more)} more alike in "
            f"every trained pair than in any untrained one, and {_count_layers(less)} less alike; "
            f"of the rest the ranges overlap.{_warn_of_chance(findings)}"
            f"{warn_of_one_pair(findings)}",
        )
    ]


def _list_below_chance(findings: Findings, layer: str) -> NDArray[np.float64]:
    """Return for each pair the part of its living neurons below their own chance level."""
    parts = []
    for spectrum in findings.spectra("trained", layer):
        critical = np.concatenate([spectrum.x, spectrum.y])
        chance = np.concatenate(spectrum.chance)
        living = ~np.isnan(chance)
        if living.any():
            parts.append(float(np.mean(critical[living] < chance[living])))
    return np.array(parts)


def _pool_curves(findings: Findings, layers: Sequence[str]) -> NDArray[np.float64]:
    """Return the mean of s(ε) over layers, as an array pairs × ε."""
    curves = np.array([findings.similarity("trained", layer, EPS) for layer in layers])
    return np.asarray(curves.mean(axis=0))


def _correlate_ranks(values: NDArray[np.float64]) -> float:
    """Return Spearman's correlation of values with their positions; 0 if all are equal."""
    # Ties get the mean of their ranks.
    ranks = np.array([np.mean(np.flatnonzero(np.sort(values) == value)) for value in values])
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(values)), ranks)[0, 1])


def _count_layers(layers: Sequence[str]) -> str:
    if not layers:
        return "none is"
    return f"{len(layers)} ({', '.join(layers)}) {'is' if len(layers) == 1 else 'are'}"


def _warn_of_chance(findings: Findings) -> str:
    doubtful = [layer for layer in findings.layers if not is_above_chance(findings, layer)]
    if not doubtful:
        return ""
    return f" Areas say little where layers match about as by chance: {', '.join(doubtful)}."
