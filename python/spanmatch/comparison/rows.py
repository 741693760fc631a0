"""A comparison as rows of numbers, for pandas and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.comparison.keys import Key, split_key

if TYPE_CHECKING:
    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.one_to_one import OneToOne

EPS = tuple(tenths / 10 for tenths in range(1, 10))


def list_rows(layers: ComparedLayers) -> list[dict[str, Any]]:
    """Return a row of numbers for each layer, or each pair of layers."""
    return [_list_figures(layers, key) for key in layers]


def _list_figures(layers: ComparedLayers, key: Key) -> dict[str, Any]:
    spectrum, answer = layers[key], layers.solved(key)
    dead_x, dead_y = spectrum.dead
    a, b = split_key(key)
    return {
        **({"layer_a": a, "layer_b": b} if layers.all_pairs else {"layer": a}),
        "n_x": spectrum.x.size,
        "n_y": spectrum.y.size,
        "dead_x": dead_x.size,
        "dead_y": dead_y.size,
        "samples": spectrum.n_samples,
        "inputs": layers.inputs,
        "chance": spectrum.chance_level,
        "area": spectrum.area,
        "corrected_area": spectrum.corrected_area,
        **({} if spectrum.ridge is None else {"ridge": spectrum.ridge}),
        **_list_nulls_and_interval(answer),
        **{f"s({eps:g})": spectrum.similarity(eps) for eps in EPS},
        **_list_one_to_one(answer.one_to_one),
        "note": layers.notes.get(key, ""),
    }


def _list_nulls_and_interval(answer: LayerAnswer) -> dict[str, Any]:
    """Return the results of nulls and folds, if there are any."""
    found: dict[str, Any] = {}
    if (nulls := answer.nulls) is not None:
        found["null_chance"] = nulls.chance_level
        found["null_area"] = float(np.median(nulls.area))
        found["p_value"] = nulls.p_value(answer.spectrum)
    if answer.interval is not None:
        found["area_low"], found["area_high"] = answer.interval.area.tolist()
    if answer.held_out is not None:
        found["held_out"] = answer.held_out_residual
    return found


def _list_one_to_one(found: OneToOne | None) -> dict[str, Any]:
    """Return the one-to-one results, if they are known."""
    if found is None:
        return {}
    return {
        "one_to_one_area": found.area,
        **{f"s1({eps:g})": found.similarity(eps) for eps in EPS},
        **{f"near({eps:g})": found.near(eps) for eps in EPS},
    }
