"""The figure of measures over depth, as they are and calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.words import list_names
from spanmatch.experiment.report.claim import format_range
from spanmatch.experiment.report.drawing import (
    NumberedDrawing,
    add_legend,
    begin_figure_through_depth,
)
from spanmatch.plot.style import BLUE, ORANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spanmatch.experiment.report.findings import Findings
    from spanmatch.results.calibration import CalibratedMeasure

MEASURES = {"area": ("area of the match", BLUE), "linear_cka": ("linear CKA", ORANGE)}
NAMED = 5  # At most this number of layers is named in a sentence.


def draw_calibrated(findings: Findings) -> NumberedDrawing | None:
    """Draw area and linear CKA of trained networks as they are, and calibrated.

    Return None if a pair was not calibrated: with too few nulls, or in a folder of an old version.
    """
    measured = {name: _list_measured(findings, name) for name in MEASURES}
    if not all(each for of_layer in measured.values() for each in of_layer):
        return None
    figure, axes = begin_figure_through_depth(findings)
    depth = np.arange(len(findings.layers))
    numbers: list[dict[str, Any]] = []
    for name, (label, colour) in MEASURES.items():
        values, scores = (_collect(measured[name], what) for what in ("value", "score"))
        axes.plot(
            depth, values.mean(axis=1), color=colour, linewidth=1.2, linestyle="--", label=label
        )
        axes.plot(
            depth, scores.mean(axis=1), color=colour, linewidth=2.2, label=f"{label}, calibrated"
        )
        axes.plot(depth, scores, color=colour, marker="o", ms=4, linestyle="none", alpha=0.6)
        numbers += [
            {
                "layer": layer,
                "networks": each.name,
                "measure": name,
                "value": found.value,
                "threshold": found.threshold,
                "score": found.score,
                "p": found.p_value,
            }
            for layer, of_layer in zip(findings.layers, measured[name], strict=True)
            for each, found in zip(findings.of("trained"), of_layer, strict=True)
        ]
    axes.set_ylabel("similarity")
    add_legend(figure, 2)
    return NumberedDrawing(
        "calibrated",
        "What is left above chance",
        "Dashed as it was measured, firm calibrated: max(0, (value - τ) / (1 - τ)), with τ what "
        f"nulls reach at the level {_find_level(findings):g}, so that 0 is no more than chance and "
        "1 the largest there is. Dots are pairs of networks, lines means over pairs. "
        + " ".join(
            _say_what_is_left(findings, label, measured[name])
            for name, (label, _) in MEASURES.items()
        ),
        figure,
        numbers,
    )


def _list_measured(findings: Findings, measure: str) -> list[list[CalibratedMeasure]]:
    """Return for each layer the measure of every pair; empty for a layer if one pair lacks it."""
    found = []
    for layer in findings.layers:
        calibrations = [each.calibration for each in findings.answers(layer)]
        known = [each[measure] for each in calibrations if each is not None and measure in each]
        found.append(known if len(known) == len(calibrations) else [])
    return found


def _find_level(findings: Findings) -> float:
    """Return the level of all calibrations."""
    first = findings.answers(findings.layers[0])[0].calibration
    assert first is not None
    return first.level


def _collect(measured: Sequence[Sequence[CalibratedMeasure]], what: str) -> NDArray[np.float64]:
    return np.array([[getattr(each, what) for each in of_layer] for of_layer in measured])


def _say_what_is_left(
    findings: Findings, label: str, measured: Sequence[Sequence[CalibratedMeasure]]
) -> str:
    """Return a sentence on how much of a measure is above chance, and in which layers none is."""
    values, scores = (_collect(measured, what).mean(axis=1) for what in ("value", "score"))
    known = ~np.isnan(scores)
    nothing = [
        layer
        for layer, of_layer in zip(findings.layers, measured, strict=True)
        if all(each.score == 0.0 for each in of_layer)
    ]
    none = f", and nothing in {list_names(nothing, NAMED)}" if nothing else ""
    return (
        f"Of the {label}, {format_range(values[known])} over the layers, chance leaves "
        f"{format_range(scores[known])}{none}."
    )
