"""Findings of a comparison of many networks, in sentences with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.shown_text import show_name
from spanmatch.base.words import count_of, list_names
from spanmatch.comparison.many.chance_findings import tell_chance
from spanmatch.comparison.many.distinct_networks import choose_original, leave_out_copies
from spanmatch.comparison.many.nearest_findings import tell_apart, tell_nearest
from spanmatch.comparison.many.network_distances import find_distances, list_shared_layers
from spanmatch.comparison.many.single_findings import tell_single_neurons

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks

NAMED = 8  # At most this number of layers is named in a sentence.
FEWEST_OTHERS = 3  # The fewest networks beside the reference for which a course is described.


def describe_findings(many: ComparedNetworks) -> list[str]:
    """Return the main results, in one or a few sentences each.

    Networks whose files are equal byte for byte count as one.
    """
    found = [
        f"{', '.join(group)} are one file, byte for byte: one network. What follows counts "
        f"{choose_original(group, many.reference)} alone."
        for group in many.identical
    ]
    distinct = leave_out_copies(many)
    told = found if distinct is None else [*found, *_tell_distinct(distinct)]
    return list(map(show_name, told))


def _tell_distinct(many: ComparedNetworks) -> list[str]:
    if many.reference is None:
        last = many.layers[-1]
        networks = [
            *tell_nearest(many.networks, 1.0 - find_distances(many), _name_shared(many)),
            *(
                tell_nearest(many.networks, many[last].area, f"at the last layer, {last},")
                if len(many) > 1
                else []
            ),
            *tell_apart(many.networks, 1.0 - find_distances(many)),
        ]
    else:
        networks = _tell_course(many, many.reference)
    return [
        *_tell_layers(many),
        *networks,
        *tell_single_neurons(many),
        *tell_chance(many),
    ]


def _name_shared(many: ComparedNetworks) -> str:
    """Say over which layers the areas are averaged."""
    shared = len(list_shared_layers(many))
    if len(many) == 1:
        return ""
    which = "all layers"
    if shared < len(many):
        which = f"the {shared} of {len(many)} layers that all pairs have"
    return f"over {which}, by the mean of the areas,"


def _tell_layers(many: ComparedNetworks) -> list[str]:
    """Say at which of the layers that all pairs have the networks are most and least alike."""
    whole = list_shared_layers(many)
    if len(whole) < 2:
        return []
    medians = {
        layer: float(np.median([each[layer].area for each in many.comparisons.values()]))
        for layer in whole
    }
    most, least = max(medians, key=medians.__getitem__), min(medians, key=medians.__getitem__)
    pairs = f"By the median area of {count_of(len(many.comparisons), 'pair')}, the networks are"
    if f"{medians[most]:.2f}" == f"{medians[least]:.2f}":
        return [f"{pairs} as alike at every layer ({medians[most]:.2f})."]
    return [
        f"{pairs} most alike at layer {most} ({medians[most]:.2f}) and least at layer {least} "
        f"({medians[least]:.2f}); layers of other widths reach other areas by chance."
    ]


def _tell_course(many: ComparedNetworks, reference: str) -> list[str]:
    """Say for each layer from which network on the area stays at half or more of the last area."""
    others = [name for name in many.networks if name != reference]
    if len(others) < FEWEST_OTHERS:
        return []
    at, places = many.networks.index(reference), [many.networks.index(name) for name in others]
    told = []
    for layer in many.layers:
        areas = many[layer].area[at][places]
        if np.isnan(areas).any() or areas[-1] <= 0.0:
            continue
        # Since an area may rise and fall again, take the network from which on it stays above.
        below = np.flatnonzero(areas < areas[-1] / 2)
        since = others[below[-1] + 1] if below.size > 0 else others[0]
        told.append(f"{layer} from {since} on ({areas[0]:.2f} to {areas[-1]:.2f})")
    if not told:
        return []
    return [
        f"In the order of the networks, the area with {reference} stays at half or more of what "
        f"it is with the last of them, {others[-1]}: layer {list_names(told, NAMED)}; in brackets "
        "the area with the first and with the last."
    ]
