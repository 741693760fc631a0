"""What single neurons share, in the tables, pictures and folders of a comparison."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from comparisons import LAYERS, PAIRS, Untouchable, comparison, contents, file_of
from single_neurons import mixed, rotated, tripled
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.rows import EPS

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.comparison.keys import Key

SIDES: dict[Key, sm.ActivationPair] = {"tripled": tripled(), "rotated": rotated(), "mixed": mixed()}
# s1, near and s at ε = 0.1 and at ε = 0.9.
PLANTED = {
    "tripled": ((0.5, 1, 1), (0.5, 1, 1)),
    "rotated": ((0, 0, 1), (1, 1, 1)),
    "mixed": ((0.25, 0.5, 1), (0.75, 1, 1)),
}


def compare(pairs: dict[Key, sm.ActivationPair]) -> Comparison:
    return Comparison(
        {key: sm.spectrum(pair) for key, pair in pairs.items()},
        pairs,
        one_to_one={key: sm.one_to_one(pair) for key, pair in pairs.items()},
    )


def name_of(key: Key) -> str:
    return key[0] if isinstance(key, tuple) else key


PLAIN = compare(dict(SIDES))
ALL = compare({(name_of(key), "b"): pair for key, pair in SIDES.items()})
OLD = Comparison(dict(PLAIN), SIDES)
each = pytest.mark.parametrize("compared", [PLAIN, ALL], ids=["plain", "all pairs"])


@each
def test_it_is_a_mapping_beside_the_spectra(compared: Comparison) -> None:
    assert list(compared.one_to_one) == list(compared)
    for key, pairs in compared.one_to_one.items():
        assert pairs == sm.one_to_one(SIDES[name_of(key)])
        assert compared.solved(key).one_to_one is pairs
    with pytest.raises(TypeError):
        compared.one_to_one["mixed"] = None  # type: ignore[index]


def test_what_is_none_of_a_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="a one-to-one of 'b', which is no layer"):
        Comparison({"a": PLAIN["mixed"]}, None, one_to_one={"b": PLAIN.one_to_one["mixed"]})


@each
def test_rows_hold_s1_and_near_at_every_eps(compared: Comparison) -> None:
    pytest.importorskip("pandas")
    frame = compared.to_dataframe()
    names = ["one_to_one_area", *(f"{what}({eps:g})" for what in ("s1", "near") for eps in EPS)]
    assert list(frame.columns)[-len(names) - 1 :] == [*names, "note"]
    for (_, row), (key, pairs) in zip(frame.iterrows(), compared.one_to_one.items(), strict=True):
        for eps, planted in zip((0.1, 0.9), PLANTED[name_of(key)], strict=True):
            assert tuple(row[f"{what}({eps})"] for what in ("s1", "near", "s")) == planted
        assert row["one_to_one_area"] == pairs.area
        assert [row[f"s1({eps:g})"] for eps in EPS] == pairs.similarity(EPS).tolist()
        assert [row[f"near({eps:g})"] for eps in EPS] == pairs.near(EPS).tolist()


@each
def test_plain_data_hold_all_of_it(compared: Comparison) -> None:
    data = json.loads(json.dumps(compared.to_dict()))
    for entry, pairs in zip(data["layers"], compared.one_to_one.values(), strict=True):
        assert sm.OneToOne(**entry["spectrum"]["one_to_one"]) == pairs
        assert entry["s1(0.5)"] == pairs.similarity(0.5)


def test_the_table_of_text_has_s1_beside_s() -> None:
    lines = repr(PLAIN).splitlines()
    head = lines[2].split()
    assert head[-10:] == [part for eps in EPS[::2] for part in (f"s({eps:g})", "s1")]
    for line, (name, pairs) in zip(lines[3:6], PLAIN.one_to_one.items(), strict=True):
        cells = [cell.strip("()") for cell in line.split()[-10:]]
        assert cells[::2] == ["1.00"] * 5
        assert cells[1::2] == [f"{pairs.similarity(eps):.2f}" for eps in EPS[::2]]
        assert line.startswith(str(name))
    (said,) = (line for line in lines if line.startswith("s1"))
    assert "disjoint pairs of single neurons" in said
    assert repr(ALL).splitlines()[2].split()[-2:] == ["s(0.9)", "s1"]


def test_html_has_s1_beside_s() -> None:
    shown = PLAIN._repr_html_()
    assert shown.count("<th>s1</th>") == 5
    assert "disjoint pairs of single neurons" in shown
    # The matrix of all pairs holds areas alone.
    assert "s1" not in ALL._repr_html_()


def test_without_it_nothing_is_said() -> None:
    for shown in (repr(OLD), OLD._repr_html_(), json.dumps(OLD.to_dict())):
        assert "s1" not in shown
        assert "one_to_one" not in shown
    assert OLD != PLAIN
    part = Comparison(dict(PLAIN), None, one_to_one={"mixed": PLAIN.one_to_one["mixed"]})
    # Where it is known of some, the others have empty cells.
    lines = repr(part).splitlines()
    assert [len(line.split()) for line in lines[2:6]] == [14, 11, 11, 16]


@pytest.mark.parametrize("paired", [True, False])
def test_it_is_kept_in_the_folder(paired: bool, tmp_path: Path) -> None:
    kept = PLAIN if paired else PLAIN.without_pairs()
    kept.save(tmp_path)
    assert sm.load(tmp_path) == PLAIN
    assert pickle.loads(pickle.dumps(kept)) == PLAIN
    for name, pairs in PLAIN.one_to_one.items():
        assert sm.load(file_of(tmp_path, str(name), "one_to_one")) == pairs
    assert len(contents(tmp_path)) == 1 + (3 if paired else 2) * len(PLAIN)
    # One without it takes the place of one that has it, and its files.
    OLD.save(tmp_path)
    again = Comparison.load(tmp_path)
    assert (again == OLD, dict(again.one_to_one)) == (True, {})
    assert len(contents(tmp_path)) == 1 + 2 * len(PLAIN)


def test_a_file_that_is_listed_and_missing_is_said(tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    file_of(tmp_path, "mixed", "one_to_one").unlink()
    with pytest.raises(sm.FileError, match=r"layer mixed: .*, its one_to_one, is missing"):
        Comparison.load(tmp_path)


def test_few_layers_have_bands_in_their_panels() -> None:
    pytest.importorskip("matplotlib")
    from band_edges import edges

    figure = PLAIN.plot()
    for panel, (name, planted) in zip(figure.axes, PLANTED.items(), strict=True):
        assert panel.get_title().startswith(name)
        for at, (single, near, whole) in zip((100, 900), planted, strict=True):
            low, high = edges(panel)
            assert low[:, at].tolist() == [0, single, near]
            assert high[:, at].tolist() == [single, near, whole]
    assert len(figure.legends) == 1


def test_many_layers_have_bands_under_their_areas() -> None:
    pytest.importorskip("matplotlib")
    from band_edges import edges

    names = [f"layer {number}" for number in range(13)]
    many = comparison(names, lazy=True, single=True)
    figure = many.plot()
    areas = figure.axes[1]
    low, high = edges(areas, upright=True)
    single = [pairs.area for pairs in many.one_to_one.values()]
    near = [
        float(np.maximum(0, 1 - np.concatenate(pairs.partner_residuals)).mean())
        for pairs in many.one_to_one.values()
    ]
    np.testing.assert_allclose(low, np.array([np.zeros(13), single, near]))
    np.testing.assert_allclose(high, np.array([single, near, many.area]))
    legend = areas.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["area", "by chance"]
    assert len(figure.legends) == 1
    assert comparison(names, lazy=True).plot().legends == []


@pytest.mark.parametrize("keys", [LAYERS, PAIRS], ids=["plain", "all pairs"])
def test_pairs_are_left_alone(keys: Any) -> None:
    pytest.importorskip("matplotlib")
    lazy = comparison(keys, lazy=True, single=True)
    assert lazy == comparison(keys, single=True)
    assert isinstance(lazy._pairs, Untouchable)
    for show in (repr, Comparison.to_dict, Comparison.plot, Comparison._repr_html_):
        show(lazy)
