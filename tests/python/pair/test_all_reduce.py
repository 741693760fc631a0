"""Two processes, joined by gloo, end with the pair that one process has."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gloo_worker
import spanmatch as sm
from gloo_worker import KEPT, beside, mostly_zero, samples, share, share_of_set
from grams import grams

WORKER = Path(gloo_worker.__file__)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both processes have written."""
    folder = tmp_path_factory.mktemp("gloo")
    command = [sys.executable, "-W", "error", str(WORKER)]
    workers = [
        subprocess.Popen([*command, str(rank), str(folder)], stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    try:
        for worker in workers:
            _, errors = worker.communicate(timeout=120)
            assert worker.returncode == 0, errors
    finally:
        for worker in workers:
            worker.kill()
    return folder


def heard(folder: Path, rank: int) -> dict[str, str]:
    words: dict[str, str] = json.loads((folder / f"heard-{rank}").read_text())
    return words


def norms(pair: sm.ActivationPair) -> tuple[np.ndarray, ...]:
    """The sums by the squared norms of rows: of all, of nulls and of folds."""
    found = pair._gram.to_host().norms()
    assert found is not None
    return found


def pairs(folder: Path, name: str) -> list[sm.ActivationPair]:
    return [sm.ActivationPair.load(folder / f"{name}-{rank}") for rank in range(2)]


@pytest.mark.parametrize("center", [False, True])
def test_two_processes_give_what_one_gives(folder: Path, center: bool) -> None:
    one = share(0) + share(1)
    arrays = sm.spectrum(*samples(), center=center)
    for pair in pairs(folder, "whole"):
        assert (pair.n_samples, pair.n_batches) == (200, 4)
        found, wanted = (sm.spectrum(two, center=center) for two in (pair, one))
        for side in ("x", "y"):
            np.testing.assert_allclose(getattr(found, side), getattr(wanted, side), atol=1e-12)
            np.testing.assert_allclose(getattr(found, side), getattr(arrays, side), atol=1e-9)


@pytest.mark.parametrize("name", ["whole", "second"])
def test_both_end_with_the_same_bits(folder: Path, name: str) -> None:
    first, second = pairs(folder, name)
    parts = [pair._gram.to_host().parts() for pair in (first, second)]
    for a, b in zip(*parts, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(norms(first), norms(second), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_process_without_batches_takes_part(folder: Path) -> None:
    wanted = share(1)._gram.to_host().parts()
    for pair in pairs(folder, "second"):
        for a, b in zip(pair._gram.to_host().parts(), wanted, strict=True):
            np.testing.assert_array_equal(a, b)
        # What one knows, both know.
        assert pair.x_names == tuple("abcdef")


def test_sums_without_zeros_and_with_a_shift_are_added(folder: Path) -> None:
    parts = [mostly_zero(rank) for rank in range(2)]
    assert [bool(part._gram.to_host().parts()[3].any()) for part in parts] == [False, True]
    one = parts[0] + parts[1]
    first, second = pairs(folder, "zeros")
    assert pickle.dumps(first) == pickle.dumps(second)
    for found, wanted in zip(grams(first), grams(one), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("name", list(KEPT))
def test_nulls_and_folds_are_those_of_a_merge(folder: Path, name: str) -> None:
    one = beside(0, **KEPT[name]) + beside(1, **KEPT[name])
    first, second = pairs(folder, name)
    assert pickle.dumps(first) == pickle.dumps(second)
    assert (first.n_items, first.n_nulls, first.n_folds) == (40, one.n_nulls, one.n_folds)
    for found, wanted in zip(grams(first), grams(one), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11)
    for found, wanted in zip(norms(first), norms(one), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)
    if one.n_nulls > 0:
        found_nulls, nulls = sm.null_spectra(first), sm.null_spectra(one)
        np.testing.assert_allclose(found_nulls.x, nulls.x, rtol=0, atol=1e-9)
        assert sm.p_value(first) == sm.p_value(one)
    if one.n_folds > 0:
        found_ends, ends = (sm.interval(pair).area for pair in (first, one))
        np.testing.assert_allclose(found_ends, ends, rtol=0, atol=1e-9)


def test_who_has_seen_nothing_may_keep_nothing(folder: Path) -> None:
    wanted = beside(1, **KEPT["both"])
    for pair in pairs(folder, "late"):
        assert pair.n_items == 14
        for found, known in zip(grams(pair), grams(wanted), strict=True):
            np.testing.assert_array_equal(found, known)
        for found, known in zip(norms(pair), norms(wanted), strict=True):
            np.testing.assert_array_equal(found, known)


def test_what_comes_later_follows_the_seed_of_the_first(folder: Path) -> None:
    for pair in pairs(folder, "seeded"):
        replicates = pair._gram.to_host().replicates()
        assert replicates is not None
        assert replicates[0] == 9


@pytest.mark.parametrize("rank", [0, 1])
def test_other_numbers_of_nulls_are_said_in_every_process(folder: Path, rank: int) -> None:
    words = heard(folder, rank)
    other, none = words["other nulls"], words["no nulls"]
    assert other == "rank 1 keeps 3 nulls and 0 folds, but rank 0 keeps 2 nulls and 0 folds"
    assert none == "rank 1 keeps 0 nulls and 0 folds, but rank 0 keeps 2 nulls and 0 folds"
    assert words["other nulls leaves the pair"] == words["no nulls leaves the pair"] == "True"


@pytest.mark.parametrize("rank", [0, 1])
def test_what_is_wrong_is_said_in_every_process(folder: Path, rank: int) -> None:
    words = heard(folder, rank)
    assert "torchrun" in words["before"]
    assert words["nobody"] == "ActivationPair(0 + 0 neurons, 0 samples)"
    assert words["twice"] == "400"
    assert words["widths"] == "rank 1 has 3 + 2 neurons, but rank 0 has 2 + 2"
    assert words["overflow"].startswith("rank 1: neuron 0 of x reaches")
    assert "'b' and 'c' for neuron 1" in words["names"]
    assert words["widths leaves the pair"] == words["overflow leaves the pair"] == "True"
    assert words["group"] == ("none" if rank == 0 else "this process is not in the group")
    assert words["of the group"] == ("130" if rank == 0 else "70")


def test_a_set_of_two_processes_is_that_of_one(folder: Path) -> None:
    one = share_of_set(0) + share_of_set(1)
    both = [sm.ActivationSet.load(folder / f"set-{rank}") for rank in range(2)]
    for a, b in (("a", "b"), ("a", "c"), ("c", "b")):
        pair, *others = (acts.pair(a, b) for acts in (one, *both))
        for other in others:
            assert np.allclose(other.gram(center=True), pair.gram(center=True), atol=1e-12)
            assert np.allclose(sm.null_spectra(other).x, sm.null_spectra(pair).x, atol=1e-9)
            assert sm.p_value(other) == sm.p_value(pair)
    assert [acts.n_items for acts in both] == [one.n_items] * 2
    for rank in range(2):
        assert "rank 1 has other sides than rank 0" in heard(folder, rank)["other sides"]
