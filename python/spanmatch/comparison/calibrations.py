"""The calibration of every layer: kept, or computed from pairs with nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.keys import label
from spanmatch.results.calibration import check_level
from spanmatch.solve.layer_answer import calibrate_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.calibration import Calibration

WAY_OUT = (
    "compare with `nulls=39` and `calibrate=True`, or build the comparison from pairs that keep "
    "nulls, ActivationPair(nulls=39)"
)


def find_calibrations(
    layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None, level: float
) -> dict[Key, Calibration]:
    """Return the calibration of every layer at a level, or raise ValueError if one has no nulls."""
    kept = layers.calibrations
    # Errors that are known in advance are raised before the first layer is computed.
    for key in layers:
        if key in kept:
            check_level(level, kept[key].n_distinct)
        elif pairs is None:
            raise ValueError(
                f"the comparison keeps neither a calibration nor a pair of {label(key)}: {WAY_OUT}"
            )
        elif key in layers.nulls:
            check_level(level, layers.nulls[key].n_distinct)
    found = {}
    for key in layers:
        if key in kept:
            found[key] = kept[key].at_level(level)
            continue
        assert pairs is not None
        pair = pairs[key]
        if pair.n_nulls == 0:
            raise ValueError(
                f"the comparison keeps no calibration of {label(key)}, and its pair no nulls: "
                f"{WAY_OUT}"
            )
        found[key] = calibrate_answer(layers.solved(key), pair, center=layers.center, level=level)
    return found
