"""The sentence with which a page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import count_of

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks


def write_headline(many: ComparedNetworks) -> str:
    """Return a sentence on how alike the networks are, and how many areas are above chance."""
    medians = {
        layer: float(np.median([each.spectrum.area for each in many[layer].answers.values()]))
        for layer in many.layers
    }
    most, least = max(medians, key=medians.__getitem__), min(medians, key=medians.__getitem__)
    with_whom = "" if many.reference is None else f" with {many.reference}"
    over = f"Over {count_of(len(many.comparisons), 'pair')} of networks"
    area = f"the median area under s(ε){with_whom}, 1 where every neuron matches exactly,"
    if f"{medians[least]:.2f}" == f"{medians[most]:.2f}":
        where = f"layer {least}" if len(medians) == 1 else "every layer"
        told = f"{area} is {medians[most]:.2f} at {where}"
    else:
        told = (
            f"{area} runs from {medians[least]:.2f} at layer {least} to {medians[most]:.2f} at "
            f"layer {most}, the least and the most of {count_of(len(medians), 'layer')}"
        )
    return f"{over}, {told}{_tell_chance(many)}."


def _tell_chance(many: ComparedNetworks) -> str:
    answers = [each for layer in many.values() for each in layer.answers.values()]
    judged = [each.beyond_chance for each in answers if each.beyond_chance is not None]
    if not judged:
        return ""
    return f"; {sum(judged)} of {count_of(len(judged), 'area')} are clearly more than chance"
