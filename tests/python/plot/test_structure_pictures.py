"""Pictures of what is inside a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from problems import planted

pytest.importorskip("matplotlib")
from spanmatch.plot import structure as plot_structure
from spanmatch.plot.figure_file import check_suffix, save_figure

if TYPE_CHECKING:
    from pathlib import Path

X, Y = planted(np.random.default_rng(5), 40, 30, 400)


@pytest.mark.parametrize("eps", [0.3, 0.6, 0.9])
def test_support_is_drawn_on_the_diagonals_squares_or_above_them(eps: float) -> None:
    support = sm.support(X, Y, eps=eps)
    order = plot_structure._order_neurons(support)
    assert sorted(order) == list(range(len(support.neurons)))
    drawn = support.matrix[np.ix_(order, order)]
    assert not np.any(np.tril(drawn & ~drawn.T, -1))
    place = {support.neurons[at]: rank for rank, at in enumerate(order)}
    for group in support.groups:
        ranks = sorted(place[neuron] for neuron in group)
        assert ranks == list(range(ranks[0], ranks[0] + len(group)))


@pytest.mark.parametrize("count", [1, 699, 700, 701, 1500])
def test_no_dot_is_lost_where_there_are_too_many(count: int) -> None:
    rng = np.random.default_rng(count)
    matrix = np.zeros((count, count), dtype=bool)
    rows, columns = rng.integers(0, count, (2, 20))
    matrix[rows, columns] = True
    thin = plot_structure._thin(matrix)
    assert len(thin) <= 700
    side = -(-count // 700)
    expected = np.zeros_like(thin)
    expected[rows // side, columns // side] = True
    np.testing.assert_array_equal(thin, expected)


@pytest.mark.parametrize("count", [0, 1, 9, 200])
def test_bars_are_the_sizes_largest_first(count: int) -> None:
    rng = np.random.default_rng(count)
    sizes = rng.integers(1, 30, (count, 2))
    matches = [sm.Match(0.1, np.arange(a), np.arange(b), n_x=30, n_y=30) for a, b in sizes]
    figure = plot_structure.draw_match_sizes(matches, "title")
    if count == 0:
        assert figure.axes == []
        return
    of_x, of_y = ([bar.get_height() for bar in bars] for bars in figure.axes[0].containers)
    totals = np.add(of_x, of_y)
    assert sorted(zip(of_x, of_y, strict=True)) == sorted(map(tuple, sizes.tolist()))
    assert np.all(np.diff(totals) <= 0)


def test_a_picture_is_of_a_known_kind(tmp_path: Path) -> None:
    figure = plot_structure.draw_match_sizes([], "title")
    with pytest.raises(ValueError, match=r"\.png, \.svg or \.pdf, not as .*p\.jpg"):
        save_figure(figure, tmp_path / "p.jpg")
    assert list(tmp_path.iterdir()) == []
    check_suffix(tmp_path / "p.PDF")
