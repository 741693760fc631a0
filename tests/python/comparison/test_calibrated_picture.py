"""Pictures of calibrated measures: what is drawn, what is chance alone, and what is below 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from comparisons import calibration
from spanmatch.comparison.calibrated_comparison import CalibratedComparison

pytest.importorskip("matplotlib")
from spanmatch.comparison.calibrated_picture import BELOW, GREY

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.comparison.keys import Key

LAYERS = ["conv", "fc"]


@pytest.mark.parametrize("count", [1, 2, 30])
@pytest.mark.parametrize("all_pairs", [False, True])
def test_the_picture(count: int, all_pairs: bool, tmp_path: Path) -> None:
    names = [f"layer.{at}" for at in range(count)]
    keys: list[Key] = [(a, b) for a in names for b in names[:3]] if all_pairs else [*names]
    measures = [f"measure {at}" for at in range(5)]
    rng = np.random.default_rng(0)
    calibrated = CalibratedComparison(
        {
            key: calibration(rng.random(5).tolist(), [0.2, 0.2, 0.2, 1.0, np.nan], measures)
            for key in keys
        }
    )
    figure: Any = calibrated.plot(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 0
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    if all_pairs:
        assert titles == [
            f"{name}, {how}" for name in measures for how in ("as it is", "calibrated")
        ]
        shown = figure.axes[1].images[0].get_array()
        score = calibrated.score(measures[0])
        assert np.array_equal(np.ma.getmaskarray(shown), score == 0.0)
        assert shown.compressed().tolist() == score[score > 0].tolist()
    else:
        assert titles == measures
        _, value, score, nothing = figure.axes[0].get_lines()
        assert value.get_xdata().tolist() == calibrated.value(measures[0]).tolist()
        assert score.get_xdata().tolist() == calibrated.score(measures[0]).tolist()
        assert len(nothing.get_xdata()) == (calibrated.score(measures[0]) == 0.0).sum()
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg or \.pdf"):
        calibrated.plot(tmp_path / "picture.txt")


def with_debiased(values: list[float], *, all_pairs: bool) -> CalibratedComparison:
    """Layers whose first measure has these values, and whose second is nowhere below 0."""
    keys: list[Key] = [(a, b) for a in LAYERS for b in LAYERS] if all_pairs else [*LAYERS]
    names = ["debiased_cka", "area"]
    return CalibratedComparison(
        {
            key: calibration([value, 0.5], [0.05, 0.2], names)
            for key, value in zip(keys, values, strict=True)
        }
    )


@pytest.mark.parametrize("least", [-0.04, -0.3])
def test_curves_show_what_is_below_0_in_whichever_panel_it_is(least: float) -> None:
    figure: Any = with_debiased([least, 0.4], all_pairs=False).plot()
    for panel in figure.axes:
        low, high = panel.get_xlim()
        assert low < least
        assert high > 1.0
        assert panel.get_xticks().tolist()[-5:] == [0.0, 0.25, 0.5, 0.75, 1.0]
        assert panel.get_xticks()[0] == (-0.25 if least < -0.25 else 0.0)


def test_colours_say_where_what_is_below_0_is_drawn_as_0() -> None:
    below: Any = with_debiased([-0.02, 0.4, 0.1, 0.2], all_pairs=True).plot()
    assert below.get_supxlabel() == f"{GREY}; {BELOW}"
    assert "-0.02" in {text.get_text() for text in below.axes[0].texts}
    above: Any = with_debiased([0.0, 0.4, 0.1, 0.2], all_pairs=True).plot()
    assert above.get_supxlabel() == GREY
    # Thresholds are not drawn here.
    keys: list[Key] = [("a", "b"), ("a", "c")]
    high = CalibratedComparison({key: calibration([0.1], [-0.1], ["debiased_cka"]) for key in keys})
    figure: Any = high.plot()
    assert figure.get_supxlabel() == GREY
