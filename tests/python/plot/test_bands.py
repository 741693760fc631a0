"""The three bands under s(ε): they end where the figures do, and are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from band_edges import edges
from single_neurons import mixed, rotated, tripled
from spanmatch.plot.bands import BANDS
from spanmatch.plot.similarity import EPS, draw_similarity
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.solve.layer_answer import answer_layer

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair


def answer(pair: ActivationPair) -> LayerAnswer:
    return answer_layer(pair, center=False)


def test_bands_end_at_what_is_planted() -> None:
    layers = {"tripled": tripled(), "rotated": rotated(), "mixed": mixed()}
    figure = draw_similarity({name: answer(pair) for name, pair in layers.items()}, "title")
    late, turned = np.sin(0.5) < EPS, np.sqrt(0.5) < EPS
    wanted = {
        "tripled": (0.5 + 0 * EPS, 1 + 0 * EPS),
        "rotated": (1.0 * late, 1.0 * late),
        "mixed": (np.where(turned, 0.75, 0.25), np.where(turned, 1.0, 0.5)),
    }
    for panel in figure.axes:
        single, near = wanted[panel.get_title().partition(":")[0]]
        low, high = edges(panel)
        np.testing.assert_array_equal(low, [0 * EPS, single, near])
        np.testing.assert_array_equal(high, [single, near, 1 + 0 * EPS])


def test_the_highest_ends_at_the_curve_of_its_panel() -> None:
    both = {"tripled": answer(tripled()), "mixed": answer(mixed())}
    for panel, each in zip(draw_similarity(both, "title").axes, both.values(), strict=True):
        np.testing.assert_array_equal(edges(panel)[1][-1], each.spectrum.similarity(EPS))


def test_bands_are_named_beneath_what_they_are_drawn_under() -> None:
    figure = draw_similarity({"mixed": answer(mixed())}, "title")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(BANDS)
    figure.draw_without_rendering()
    box, labels = legend.get_window_extent(), figure.axes[0].get_tightbbox()
    assert labels is not None
    assert box.y1 < labels.y0
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width


def test_without_pairs_of_neurons_no_band_is_drawn() -> None:
    known = answer(tripled())
    figure = draw_similarity({"old": LayerAnswer(known.spectrum)}, "title")
    assert figure.legends == []
    assert not any(part.get_label() in BANDS for part in figure.axes[0].collections)
    # One that is known has its bands beside those that are not.
    figure = draw_similarity({"old": LayerAnswer(known.spectrum), "new": known}, "title")
    drawn = [sum(part.get_label() in BANDS for part in each.collections) for each in figure.axes]
    assert (drawn, len(figure.legends)) == ([0, 3], 1)
