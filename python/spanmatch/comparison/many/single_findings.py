"""Findings on what networks share neuron by neuron, and what they share only as a span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import count_of, list_names

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.comparison.many.many_layer import ManyLayer

EPS = 0.5
NAMED = 8  # At most this number of layers is named in a sentence.
LEAST = 0.05  # If a smaller part of the neurons matches, a layer is not judged.


def tell_single_neurons(many: ComparedNetworks) -> list[str]:
    """Say at which layers half or more of s(0.5) is shared one by one, or only as a span.

    Layers in which ε = 0.5 is at or above the chance level of a pair are listed apart.
    """
    by_pairs, by_span, chance = [], [], []
    for layer in many.values():
        figures = _find_means(layer)
        if figures is None:
            continue
        at_chance, whole, pairs, near = figures
        if at_chance > 0:
            chance.append(f"{layer.name} ({at_chance} of {count_of(len(layer.answers), 'pair')})")
        elif whole >= LEAST and pairs >= whole / 2:
            by_pairs.append(f"{layer.name} ({pairs:.2f} of {whole:.2f})")
        elif whole >= LEAST and whole - near >= whole / 2:
            by_span.append(f"{layer.name} ({whole - near:.2f} of {whole:.2f})")
    found = []
    if by_pairs:
        found.append(
            f"At ε = {EPS:g}, half or more of what is shared is in disjoint pairs of single "
            f"neurons, in the mean over pairs of networks, at layer {list_names(by_pairs, NAMED)}."
        )
    if by_span:
        found.append(
            f"At ε = {EPS:g}, half or more of what is shared has no single partner and is shared "
            f"only as a span at layer {list_names(by_span, NAMED)}."
        )
    if chance:
        found.append(
            f"Unrelated neurons match at ε = {EPS:g} too in some pairs of networks or in all, so "
            f"that their mean tells nothing there, at layer {list_names(chance, NAMED)}."
        )
    return found


def _find_means(layer: ManyLayer) -> tuple[int, float, float, float] | None:
    """Return how many pairs are at chance, and the means of s, s1 and near; None if not known."""
    answers = layer.answers.values()
    known = [each.one_to_one for each in answers if each.one_to_one is not None]
    if len(known) < len(answers):
        return None
    levels = [each.chance_level for each in answers if not np.isnan(each.chance_level)]
    return (
        sum(level <= EPS for level in levels) if levels else len(answers),
        float(np.mean([each.spectrum.similarity(EPS) for each in answers])),
        float(np.mean([each.similarity(EPS) for each in known])),
        float(np.mean([each.near(EPS) for each in known])),
    )
