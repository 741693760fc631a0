"""Many networks compared: arrays, tables, pictures, files."""

from __future__ import annotations

import json
import pickle
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from many_networks import make_many
from spanmatch.base.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

RIDGE = 0.1


MANY = make_many(nulls=19, folds=3)


def test_arrays_have_what_the_comparisons_say() -> None:
    assert MANY.layers == ("conv", "fc")
    assert len(MANY) == 2
    layer = MANY["fc"]
    for a, b in permutations(range(4), 2):
        there = MANY.comparison(f"net {a}", f"net {b}")
        answer = there.solved("fc")
        assert answer.one_to_one is not None
        assert answer.interval is not None
        assert layer.area[a, b] == there["fc"].area
        assert layer.similarity(0.3)[a, b] == there["fc"].similarity(0.3)
        assert layer.one_to_one([0.1, 0.8])[a, b] == pytest.approx(
            answer.one_to_one.similarity([0.1, 0.8])
        )
        assert layer.p_value[a, b] == there.p_value[1]
        assert np.array_equal(layer.interval[a, b], answer.interval.area)
    # What lives is shared with itself: of the last network two of three neurons.
    assert layer.area.diagonal() == pytest.approx([1, 1, 1, 2 / 3])
    assert layer.similarity([0.0, 0.5]).shape == (4, 4, 2)
    assert layer.area[0, 1] == 1.0
    assert layer.area[0, 2] < 0.5
    assert np.isnan(layer.p_value.diagonal()).all()


def test_without_nulls_and_folds_and_with_a_ridge_there_is_nan() -> None:
    plain, ridged = make_many(3)["conv"], make_many(3, ridge=RIDGE)["conv"]
    assert np.isnan(plain.p_value).all()
    assert plain.interval.shape == (3, 3, 2)
    assert np.isnan(plain.interval).all()
    # A ridge leaves a residual of a neuron on itself.
    assert np.isnan(ridged.area.diagonal()).all()
    assert not np.isnan(ridged.area[0, 1])


@pytest.mark.parametrize("name", ["linear_cka", "debiased_cka", "r2_x", "pwcca", "ridge_cca"])
def test_a_measure_is_that_of_each_pair(name: str) -> None:
    found = MANY["conv"].measure(name)
    also = (name,) if name == "ridge_cca" else ()
    for a, b in permutations(range(4), 2):
        measured = sm.measures(MANY.pair("conv", f"net {a}", f"net {b}"), also=also)
        value = measured.also[name] if also else getattr(measured, name)
        assert found[a, b] == pytest.approx(value, abs=1e-12)
    assert found.diagonal() == pytest.approx([np.nan if also else 1.0] * 4, nan_ok=True)
    found[0, 1] = 7.0
    assert MANY["conv"].measure(name)[0, 1] != 7.0
    with pytest.raises(KeyError, match="no measure 'linear_ck': did you mean 'linear_cka'"):
        MANY["conv"].measure("linear_ck")


def test_a_measure_of_a_network_with_itself_is_what_its_definition_says() -> None:
    from spanmatch.comparison.many.network_measures import USUAL, WITH_ITSELF

    x = np.random.default_rng(1).standard_normal((40, 3))
    measured = sm.measures(x, x)
    for name, value in WITH_ITSELF.items():
        assert getattr(measured, name) == pytest.approx(value, abs=1e-6), name
    assert set(WITH_ITSELF) < set(USUAL)


def test_the_other_order_has_sides_exchanged() -> None:
    there, back = MANY.comparison("net 0", "net 3"), MANY.comparison("net 3", "net 0")
    assert list(back) == list(there)
    assert np.array_equal(back["fc"].x, there["fc"].y)
    assert back.nulls["fc"].p_value(back["fc"]) == there.nulls["fc"].p_value(there["fc"])
    pair = back.pair("fc")
    assert np.allclose(sm.spectrum(pair).x, back["fc"].x, atol=1e-9)
    assert np.allclose(sm.null_spectra(pair).x, back.nulls["fc"].x, atol=1e-9)
    calibrated = back.calibrated()["fc"]["linear_cka"]
    assert calibrated == pytest.approx(there.calibrated()["fc"]["linear_cka"], abs=1e-12)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="no layer 'fcc': did you mean 'fc'"):
        MANY["fcc"]
    with pytest.raises(KeyError, match="no network 'net 9'"):
        MANY.comparison("net 0", "net 9")
    with pytest.raises(KeyError, match="'net 0' and 'net 0' were not compared"):
        MANY.pair("fc", "net 0", "net 0")
    bare = sm.ManyComparison(MANY.networks, MANY.comparisons)
    with pytest.raises(ValueError, match="made without sums"):
        bare.pair("fc", "net 0", "net 1")
    first = dict(list(MANY.comparisons.items())[:1])
    for networks, comparisons, reference, said in (
        (["a"], first, None, "two at least"),
        (MANY.networks, {}, None, "no two networks"),
        (MANY.networks, first, "x", "none of the networks"),
        (MANY.networks, first, "net 2", "does not begin with the reference"),
        (["net 1", "net 0"], first, None, "in another order"),
        (["net 1", "net 9"], first, None, "not two of the networks"),
    ):
        with pytest.raises(ValueError, match=said):
            sm.ManyComparison(networks, comparisons, reference=reference)


def test_a_table_names_the_most_alike() -> None:
    lines = repr(MANY).splitlines()
    assert lines[0] == "ManyComparison of 4 networks, 6 pairs at 2 layers, 60 inputs"
    assert lines[3].split() == ["conv", *lines[3].split()[1:4], "net", "0", "and", "net", "1"]
    assert "1.0000" in lines[3]
    wide = make_many(3, tuple(f"layer.{at}" for at in range(50)))
    assert "and 10 more layers" in repr(wide)
    assert "each with 'net 1'" in repr(make_many(3, reference="net 1"))


def test_a_long_table_has_a_row_for_every_two_at_every_layer() -> None:
    table = MANY.to_dataframe()
    assert len(table) == 12
    assert list(table.columns[:3]) == ["network_a", "network_b", "layer"]
    row = table[(table.network_a == "net 0") & (table.network_b == "net 2") & (table.layer == "fc")]
    assert row.area.item() == MANY["fc"].area[0, 2]
    plain = json.loads(json.dumps(MANY.to_dict()))
    assert plain["networks"] == list(MANY.networks)
    assert plain["rows"][0]["network_b"] == "net 1"


def test_a_notebook_shows_the_same_table() -> None:
    odd = make_many(names=["a<b>", "b", "c", "d"], layers=("conv<i>", "fc"))
    html = odd._repr_html_()
    assert "<b>ManyComparison</b> of 4 networks, 6 pairs at 2 layers, 60 inputs" in html
    assert "conv&lt;i&gt;" in html
    assert "a&lt;b&gt; and b" in html
    assert "<i>" not in html
    median = np.median(odd["fc"].area[np.triu_indices(4, 1)])
    assert f"{100 * median:.1f}%" in html
    assert f">{median:.4f}</td>" in html
    wide = make_many(3, tuple(f"layer.{at}" for at in range(50)))._repr_html_()
    assert wide.count("<tr>") == 1 + 40 + 1
    assert "…" in wide


def test_identical_networks_are_groups_of_networks() -> None:
    given = MANY.networks, MANY.comparisons
    many = sm.ManyComparison(*given, identical=[["net 1", "net 3"]])
    assert many.identical == (("net 1", "net 3"),)
    assert many.to_dict()["identical"] == [["net 1", "net 3"]]
    assert many != sm.ManyComparison(*given)
    for groups, said in (
        ([("net 1",)], "groups of two or more"),
        ([("net 1", "net 2"), ("net 2", "net 3")], "groups of two or more"),
        ([("net 1", "net 9")], r"\['net 9'\] are none of the networks"),
    ):
        with pytest.raises(ValueError, match=said):
            sm.ManyComparison(*given, identical=groups)


@pytest.mark.parametrize("reference", [None, "net 2"])
def test_saved_it_is_the_same(tmp_path: Path, reference: str | None) -> None:
    many = make_many(reference=reference, nulls=2, folds=2)
    sm.save(many, tmp_path / "many")
    loaded = sm.load(tmp_path / "many")
    assert isinstance(loaded, sm.ManyComparison)
    assert loaded == many == pickle.loads(pickle.dumps(loaded))
    assert loaded.reference == reference
    other = loaded.pair("conv", "net 2", "net 0")
    assert np.array_equal(other.gram(), many.pair("conv", "net 2", "net 0").gram())
    assert loaded.comparison("net 2", "net 1").pair("fc").n_samples == 60
    # Over itself, and over another that has more of everything.
    loaded.save(tmp_path / "many")
    assert sm.load(tmp_path / "many") == many
    smaller = make_many(2, ("fc",))
    smaller.save(tmp_path / "many")
    assert sm.load(tmp_path / "many") == smaller
    assert len(list((tmp_path / "many" / "comparisons").iterdir())) == 1
    assert len(list((tmp_path / "many" / "sums").iterdir())) == 1


def test_which_are_identical_is_kept_and_older_folders_do_not_say(tmp_path: Path) -> None:
    made = make_many(3)
    many = sm.ManyComparison(made.networks, made.comparisons, identical=[("net 0", "net 2")])
    many.save(tmp_path)
    loaded = sm.ManyComparison.load(tmp_path)
    assert loaded.identical == (("net 0", "net 2"),)
    assert loaded == many == pickle.loads(pickle.dumps(many))
    index = tmp_path / "many.json"
    plain = json.loads(index.read_text())
    del plain["identical"]
    index.write_text(json.dumps(plain))
    assert sm.ManyComparison.load(tmp_path).identical == ()
    for spoilt in ([["net 0", "net 9"]], [7], 7):
        index.write_text(json.dumps({**plain, "identical": spoilt}))
        with pytest.raises(FileError, match="damaged"):
            sm.ManyComparison.load(tmp_path)


def test_what_else_is_in_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "mine.txt").write_text("mine")
    make_many(3).save(tmp_path)
    assert (tmp_path / "sums" / "mine.txt").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / "many.json").write_text('{"what": "mine"}')
    with pytest.raises(FileError, match="not one that spanmatch has written"):
        make_many(3).save(other)
    assert (other / "many.json").read_text() == '{"what": "mine"}'


def test_of_a_damaged_folder_it_says_what_is_wrong(tmp_path: Path) -> None:
    make_many(3).save(tmp_path)
    index = tmp_path / "many.json"
    plain = json.loads(index.read_text())
    for spoilt, said in (
        ({**plain, "format": 99}, "format 99.*upgrade"),
        ({**plain, "spanmatch": "x"}, "not one that spanmatch has written"),
        ({name: value for name, value in plain.items() if name != "networks"}, "damaged"),
        ({**plain, "comparisons": [["net 0"]]}, "damaged"),
        ({**plain, "layers": ["gone"]}, "layer gone: its file"),
        ({**plain, "comparisons": [["net 0", "net 9"]]}, "missing"),
        ({**plain, "networks": ["net 0", "net 2"]}, "damaged|not two of"),
    ):
        index.write_text(json.dumps(spoilt))
        with pytest.raises(FileError, match=said):
            sm.load(tmp_path)
    index.unlink()
    with pytest.raises(FileError, match=r"many\.json is missing"):
        sm.ManyComparison.load(tmp_path)


@pytest.mark.parametrize("count", [2, 3, 20])
def test_pictures_are_drawn_of_few_and_of_many(tmp_path: Path, count: int) -> None:
    many = make_many(count, tuple(f"features.{at}" for at in range(2 if count > 3 else 15)))
    figure = many.plot(tmp_path / "many.png")
    assert (tmp_path / "many.png").stat().st_size > 1000
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == (2 if count > 3 else 12)
    shown = np.ma.filled(panels[0].images[0].get_array(), np.nan)  # type: ignore[arg-type]
    assert np.isfinite(shown).sum() == count * (count - 1)
    assert ("12 of 15 shown" in figure.get_suptitle()) == (count <= 3)


def test_with_a_reference_areas_go_along_the_networks(tmp_path: Path) -> None:
    many = make_many(4, reference="net 0")
    figure = many.plot(tmp_path / "curves.svg")
    (axes,) = figure.axes
    lines = {str(line.get_label()): line.get_ydata() for line in axes.lines}
    assert lines["conv"] == pytest.approx(many["conv"].area[0, 1:])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["net 1", "net 2", "net 3"]


def test_names_are_no_formulas_and_are_thinned_where_they_would_touch(tmp_path: Path) -> None:
    names = ["a$b$", "x^$2_3", "_c", "<b>d</b>", "ü", "e" * 60]
    for reference in (None, "_c"):
        many = make_many(names=names, layers=("_in$x$", "fc"), reference=reference)
        figure = many.plot(tmp_path / "many.svg")
        text = (tmp_path / "many.svg").read_text()
        assert "<b>" not in text
        labels = [
            label.get_text()
            for axes in figure.axes
            for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
        ]
        assert r"a\$b\$" in labels
        if reference is not None:
            (legend,) = (axes.get_legend() for axes in figure.axes)
            assert legend is not None
            assert [each.get_text().strip("\u200b") for each in legend.get_texts()] == [
                r"_in\$x\$",
                "fc",
            ]
    grid = make_many(40, ("fc",)).plot().axes[0]
    (panel,) = [axes for axes in grid.figure.axes if axes.images and axes.get_yticks().size > 0]
    extents = [label.get_window_extent() for label in panel.get_yticklabels()]
    assert 2 <= len(extents) <= 40
    assert all(above.y0 >= below.y1 - 1 for above, below in pairwise(extents))


def test_distances_are_of_the_mean_over_layers() -> None:
    from spanmatch.comparison.many.network_distances import find_distances

    far = find_distances(MANY)
    mean = (MANY["conv"].area + MANY["fc"].area) / 2
    assert far[0, 2] == pytest.approx(1 - mean[0, 2])
    assert far[0, 1] == 0.0
    assert (far.diagonal() == 0).all()
    assert np.isnan(find_distances(make_many(3, reference="net 0"))[1, 2])
