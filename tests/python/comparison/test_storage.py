"""What is saved comes back to the bit; a file that is not whole, or not ours, is refused."""

from __future__ import annotations

import copy
import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import spanmatch as sm
from each_result import RESULTS, each_result
from refusal import X, Y, filled
from rewritten_files import rewritten

NONE = np.array([], np.int64)
MATCHES = sm.simple_matches(X, Y, eps=0.7)
if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"ν{i}" for i in range(X.shape[1])]


def same_pair(mine: sm.ActivationPair, other: sm.ActivationPair) -> bool:
    parts = [pair._gram.to_host().parts() for pair in (mine, other)]
    alike = all(np.array_equal(a, b) for a, b in zip(*parts, strict=True))
    return alike and (mine.x_names, mine.y_names) == (other.x_names, other.y_names)


def named() -> sm.ActivationPair:
    pair = sm.ActivationPair(x_names=NAMES)
    for rows in (slice(0, 7), slice(7, 60)):
        pair.update(X[rows] + 1e3, Y[rows])
    return pair


@pytest.mark.parametrize("pair", [named(), filled(), sm.ActivationPair()], ids=repr)
def test_pairs_come_back_to_the_bit(pair: sm.ActivationPair, tmp_path: Path) -> None:
    path = tmp_path / "pair.safetensors"
    pair.save(path)
    for again in (
        sm.ActivationPair.load(path),
        sm.load(str(path)),
        pickle.loads(pickle.dumps(pair)),
    ):
        assert isinstance(again, sm.ActivationPair)
        assert same_pair(again, pair)
        assert again.n_batches == pair.n_batches
        for one in (again, copied := copy.copy(pair)):
            one.update(X[::-1], Y[::-1])
        assert same_pair(again, copied)
    if pair.n_samples > 0:
        assert sm.spectrum(sm.ActivationPair.load(path)) == sm.spectrum(pair)


def test_a_pair_file_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "pair.safetensors"
    named().save(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
        assert set(file.keys()) == {"shift", "sums", "spread", "products", "norms"}
    assert metadata["spanmatch"] == "ActivationPair"
    assert (metadata["format"], metadata["version"]) == ("2", sm.__version__)
    counts = [json.loads(metadata[name]) for name in ("n_x", "n_y", "n_samples", "n_batches")]
    assert counts == [7, 5, 60, 2]
    assert json.loads(metadata["dtype"]) == "float64"
    assert (json.loads(metadata["x_names"]), json.loads(metadata["y_names"])) == (NAMES, None)


def test_the_products_in_a_file_are_those_of_the_shifted_rows(tmp_path: Path) -> None:
    path = tmp_path / "pair.safetensors"
    named().save(path)
    tensors = load_file(path)
    rows = np.hstack([X + 1e3, Y]) - tensors["shift"]
    np.testing.assert_allclose(tensors["products"], rows.T @ rows, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(tensors["sums"], rows.sum(axis=0), rtol=1e-9, atol=1e-9)


@each_result
def test_results_come_back_to_the_bit(result: Any, tmp_path: Path) -> None:
    path = tmp_path / "result.safetensors"
    result.save(path)
    loaded: list[Any] = [type(result).load(path), sm.load(path)]
    for again in loaded:
        assert type(again) is type(result)
        assert again == result
        assert repr(again.to_dict()) == repr(result.to_dict())
        arrays = [value for value in vars(again).values() if isinstance(value, np.ndarray)]
        assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize(
    "matches", [[], MATCHES, MATCHES[:1], [sm.Match(0.25, NONE, NONE, n_x=4, n_y=3)] * 2]
)
def test_lists_of_matches_come_back(matches: list[sm.Match], tmp_path: Path) -> None:
    sm.save(matches, tmp_path / "matches")
    assert sm.load(tmp_path / "matches") == matches


def test_empty_results_come_back(tmp_path: Path) -> None:
    empty = np.empty((9, 0))
    for result in (
        sm.spectrum(empty, empty),
        sm.support(np.eye(20, 2), np.eye(20, 4)[:, 2:], eps=0.1),
    ):
        sm.save(result, tmp_path / "empty")
        assert sm.load(tmp_path / "empty") == result


def test_what_is_no_result_is_not_saved(tmp_path: Path) -> None:
    things: tuple[Any, ...] = (X, [X], {"x": 1}, [*MATCHES, 3])
    for thing in things:
        with pytest.raises(TypeError, match="a pair, a set, a result, a list of matches or"):
            sm.save(thing, tmp_path / "thing")
    assert list(tmp_path.iterdir()) == []


def files(folder: Path) -> dict[str, Path]:
    for name, thing in (("pair", named()), ("spectrum", RESULTS[0]), ("matches", MATCHES)):
        sm.save(thing, folder / name)
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["pair", "spectrum", "matches"])
def test_a_file_cut_short_anywhere_is_refused(name: str, tmp_path: Path) -> None:
    path = files(tmp_path)[name]
    whole = path.read_bytes()
    for size in [0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(sm.FileError, match=f"{name} is cut short"):
            sm.load(path)


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    known = files(tmp_path)
    with pytest.raises(sm.FileError, match="spectrum holds MatchSpectrum, not ActivationPair"):
        sm.ActivationPair.load(known["spectrum"])
    with pytest.raises(sm.FileError, match="pair holds ActivationPair, not Match:"):
        sm.Match.load(known["pair"])
    path = tmp_path / "weights"
    save_file({"shift": X}, path)
    with pytest.raises(sm.FileError, match="not one that spanmatch has written"):
        sm.load(path)
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(sm.FileError, match=r"x\.npy is cut short, or no safetensors file"):
        sm.load(tmp_path / "x.npy")
    with pytest.raises(FileNotFoundError, match="missing"):
        sm.load(tmp_path / "missing")
    with pytest.raises(sm.FileError, match=r"comparison\.json is missing"):
        sm.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "changes", "without", "words"),
    [
        ("pair", {"format": "3", "version": "9.1"}, (), r"format 3, of spanmatch 9\.1.*upgrade"),
        ("spectrum", {"format": "17"}, (), "format 17.*upgrade"),
        ("pair", {"format": "one"}, (), "damaged"),
        ("pair", {"spanmatch": "Orchestra"}, (), "holds Orchestra, which this version does not"),
        ("pair", {"n_samples": "sixty"}, (), "damaged metadata"),
        ("pair", {"n_samples": '"sixty"'}, (), "damaged"),
        ("pair", {"n_samples": "-1"}, (), "damaged"),
        ("pair", {"n_x": "13"}, (), "damaged: these are not the parts of a Gram"),
        ("pair", {"x_names": '["a"]'}, (), "damaged: x has 7 neurons, but x_names names 1"),
        ("pair", {"x_names": "7"}, (), "damaged"),
        ("pair", {"sums": np.full(12, np.nan)}, (), "damaged: .*not finite"),
        ("pair", {"sums": np.zeros(12, np.float32)}, (), "damaged"),
        ("pair", {}, ("products",), "damaged: .*products"),
        ("pair", {}, ("n_batches",), "damaged: .*n_batches"),
        ("spectrum", {}, ("y",), "damaged: it lacks 'y'"),
        ("spectrum", {}, ("resolution",), "damaged: it lacks 'resolution'"),
        ("matches", {}, ("x_sizes",), "damaged"),
        ("matches", {"eps": np.zeros(1)}, (), "damaged"),
        ("matches", {"eps": np.array(0.5)}, (), "damaged"),
        ("matches", {"x_sizes": np.full(len(MATCHES), -1)}, (), "damaged: its sizes"),
        ("matches", {"x_sizes": np.zeros(len(MATCHES))}, (), "damaged: its sizes"),
        ("matches", {"x_sizes": np.zeros(len(MATCHES), np.int64)}, (), "damaged: its sizes"),
        (
            "pair",
            {"n_y": "4"},
            (),
            "damaged: these are not the parts of a Gram: their shapes differ",
        ),
        ("pair", {"n_samples": str(2**64 - 1)}, (), "damaged: .*above 2"),
        ("pair", {"n_samples": "[" * 200_000}, (), "damaged metadata"),
        ("pair", {"format": "9" * 5000}, (), "damaged"),
        ("spectrum", {"n_samples": '"abc"'}, (), "damaged: its n_samples is not an integer"),
        ("spectrum", {"chance": "5"}, ("chance.x", "chance.y"), "damaged: it lacks 'chance.x'"),
        ("spectrum", {}, ("chance.y",), "damaged: it lacks 'chance.y'"),
    ],
)
def test_damaged_and_newer_files_are_refused(
    name: str, changes: dict[str, Any], without: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    path = rewritten(files(tmp_path)[name], changes, without)
    with pytest.raises(sm.FileError, match=words) as caught:
        sm.load(path)
    assert str(path) in str(caught.value)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "pair"
    named().save(path)
    whole = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        filled().save(path)
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "nowhere" / "pair", "nowhere"), (tmp_path, tmp_path.name)):
        with pytest.raises(OSError, match=words) as caught:
            filled().save(path)
        assert caught.value.errno is not None
    with pytest.raises(IsADirectoryError):
        filled().save("")
    assert list(tmp_path.iterdir()) == []


def test_files_are_as_readable_as_any_other_and_links_are_followed(tmp_path: Path) -> None:
    plain, path, link = tmp_path / "plain", tmp_path / "pair", tmp_path / "link"
    plain.touch()
    link.symlink_to(path)
    filled().save(link)
    assert link.is_symlink()
    assert path.stat().st_mode == plain.stat().st_mode
    assert same_pair(sm.ActivationPair.load(path), filled())


def test_several_threads_may_save_under_one_name(tmp_path: Path) -> None:
    path = tmp_path / "pair"
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(filled().save, path) for _ in range(80)]:
            done.result()
    assert same_pair(sm.ActivationPair.load(path), filled())
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_of_any_order_come_back(tmp_path: Path) -> None:
    coefficients = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    zeros = (np.zeros(2), np.zeros(3))
    result = sm.LinearMap(coefficients, *zeros[:1] * 2, np.ones((2, 3)), *zeros[1:] * 2)
    result.save(tmp_path / "map")
    assert sm.load(tmp_path / "map") == result


@pytest.mark.parametrize("scale", [1e-150, 1.008e-161, 3e-157, 1.35e-159])
def test_pairs_at_the_lower_end_of_float64_come_back(scale: float, tmp_path: Path) -> None:
    pair = sm.ActivationPair()
    pair.update(np.where(np.arange(50) % 2, 1.0, -1.0)[:, None] * scale, np.ones((50, 1)))
    pair.save(tmp_path / "pair")
    assert same_pair(sm.ActivationPair.load(tmp_path / "pair"), pair)


def test_merged_pairs_at_the_upper_end_come_back_or_are_refused(tmp_path: Path) -> None:
    largest = np.sqrt(np.finfo(np.float64).max / 16 / 10)
    refused = 0
    for part in (2.01, 3.0, 3.01, 4.0, 8.0):
        pairs = []
        for sign in (1.0, -1.0):
            pair = sm.ActivationPair()
            pair.update(np.full((5, 2), sign * largest / part), np.ones((5, 1)))
            pairs.append(pair)
        try:
            pairs[0].merge(pairs[1])
        except ValueError:
            refused += 1
        pairs[0].save(tmp_path / "pair")
        assert same_pair(sm.ActivationPair.load(tmp_path / "pair"), pairs[0])
    assert 0 < refused < 5
