"""Pictures of comparisons of every kind."""

from __future__ import annotations

import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from matplotlib.patches import StepPatch

import spanmatch as sm
from comparisons import Untouchable, comparison
from spanmatch.comparison.comparison import Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes


def names(count: int) -> list[str]:
    return [f"encoder.layer.{n}.attention.output.dense" for n in range(count)]


def grid(rows: int, columns: int) -> Comparison:
    """All pairs, of few spectra."""
    spectra = list(comparison(names(4), lazy=True).values())
    keys = product(names(rows), [f"b.{n}" for n in range(columns)])
    return Comparison({key: spectra[n % 4] for n, key in enumerate(keys)}, Untouchable())


def labels(panel: Axes, axis: str) -> list[str]:
    return [label.get_text() for label in getattr(panel, f"get_{axis}ticklabels")()]


@pytest.mark.parametrize("count", [1, 2, 12])
def test_few_layers_have_a_panel_each(count: int, tmp_path: Path) -> None:
    compared = comparison(names(count), lazy=True, inputs=9)
    figure = compared.plot(tmp_path / "curves.png")
    panels = [panel for panel in figure.axes if panel.axison]
    assert len(panels) == count
    for panel, layer in zip(panels, compared, strict=True):
        title = panel.get_title()
        assert title.replace("\n", "").startswith(f"{layer}: ")
        assert max(map(len, title.split("\n"))) <= 36
        assert panel.lines[count].get_linewidth() > panel.lines[0].get_linewidth()
    assert figure.get_suptitle().replace("\u00a0", " ") == (
        f"{count} layer{'s' * (count > 1)}, 60 samples, 9 inputs"
    )
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [13, 61])
def test_many_layers_are_one_picture(count: int, tmp_path: Path) -> None:
    compared = comparison(names(count), lazy=True)
    figure = compared.plot(tmp_path / "depth.svg")
    curves, areas = figure.axes[:2]
    image = np.asarray(curves.images[0].get_array())
    assert image.shape[0] == count
    eps = np.linspace(0, 1, image.shape[1], endpoint=False)
    np.testing.assert_array_equal(image, compared.similarity(eps))
    drawn, chance = areas.lines
    np.testing.assert_array_equal(drawn.get_xdata(), compared.area)
    np.testing.assert_array_equal(drawn.get_ydata(), np.arange(count))
    np.testing.assert_array_equal(chance.get_xdata(), 1 - compared.chance)
    assert "chance" in [text.get_text() for text in curves.texts]
    for step in curves.patches:
        assert isinstance(step, StepPatch)
        data: Any = step.get_data()
        np.testing.assert_array_equal(data.values, compared.chance)
    shown = labels(curves, "y")
    assert shown == [f"…{n}.attention.output.dense" for n in range(0, count, 1 + (count > 60))]
    # The first layer stands on top.
    assert curves.get_ylim() == (count - 0.5, -0.5)
    assert (tmp_path / "depth.svg").exists()


def test_many_layers_show_their_nulls_and_intervals(tmp_path: Path) -> None:
    pair = sm.ActivationPair(nulls=5, folds=4)
    rng = np.random.default_rng(0)
    x = 1 + rng.random((80, 4))
    pair.update(x, x @ rng.random((4, 3)) + 0.1 * rng.random((80, 3)))
    nulls, interval, keys = sm.null_spectra(pair), sm.interval(pair), names(13)
    compared = Comparison(
        dict.fromkeys(keys, sm.spectrum(pair)),
        Untouchable(),
        nulls=dict.fromkeys(keys, nulls),
        intervals=dict.fromkeys(keys, interval),
    )
    areas = compared.plot(tmp_path / "depth.png").axes[1]
    drawn, chance = areas.lines
    np.testing.assert_array_equal(drawn.get_xdata(), compared.area)
    np.testing.assert_array_equal(chance.get_xdata(), np.full(13, np.median(nulls.area)))
    ends = [
        (band.get_datalim(areas.transData).x0, band.get_datalim(areas.transData).x1)
        for band in areas.collections
    ]
    expected = [(nulls.area.min(), nulls.area.max()), interval.area]
    np.testing.assert_allclose(np.array(ends), np.array(expected))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (5, 5), (14, 3), (15, 3), (61, 130)])
def test_all_pairs_are_a_matrix(rows: int, columns: int, tmp_path: Path) -> None:
    compared = grid(rows, columns)
    figure = compared.plot(str(tmp_path / "matrix.png"))
    panel = figure.axes[0]
    np.testing.assert_array_equal(panel.images[0].get_array(), compared.area)
    assert panel.images[0].get_clim()[1] >= compared.area.max()
    numbers = [text.get_text() for text in panel.texts]
    few = max(rows, columns) <= 14
    assert numbers == ([f"{area:.2f}" for area in compared.area.ravel()] if few else [])
    for axis, count in (("x", columns), ("y", rows)):
        assert len(labels(panel, axis)) == -(-count // (1 + (count - 1) // 60)) <= 60
    assert (tmp_path / "matrix.png").stat().st_size > 1000


def test_pairs_that_were_not_compared_stay_empty() -> None:
    part = comparison([("a", "b"), ("c", "d")], lazy=True)
    panel = part.plot().axes[0]
    drawn = np.ma.masked_array(panel.images[0].get_array())
    assert np.isnan(drawn.filled(np.nan)).sum() == 2
    assert len(panel.texts) == 2


@pytest.mark.parametrize("count", [3, 20])
def test_layers_of_the_dead_are_drawn(count: int) -> None:
    pair = sm.ActivationPair()
    pair.update(np.zeros((90, 3)), np.zeros((90, 3)))
    dead = sm.spectrum(pair)
    every: tuple[dict[Any, sm.MatchSpectrum], ...] = (
        dict.fromkeys(names(count), dead),
        {**comparison(names(count), lazy=True), names(count)[-1]: dead},
        {(name, "b"): dead for name in names(count)},
    )
    for spectra in every:
        Comparison(spectra, Untouchable()).plot().draw_without_rendering()


@pytest.mark.parametrize(
    "keys", [["a$b_$c", "x" * 90], [("a$_", "$b")], [f"$_{n}$" for n in range(20)]]
)
def test_names_are_no_formulas(keys: Any) -> None:
    comparison(keys, lazy=True).plot().draw_without_rendering()


def test_a_wrong_name_of_a_picture_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg or \.pdf"):
        grid(2, 2).plot(tmp_path / "p.jpg")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: Any) -> None:
    for name in ("spanmatch.plot.similarity", "spanmatch.comparison.picture"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'spanmatch\[cli\]'"):
        grid(1, 1).plot()
