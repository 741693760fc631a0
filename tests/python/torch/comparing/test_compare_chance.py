"""Nulls and intervals of whole comparisons: those of each layer's pair, shifted by whole inputs."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("torch")
pytest.importorskip("pandas")
import torch
from torch import nn

from compare_runs import compared, config, expected, made, place, runs
from spanmatch.comparison.comparison import Comparison
from spanmatch.torch import capture, compare

__all__ = ["made", "place"]  # fixtures
KEEPS = {"nulls", "folds", "seed"}


def net(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(180, 4))


def images(*sizes: int) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(size, 1, 8, 8, generator=generator) for size in sizes]


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(net(0), net(1), images(12, 9, 14), nulls=4, folds=5, seed=3, progress=False)


def test_each_layer_has_what_its_pair_tells(found: Comparison) -> None:
    assert list(found.nulls) == list(found.intervals) == list(found) == ["0", "1", "3"]
    for layer in found:
        pair = found.pair(layer)
        assert (pair.n_nulls, pair.n_folds, pair.n_items) == (4, 5, 35)
        assert found.nulls[layer] == sm.null_spectra(pair)
        assert found.intervals[layer] == sm.interval(pair)
    wanted = [sm.p_value(found.pair(layer)) for layer in found]
    np.testing.assert_array_equal(found.p_value, wanted)


def test_maps_are_rolled_by_whole_images() -> None:
    (batch,) = images(5)
    found = compare(net(0), net(1), [batch], layers="0", nulls=4, progress=False)
    x, y = (next(capture(net(seed), [batch], layers="0"))[1].numpy() for seed in (0, 1))
    rolls = [sm.spectrum(x, np.roll(y, 36 * items, axis=0)).x for items in range(1, 5)]
    for null in found.nulls["0"]:
        assert sum(np.allclose(null.x, roll, atol=1e-6) for roll in rolls) == 1


def test_tokens_are_rolled_and_dealt_by_whole_texts() -> None:
    layer = nn.Linear(6, 6)
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]])
    data = [torch.randn(5, 4, 6, generator=torch.Generator().manual_seed(0))]
    with pytest.warns(sm.UndersampledWarning):
        found = compare(layer, layer, data, nulls=1, mask=lambda _: mask.bool(), progress=False)
    (pair,) = (found.pair(key) for key in found)
    assert (pair.n_samples, pair.n_items) == (10, 4)


def test_means_over_positions_are_items() -> None:
    torch.manual_seed(0)
    coarse = nn.Sequential(nn.Conv2d(1, 5, 3, stride=2))
    found = compare(net(0)[:1], coarse, images(40), nulls=2, layers="0", progress=False)
    assert found.pair("0").n_samples == found.pair("0").n_items == 40


def test_one_input_alone_is_refused_with_the_layer_and_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"layer '0'.*batch 1.*one item.*batches of two items"):
        compare(net(0), net(1), images(30, 1), nulls=2, progress=False)
    assert compare(net(0), net(1), images(30, 1), folds=2, progress=False).inputs == 31


def test_all_pairs_have_no_folds() -> None:
    with pytest.raises(ValueError, match=r"cannot be combined: leave `all_pairs` out.*or leave"):
        compare(net(0), net(1), images(9), layers=["0"], all_pairs=True, folds=2, progress=False)


@pytest.mark.parametrize("keeps", [{"nulls": -1}, {"folds": 1}, {"seed": -1}])
def test_wrong_numbers_are_refused_before_any_work(keeps: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(keeps))}` must be"):
        compare(net(0), net(1), iter(()), progress=False, **keeps)


def test_a_saved_comparison_is_the_same(found: Comparison, tmp_path: Path) -> None:
    found.save(tmp_path)
    loaded = Comparison.load(tmp_path)
    assert loaded == found
    assert pickle.loads(pickle.dumps(found)) == found
    assert loaded.nulls["0"] == found.nulls["0"]
    assert loaded.pair("0").n_folds == 5
    # One without takes its place whole.
    plain = Comparison(dict(found), {layer: found.pair(layer) for layer in found}, inputs=35)
    assert plain != found
    plain.save(tmp_path)
    assert Comparison.load(tmp_path) == plain
    assert not any(path.is_file() for path in tmp_path.glob("[ni]*/*"))


@pytest.mark.parametrize("room", ["nulls", "intervals"])
def test_a_missing_file_is_named(found: Comparison, room: str, tmp_path: Path) -> None:
    found.save(tmp_path)
    next((tmp_path / room).iterdir()).unlink()
    with pytest.raises(sm.FileError, match=f"layer .*{room}.*missing"):
        Comparison.load(tmp_path)


def test_without_replicates_all_is_told_and_little_is_kept(
    found: Comparison, tmp_path: Path
) -> None:
    lean = found.without_replicates()
    assert lean == found
    assert (lean.pair("0").n_nulls, lean.pair("0").n_folds) == (0, 0)
    assert sm.spectrum(lean.pair("0")) == found["0"]
    sizes = []
    for name, each in (("lean", lean), ("whole", found)):
        each.save(tmp_path / name)
        sizes.append(sum(path.stat().st_size for path in (tmp_path / name / "pairs").iterdir()))
    assert 3 * sizes[0] < sizes[1]


def test_tables_say_which_layers_are_more_than_chance(found: Comparison) -> None:
    frame = found.to_dataframe()
    np.testing.assert_array_equal(frame["p_value"], found.p_value)
    np.testing.assert_array_equal(frame["area_low"], [i.area[0] for i in found.intervals.values()])
    assert (frame["null_area"] < 1).all()
    shown = repr(found)
    for text in ("95% interval", "4 nulls", "more than chance"):
        assert text in shown
    more = [str(layer) for layer in found if found.nulls[layer].p_value(found[layer]) == 0.2]
    assert f"above every null: {', '.join(more)}; " in shown
    assert "takes 19 distinct nulls" in " ".join(shown.split())
    assert all(found.solved(layer).beyond_chance is None for layer in found)
    assert "p_value" not in compare(net(0), net(1), images(20), progress=False).to_dataframe()


@pytest.mark.usefixtures("place")
def test_a_folder_goes_on_and_keeps_its_nulls() -> None:
    wanted = expected(nulls=3, folds=4, seed=2)
    settings = config(nulls=3, folds=4, seed=2)
    runs()
    assert compared("out", settings) == wanted
    assert Comparison.load("out") == wanted
    runs()
    # The spectrum comes last: where it is missing, its nulls are found again.
    next(Path("out/spectra").glob("head-*")).unlink()
    next(Path("out/nulls").glob("head-*")).unlink()
    assert compared("out", settings) == wanted
    assert runs() == ""
    with pytest.raises(ValueError, match="nulls"):
        compared("out", config(nulls=2, folds=4, seed=2))


@pytest.mark.parametrize("room", ["nulls", "intervals"])
@pytest.mark.usefixtures("place")
def test_what_a_folder_has_lost_beside_a_spectrum_is_found_again(room: str) -> None:
    settings = config(nulls=2, folds=3)
    wanted = compared("out", settings)
    shutil.rmtree(Path("out") / room)
    Path("out/comparison.json").unlink()
    runs()
    said: list[str] = []
    assert compared("out", settings, say=said.append) == wanted
    assert said == ["out holds 5 of 5 pairs and 0 of 5 spectra already"]
    assert runs() == ""


@pytest.mark.usefixtures("place")
def test_a_folder_of_before_there_were_nulls_has_none() -> None:
    wanted = compared("out")
    path = next(Path("out").glob("*config*"))
    there = json.loads(path.read_text())
    path.write_text(json.dumps({name: there[name] for name in there if name not in KEEPS}))
    runs()
    assert compared("out") == wanted
    assert runs() == ""
    with pytest.raises(ValueError, match=r"folds: 0 there, 4 now"):
        compared("out", config(folds=4))


def test_more_folds_than_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"12 folds need 12 inputs.* got 11"):
        compare(net(0), net(1), images(7, 4), folds=12, progress=False)


@pytest.mark.usefixtures("place")
def test_data_by_name_are_shuffled_for_nulls() -> None:
    settings = config(data="digits", limit=130, batch_size=43, nulls=2)
    orders: list[Any] = [
        settings.load_batches(),
        config(data="digits", limit=130, batch_size=43).load_batches(),
    ]
    labels = [torch.cat([targets for _, targets in batches]) for batches in orders]
    assert not torch.equal(*labels)
    assert torch.equal(*(each.sort().values for each in labels))
    # One input left alone joins the batch before.
    assert [len(targets) for _, targets in orders[0]] == [43, 43, 44]
    assert len(orders[0]) == 3
