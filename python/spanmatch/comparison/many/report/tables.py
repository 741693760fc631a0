"""The tables of a page: networks, layers, and the interval and p-value of each area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.comparison.many.network_distances import find_distances

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.comparison.many.many_layer import ManyLayer
    from spanmatch.comparison.many.report.origin import Origin

EPS = (0.1, 0.3, 0.5)


def list_networks(
    many: ComparedNetworks, distinct: ComparedNetworks, origin: Origin
) -> list[dict[str, Any]]:
    """Return a row for each network, with its mean area over layers and other networks.

    `distinct` has one of the networks that are the same file, and its area counts for all of them.
    """
    alike = 1.0 - find_distances(distinct)
    np.fill_diagonal(alike, np.nan)
    areas = dict(zip(distinct.networks, map(_find_mean, alike), strict=True))
    copies = {name: _find_copies(many, name) for name in many.networks}
    return [
        {
            "name": name,
            "model": origin.models.get(name),
            "checkpoint": origin.checkpoints.get(name),
            "copies": copies[name],
            "area": next(areas[each] for each in (name, *copies[name]) if each in areas),
        }
        for name in many.networks
    ]


def list_layers(many: ComparedNetworks) -> list[dict[str, Any]]:
    """Return a row for each layer, over the pairs of networks that were compared there."""
    return [_describe_layer(layer) for layer in many.values()]


def list_sure(many: ComparedNetworks) -> list[dict[str, Any]]:
    """Return the area, its interval and p, for each layer and pair that has nulls or folds."""
    return [
        {
            "layer": layer.name,
            "networks": " and ".join(pair),
            "area": each.spectrum.area,
            "interval": None if each.interval is None else each.interval.area.tolist(),
            "held_out": each.held_out_residual,
            "nulls": None if each.nulls is None else _find_ends(each.nulls.area.tolist()),
            "p": None if each.nulls is None else each.nulls.p_value(each.spectrum),
        }
        for layer in many.values()
        for pair, each in layer.answers.items()
        if each.nulls is not None or each.interval is not None
    ]


def _describe_layer(layer: ManyLayer) -> dict[str, Any]:
    answers = list(layer.answers.values())
    spectra = [each.spectrum for each in answers]
    areas = [each.area for each in spectra]
    shared = [each.one_to_one for each in answers if each.one_to_one is not None]
    nulls = [each.nulls.area for each in answers if each.nulls is not None]
    judged = [each.beyond_chance for each in answers if each.beyond_chance is not None]
    intervals = [each.interval.area for each in answers if each.interval is not None]
    chance = [each.chance_level for each in answers if not np.isnan(each.chance_level)]
    return {
        "name": layer.name,
        "pairs": len(answers),
        "neurons": _format_range(size for each in spectra for size in (each.x.size, each.y.size)),
        "dead": max(part.size for each in spectra for part in each.dead),
        "samples": _format_range(each.n_samples for each in spectra),
        "ridge": _format_ridge([each.ridge for each in spectra]),
        "area": (float(np.mean(areas)), min(areas), max(areas)),
        "chance": float(np.median(chance)) if chance else None,
        "similarity": [float(np.mean([each.similarity(eps) for each in spectra])) for eps in EPS],
        "one_to_one": float(np.mean([each.area for each in shared])) if shared else None,
        "nulls": _find_ends(np.concatenate(nulls).tolist()) if nulls else None,
        "beyond": f"{sum(judged)} of {len(judged)}" if judged else None,
        "interval": max(float(high - low) for low, high in intervals) if intervals else None,
    }


def find_columns(layers: list[dict[str, Any]]) -> dict[str, bool]:
    """Tell which optional columns the table of layers needs."""
    return {
        name: any(row[name] for row in layers)
        for name in ("dead", "ridge", "one_to_one", "nulls", "beyond", "interval")
    } | {"pairs": len({row["pairs"] for row in layers}) > 1}


def _find_copies(many: ComparedNetworks, name: str) -> list[str]:
    groups = [group for group in many.identical if name in group]
    return [other for group in groups for other in group if other != name]


def _find_mean(values: Any) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size > 0 else None


def _find_ends(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _format_range(numbers: Iterable[int]) -> str:
    low, high = _find_ends(list(numbers))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _format_ridge(values: list[float | None]) -> str:
    known = sorted({f"{each:.3g}" for each in values if each is not None}, key=float)
    return known[0] if len(known) == 1 else " to ".join(known[:: max(1, len(known) - 1)])
