"""The figures of a report, in their order there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.experiment.report.calibrated import draw_calibrated
from spanmatch.experiment.report.curves import draw_heat_map, draw_mean_curves
from spanmatch.experiment.report.depth import draw_area, draw_measures
from spanmatch.experiment.report.match_sizes import draw_sizes_by_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.experiment.report.drawing import NumberedDrawing
    from spanmatch.experiment.report.findings import Findings


def draw_figures(findings: Findings) -> list[NumberedDrawing]:
    """Draw every figure for which there are numbers."""
    figures: tuple[Callable[[Findings], NumberedDrawing | None], ...] = (
        draw_mean_curves,
        draw_area,
        draw_calibrated,
        draw_heat_map,
        draw_sizes_by_layer,
        draw_measures,
    )
    drawn = (draw(findings) for draw in figures)
    return [drawing for drawing in drawn if drawing is not None]
