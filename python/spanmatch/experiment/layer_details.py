"""Further results for a layer: measures, and sizes of simple matches and cores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch.experiment.records import LayerDetails, Sizes
from spanmatch.solve.measures import measures
from spanmatch.solve.structure import simple_matches, support
from spanmatch.solve.undersampled import silence_undersampled_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.pair.pair import ActivationPair


def find_layer_details(
    comparison: Comparison, eps: Sequence[float], report: Callable[[int, int], object] | None
) -> dict[str, LayerDetails]:
    """Measure every layer of a comparison, and take its maximum match apart.

    The match is taken apart at each ε below the layer's median chance level. From that level on,
    unrelated neurons match too, and sizes mean nothing.
    """
    layers = {}
    with silence_undersampled_warnings():  # The report warns about each layer.
        for done, layer in enumerate(comparison.layers, start=1):
            pair, chance = comparison.pair(layer), comparison.solved(layer).chance_level
            how = {"center": comparison.center, "ridge": comparison[layer].ridge}
            sizes = [_find_sizes(pair, each, how) for each in eps if each < chance]
            layers[str(layer)] = LayerDetails(measures(pair), tuple(sizes))
            if report is not None:
                report(done, len(comparison.layers))
    return layers


def _find_sizes(pair: ActivationPair, eps: float, how: dict[str, Any]) -> Sizes:
    simple = simple_matches(pair, eps=eps, **how)
    cores = support(pair, eps=eps, **how).matrix.sum(axis=0)
    return Sizes(
        eps,
        tuple(sorted((len(match) for match in simple), reverse=True)),
        tuple(sorted(cores.tolist(), reverse=True)),
    )
