"""The comparison of two networks in the other order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.answered import make_comparison
from spanmatch.comparison.many.network_sums import PairsOfNetworks
from spanmatch.results.exchanged import exchange_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.many.network_sums import NetworkSums


def exchange_comparison(
    comparison: Comparison, sums: Mapping[Key, NetworkSums] | None, a: str, b: str
) -> Comparison:
    """Turn the comparison of b and a into the comparison of a and b.

    Nulls become those of the opposite circular shifts. Calibrations are dropped; `calibrated`
    computes them again.
    """
    answers = {key: exchange_answer(comparison.solved(key)) for key in comparison}
    return make_comparison(
        answers,
        None if sums is None else PairsOfNetworks(sums, a, b, tuple(comparison)),
        center=comparison.center,
        notes=comparison.notes,
        inputs=comparison.inputs,
        left_out=comparison.left_out,
    )
