"""Comparisons of many networks, of rows that are known."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch as sm
from spanmatch.comparison.many.network_sums import NetworkSums, PairsOfNetworks
from spanmatch.solve.layer_answer import answer_layer

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_many(
    count: int = 4,
    layers: tuple[str, ...] = ("conv", "fc"),
    reference: str | None = None,
    ridge: float | None = None,
    names: Sequence[str] = (),
    **kept: int,
) -> sm.ManyComparison:
    """Networks of which 0 and 1 share their neurons, and all others nothing; one is dead."""
    rng = np.random.default_rng(0)
    networks = list(names) or [f"net {at}" for at in range(count)]
    sums: dict[Any, NetworkSums] = {}
    for layer in layers:
        acts = sm.ActivationSet(networks, **kept)  # type: ignore[arg-type]
        rows = {name: rng.standard_normal((60, 3)) for name in networks}
        rows[networks[1]] = rows[networks[0]] @ rng.standard_normal((3, 3))
        rows[networks[-1]][:, 2] = 0.0
        acts.update(rows)
        sums[layer] = NetworkSums([acts])
    comparisons = {}
    pairs = list(combinations(networks, 2))
    if reference is not None:
        pairs = [(reference, name) for name in networks if name != reference]
    for a, b in pairs:
        told = {
            key: answer_layer(sums[key].pair(a, b), center=False, ridge=ridge) for key in layers
        }
        comparisons[a, b] = sm.Comparison(
            {key: each.spectrum for key, each in told.items()},
            PairsOfNetworks(sums, a, b, layers),
            inputs=60,
            nulls={key: each.nulls for key, each in told.items() if each.nulls},
            intervals={key: each.interval for key, each in told.items() if each.interval},
            one_to_one={key: each.one_to_one for key, each in told.items() if each.one_to_one},
            held_out={key: each.held_out for key, each in told.items() if each.held_out},
        )
    return sm.ManyComparison(networks, comparisons, sums, reference=reference)
