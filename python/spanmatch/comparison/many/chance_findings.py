"""Findings on the networks that match more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.words import count_of, list_names
from spanmatch.results.layer_answer import P

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks

LAYERS, PAIRS = 6, 4  # At most these numbers of layers and pairs are named in a sentence.


def tell_chance(many: ComparedNetworks) -> list[str]:
    """Say which pairs are not clearly more alike than chance, and where; empty without nulls."""
    told = {
        (layer, pair): answer.beyond_chance
        for layer in many.layers
        for pair, answer in many[layer].answers.items()
        if answer.nulls is not None
    }
    if not told:
        return []
    unsure = sum(each is None for each in told.values())
    if unsure == len(told):
        return [f"There are too few nulls for a p-value of {P:g}: they tell nothing for sure."]
    judged = {key: beyond for key, beyond in told.items() if beyond is not None}
    expected = P * len(judged)
    rare = (
        f"p is that of each area alone: were nothing shared, about {expected:.2g} of "
        f"{len(judged)} would be so by chance"
    )
    not_beyond = [key for key, beyond in judged.items() if not beyond]
    if not not_beyond:
        return [
            f"Each of the {count_of(len(judged), 'area')} that can be judged is more than chance, "
            f"p at most {P:g}; {rare}."
        ]
    by_layer = []
    for layer in many.layers:
        pairs = [" and ".join(pair) for name, pair in not_beyond if name == layer]
        if pairs:
            of = sum(name == layer for name, _ in judged)
            by_layer.append(f"at {layer} {len(pairs)} of {of}: {list_names(pairs, PAIRS)}")
    return [
        f"Not clearly more alike than chance, p above {P:g}: "
        f"{'; '.join(by_layer[:LAYERS])}"
        f"{f'; and at {len(by_layer) - LAYERS} more layers' if len(by_layer) > LAYERS else ''}. "
        f"Elsewhere {rare}."
    ]
