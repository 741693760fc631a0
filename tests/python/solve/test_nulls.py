"""Nulls are the pairings that brute force gives, and p-values count them."""

from __future__ import annotations

import itertools
import json
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch

import spanmatch as sm
from grams import gram_of, null
from problems import dead, planted
from refusal import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

X, Y = planted(np.random.default_rng(8), 5, 4, 120)


def crosses(pair: sm.ActivationPair) -> list[np.ndarray]:
    """The products of x with the y of each null."""
    found = [gram_of(null(pair, index)) for index in range(pair.n_nulls)]
    return [gram[: pair.n_x, pair.n_x :] for gram in found]


def rolled(x: np.ndarray, y: np.ndarray, starts: list[int]) -> list[np.ndarray]:
    """The products of x with y rolled to each start."""
    return [x.T @ np.roll(y, -start, axis=0) for start in starts]


def places(found: list[np.ndarray], known: list[np.ndarray]) -> list[int]:
    """Which one of what is known each is."""
    far = np.array([[np.abs(a - b).max() for b in known] for a in found])
    near = far < 1e-9 * np.abs(known).max()
    assert (near.sum(axis=1) == 1).all()
    which: list[int] = near.argmax(axis=1).tolist()
    return which


# Shorter than a block of rows, and longer, of items that blocks cut.
@pytest.mark.parametrize(("items", "length"), [(12, 10), (30, 1), (13, 97), (2, 600)])
def test_all_nulls_of_a_batch_are_all_rolls_by_whole_items(items: int, length: int) -> None:
    x, y = planted(np.random.default_rng(items), 5, 4, items * length)
    pair = sm.ActivationPair(nulls=items - 1)
    pair.update(x, y, rows_per_item=length)
    known = rolled(x, y, list(range(0, items * length, length)))
    assert sorted(places(crosses(pair), known)) == list(range(1, items))


def test_nulls_change_only_what_the_sides_share() -> None:
    pair = sm.ActivationPair(nulls=7)
    pair.update(X, Y)
    for index in range(7):
        found, own = gram_of(null(pair, index)), gram_of(pair)
        np.testing.assert_array_equal(found[:5, :5], own[:5, :5])
        np.testing.assert_array_equal(found[5:, 5:], own[5:, 5:])
        np.testing.assert_allclose(found, found.T, rtol=1e-12)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_each_batch_is_rolled_by_an_offset_of_its_own(long: bool) -> None:
    length = 200 if long else 4
    cuts = [0, 6 * length, 11 * length, 15 * length]
    x, y = planted(np.random.default_rng(1), 5, 4, cuts[-1])
    x[cuts[1] :] += 30.0
    batches = [slice(*ends) for ends in itertools.pairwise(cuts)]
    pair = sm.ActivationPair(nulls=3)
    for rows in batches:
        pair.update(x[rows], y[rows], rows_per_item=length)
    starts = [list(range(length, rows.stop - rows.start, length)) for rows in batches]
    offsets = list(itertools.product(*starts))
    known = [
        np.sum(
            [rolled(x[rows], y[rows], [by])[0] for rows, by in zip(batches, each, strict=True)],
            axis=0,
        )
        for each in offsets
    ]
    chosen = [offsets[place] for place in places(crosses(pair), known)]
    for of_batch in zip(*chosen, strict=True):
        assert len(set(of_batch)) == 3


@pytest.mark.parametrize("lengths", [[20, 50, 10, 37, 3], [1, 119], [119, 1]], ids=str)
def test_lengths_roll_to_where_an_item_begins(lengths: list[int]) -> None:
    pair = sm.ActivationPair(nulls=len(lengths) - 1)
    pair.update(X, Y, rows_per_item=lengths)
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    assert sorted(places(crosses(pair), rolled(X, Y, starts))) == list(range(1, len(lengths)))


@pytest.mark.parametrize("kind", ["float16", "float32", "fortran", "strided", "torch", "bfloat16"])
def test_any_array_is_rolled_as_its_values_are(kind: str) -> None:
    makers: dict[str, Any] = {
        "float16": lambda z: z.astype(np.float16),
        "float32": lambda z: z.astype(np.float32),
        "fortran": np.asfortranarray,
        "strided": lambda z: np.repeat(z, 2, axis=0)[::2],
        "torch": lambda z: torch.from_numpy(z).float(),
        "bfloat16": lambda z: torch.from_numpy(z).bfloat16(),
    }
    x, y = makers[kind](X), makers[kind](Y)
    wide = [
        np.asarray(
            torch.as_tensor(np.asarray(z) if kind not in {"torch", "bfloat16"} else z).double()
        )
        for z in (x, y)
    ]
    pair = sm.ActivationPair(nulls=11)
    pair.update(x, y, rows_per_item=10)
    known = rolled(wide[0], wide[1], list(range(0, 120, 10)))
    assert sorted(places(crosses(pair), known)) == list(range(1, 12))


@pytest.mark.parametrize("center", [False, True])
def test_null_spectra_are_those_of_x_and_rolled_y(center: bool) -> None:
    x, y = X + 2.0, Y + 1.0
    found = sm.null_spectra(x, y, nulls=11, rows_per_item=10, center=center)
    wanted = [
        sm.spectrum(x, np.roll(y, -start, axis=0), center=center) for start in range(10, 120, 10)
    ]
    rows = [np.hstack([each.x, each.y]) for each in found]
    known = [np.hstack([each.x, each.y]) for each in wanted]
    order = [int(np.abs(np.array(known) - row).max(axis=1).argmin()) for row in rows]
    assert sorted(order) == list(range(11))
    for mine, place in zip(found, order, strict=True):
        for side in ("x", "y"):
            np.testing.assert_allclose(
                getattr(mine, side), getattr(wanted[place], side), rtol=0, atol=1e-6
            )
        np.testing.assert_allclose(mine.chance[0], wanted[place].chance[0], atol=1e-9)
        assert mine.n_samples == 120


def test_arrays_and_a_pair_give_the_same() -> None:
    pair = sm.ActivationPair(nulls=7, seed=3)
    pair.update(X, Y, rows_per_item=10)
    options: dict[str, Any] = {"nulls": 7, "rows_per_item": 10, "seed": 3}
    assert sm.null_spectra(X, Y, **options) == sm.null_spectra(pair)
    assert sm.p_value(X, Y, **options) == sm.p_value(pair)
    assert sm.p_value(X, Y, 0.6, **options) == sm.p_value(pair, 0.6) == sm.p_value(pair, eps=0.6)


def test_the_seed_decides_and_threads_do_not(restore_threads: None) -> None:
    x, y = planted(np.random.default_rng(2), 70, 65, 900)
    found = []
    for threads, seed in ((1, 0), (3, 0), (1, 1)):
        sm.set_num_threads(threads)
        found.append(sm.null_spectra(x, y, nulls=4, rows_per_item=9, seed=seed))
    assert found[0] == found[1] != found[2]


def test_dead_neurons_stay_dead() -> None:
    x, y = dead(np.random.default_rng(0))
    nulls = sm.null_spectra(x, y, nulls=5)
    assert np.isinf(nulls.x[:, [0, 5, 23]]).all()
    assert np.isinf(nulls.y).sum() == 10
    assert 0.0 < nulls.chance_level < 1.0
    none = sm.null_spectra(np.zeros((40, 2)), np.zeros((40, 3)), nulls=2)
    assert np.isnan(none.chance_level)


def spectrum_of(x: list[float], y: list[float]) -> sm.MatchSpectrum:
    chance_x, chance_y = (np.where(np.isinf(side), np.nan, 0.9) for side in (x, y))
    return sm.MatchSpectrum(np.array(x), np.array(y), (chance_x, chance_y), 50, 1e-6, 0)


def by_hand() -> sm.NullSpectra:
    """Areas 0.25, 0.5, 0.5, 0.75, and the third of them again."""
    return sm.NullSpectra.of(
        [
            spectrum_of([1.0, 0.5], [1.0, 0.5]),
            spectrum_of([0.5, 0.5], [0.5, 0.5]),
            spectrum_of([0.25, 0.75], [0.5, 0.5]),
            spectrum_of([0.25, 0.25], [0.25, 0.25]),
            spectrum_of([0.25, 0.75], [0.5, 0.5]),
        ],
        [1, 2, 3, 4, 3],
    )


def test_p_values_by_hand() -> None:
    nulls = by_hand()
    np.testing.assert_array_equal(nulls.area, [0.25, 0.5, 0.5, 0.75, 0.5])
    assert (len(nulls), nulls.n_distinct) == (5, 4)
    areas = {0.2: 1.0, 0.25: 1.0, 0.3: 0.8, 0.5: 0.8, 0.6: 0.4, 0.75: 0.4, 0.9: 0.2}
    for area, p in areas.items():
        assert nulls.p_value(spectrum_of([1 - area] * 2, [1 - area] * 2)) == p
    observed = spectrum_of([0.1, 0.4], [0.6, 1.0])
    # s of the nulls: 0 0 .25 1, .5 1 .75 1, .5 1 1 1; of the observed 0.25, 0.5, 0.75.
    eps = np.array([[0.3, 0.55, 0.8]])
    expected = [[3 / 5, 5 / 5, 4 / 5]]
    np.testing.assert_array_equal(nulls.p_value(observed, eps), expected)
    for level, p in zip(eps.ravel(), expected[0], strict=True):
        found = nulls.p_value(observed, float(level))
        assert isinstance(found, float)
        assert found == p


def test_the_chance_level_is_the_median_of_what_lives() -> None:
    nulls = sm.NullSpectra.of(
        [spectrum_of([0.2, np.inf], [0.4]), spectrum_of([0.9, np.inf], [0.6])], [1, 2]
    )
    assert nulls.chance_level == pytest.approx(0.5)
    # Without means and smoothness, what independent rows lead to.
    x, y = np.random.default_rng(0).standard_normal((2, 2000, 10))
    assert abs(sm.null_spectra(x, y, nulls=3).chance_level - np.sqrt(1 - 10 / 2000)) < 0.01


def test_no_match_is_less_rare_than_a_null_allows() -> None:
    x = np.random.default_rng(1).standard_normal((400, 6))
    for nulls in (1, 9, 99):
        assert sm.p_value(x, x, nulls=nulls) == 1 / (1 + nulls)
    # At ε of 0.99 all match, and in the nulls all too.
    assert sm.p_value(x, x, 0.9999, nulls=9) == 1.0


def test_a_roll_that_repeats_counts_once() -> None:
    pair = sm.ActivationPair(nulls=99)
    x = np.random.default_rng(1).standard_normal((200, 6))
    pair.update(x, x, rows_per_item=10)
    assert sm.null_spectra(pair).n_distinct == 19
    assert sm.p_value(pair) == 1 / 20
    assert sm.p_value(x, x, nulls=39, rows_per_item=100) == 1 / 2


def test_rolls_that_match_alike_are_not_one_roll() -> None:
    # Neurons that are active once: whatever the roll, none meets another.
    x = np.zeros((1000, 3))
    x[[1, 400, 800], [0, 1, 2]] = 1.0
    assert sm.p_value(x, x, nulls=39) == 1 / 40


def test_eps_may_be_a_number_or_an_array() -> None:
    pair = sm.ActivationPair(nulls=9)
    pair.update(X, Y)
    one = sm.p_value(pair, 0.4)
    assert isinstance(one, float)
    assert isinstance(sm.p_value(pair), float)
    many = np.asarray(sm.p_value(pair, eps=[[0.4, 0.8]]))
    assert many.shape == (1, 2)
    assert many[0, 0] == one
    assert np.asarray(sm.p_value(X, Y, [0.4, 0.8], nulls=9)).tolist() == many[0].tolist()


def test_too_few_samples_are_warned_of_once() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 40, 10))
    calls: list[Callable[[], object]] = [
        lambda: sm.null_spectra(x, y, nulls=2),
        lambda: sm.p_value(x, y, nulls=2),
    ]
    for call in calls:
        with pytest.warns(sm.UndersampledWarning, match="40 samples for 10 neurons") as caught:
            call()
        assert [warning.filename for warning in caught] == [__file__]


def test_a_sequence_of_spectra() -> None:
    nulls = sm.null_spectra(X, Y, nulls=5)
    assert len(list(nulls)) == len(nulls) == 5
    assert isinstance(nulls[0], sm.MatchSpectrum)
    assert nulls[-1] == nulls[4] == list(nulls)[4]
    assert nulls[1:3] == [nulls[1], nulls[2]]
    assert nulls[2] in nulls
    assert sm.spectrum(X, Y) not in nulls
    assert nulls.index(nulls[3]) == 3
    with pytest.raises(IndexError):
        nulls[5]
    np.testing.assert_array_equal(nulls.area, [each.area for each in nulls])
    assert nulls.similarity(0.5).shape == (5,)
    assert nulls.similarity([[0.5, 0.7]]).shape == (5, 1, 2)
    np.testing.assert_array_equal(nulls.similarity(0.7), [each.similarity(0.7) for each in nulls])


def test_null_spectra_come_back(tmp_path: Path) -> None:
    nulls = sm.null_spectra(*dead(np.random.default_rng(0)), nulls=3)
    nulls.save(tmp_path / "nulls")
    for again in (
        pickle.loads(pickle.dumps(nulls)),
        sm.NullSpectra.load(tmp_path / "nulls"),
        sm.load(tmp_path / "nulls"),
        sm.NullSpectra(**json.loads(json.dumps(nulls.to_dict()))),
    ):
        assert type(again) is sm.NullSpectra
        assert again == nulls
        assert not again.x.flags.writeable
    assert nulls != sm.null_spectra(X, Y, nulls=3)
    with pytest.raises(ValueError, match="different numbers of nulls"):
        sm.NullSpectra(**(nulls.to_dict() | {"x": nulls.x[:2]}))


def test_a_repr_gives_the_figures() -> None:
    areas = by_hand().area
    assert repr(by_hand()) == (
        f"NullSpectra(5 nulls, 2 + 2 neurons, area {areas.min():.4f} to {areas.max():.4f})"
    )


@pytest.mark.parametrize("function", [sm.null_spectra, sm.p_value])
def test_errors_say_what_to_do(function: Any) -> None:
    pair = sm.ActivationPair(nulls=3)
    refused(lambda: function(pair), "the pair is empty")
    pair.update(X, Y)
    plain = sm.ActivationPair()
    plain.update(X, Y)
    refused(lambda: function(plain), "keeps no nulls", r"ActivationPair\(nulls=39\)")
    refused(lambda: function(pair, nulls=3), "has its nulls from the start", "make it by")
    refused(lambda: function(pair, Y), "a pair holds both sides already")
    refused(lambda: function(X), "y is missing")
    one = {"rows_per_item": 120}
    refused(lambda: function(X, Y, **one), "one item of 120 rows", "rows_per_item")
    refused(lambda: function(X, Y, rows_per_item=7), "rows_per_item is 7", "the length of each")
    refused(lambda: function(X, Y, rows_per_item=[60, 61]), "adds up to 121", "120")
    refused(lambda: function(X, Y, rows_per_item=2.0), "`rows_per_item` must be an integer")
    refused(lambda: function(X, Y, rows_per_item="2"), "`rows_per_item` must be an integer")
    for wrong in (0, -1, 1.0, True, "3"):
        refused(partial(function, X, Y, nulls=wrong), "`nulls` must be")
    refused(lambda: function(X, Y, seed=-1), "`seed` must be from 0")
    refused(lambda: function(X, Y, center=1), "`center` must be True or False")
    refused(lambda: function(X.astype(int), Y), "int64", "cast it")


def test_an_eps_that_is_none_is_refused() -> None:
    pair = sm.ActivationPair(nulls=3)
    pair.update(X, Y)
    for wrong in (1.0, -0.1, float("nan")):
        refused(partial(sm.p_value, pair, wrong), "`eps` must be in")
        refused(partial(sm.p_value, X, Y, [0.2, wrong], nulls=2), "`eps` must be in")
    refused(lambda: sm.p_value(pair, eps="a"), "`eps` must be a real number")
    refused(lambda: sm.p_value(pair, cast("Any", 0.2), eps=0.3), "eps is given twice")
