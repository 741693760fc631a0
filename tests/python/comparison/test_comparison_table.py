"""The tables of a comparison: rows, text, HTML."""

from __future__ import annotations

import json
import pickle
import re
import sys
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import spanmatch as sm
from comparisons import LONG, PAIRS, Untouchable, comparison
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.keys import shorten_names

PLAIN, ALL = comparison(inputs=12, notes={"features.3": "mean over positions"}), comparison(PAIRS)
each = pytest.mark.parametrize("compared", [PLAIN, ALL], ids=["plain", "all pairs"])


class Cells(HTMLParser):
    """The texts of the cells of each row, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag in ("td", "th") and data != "\n":
            self.rows[-1][-1] += data


@each
def test_the_dataframe_has_the_figures_of_the_spectra(compared: Comparison) -> None:
    pytest.importorskip("pandas")
    frame = compared.to_dataframe()
    assert len(frame) == len(compared)
    names = ["layer_a", "layer_b"] if compared.all_pairs else ["layer"]
    eps = [tenths / 10 for tenths in range(1, 10)]
    assert list(frame.columns) == [
        *names,
        *(
            "n_x",
            "n_y",
            "dead_x",
            "dead_y",
            "samples",
            "inputs",
            "chance",
            "area",
            "corrected_area",
        ),
        *(f"s(0.{tenths})" for tenths in range(1, 10)),
        "note",
    ]
    for (_, row), (key, spectrum) in zip(frame.iterrows(), compared.items(), strict=True):
        assert [row[name] for name in names] == (list(key) if len(names) == 2 else [key])
        assert (row["n_x"], row["n_y"]) == (spectrum.x.size, spectrum.y.size)
        assert (row["dead_x"], row["dead_y"], row["samples"]) == (1, 0, 60)
        assert row["inputs"] == compared.inputs
        assert row["area"] == spectrum.area
        assert row["chance"] == spectrum.chance_level
        assert [row[f"s({level:g})"] for level in eps] == spectrum.similarity(eps).tolist()
        assert row["note"] == ("mean over positions" if key == "features.3" else "")


def test_without_pandas_the_error_says_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        PLAIN.to_dataframe()


@each
def test_plain_data_holds_all_of_the_spectra(compared: Comparison) -> None:
    data = json.loads(json.dumps(compared.to_dict()))
    assert (data["center"], data["inputs"]) == (False, compared.inputs)
    assert len(data["layers"]) == len(compared)
    for entry, (key, spectrum) in zip(data["layers"], compared.items(), strict=True):
        assert sm.MatchSpectrum(**entry["spectrum"]) == spectrum
        assert entry["area"] == spectrum.area
        assert entry.get("layer", (entry.get("layer_a"), entry.get("layer_b"))) == key


def test_the_table_of_text_has_a_line_for_each_layer() -> None:
    lines = repr(PLAIN).splitlines()
    assert lines[0] == "Comparison: 3 layers, 60 samples, 12 inputs"
    assert lines[2].split()[:5] == ["layer", "neurons", "dead", "chance", "area"]
    for line, (layer, spectrum) in zip(lines[3:6], PLAIN.items(), strict=True):
        chance = spectrum.chance_level
        cells = re.split(r"  +", line)
        sizes = f"{spectrum.x.size} + 5"
        assert cells[:5] == [layer, sizes, "1 + 0", f"{chance:.2f}", f"{spectrum.area:.2f}"]
        for cell, eps in zip(cells[5:], [0.1, 0.3, 0.5, 0.7, 0.9], strict=True):
            value = f"{spectrum.similarity(eps):.2f}"
            assert cell == (f"({value})" if eps >= chance else value)
    assert "features.3: mean over positions" in lines
    assert "true chance level lies lower" in repr(PLAIN)
    assert "true chance level" not in repr(ALL)
    assert "centred" in repr(comparison(center=True))


def test_all_pairs_in_text_are_each_layer_of_a_with_the_most_alike_of_b() -> None:
    assert repr(ALL).startswith("Comparison: 3 × 2 layers, 60 samples\n")
    shown = [line.split()[:2] for line in repr(ALL).splitlines()[3:6]]
    best = [ALL.layers_b[place] for place in ALL.area.argmax(axis=1)]
    assert shown == [[a, b] for a, b in zip(ALL.layers_a, best, strict=True)]


def test_of_many_layers_the_middle_is_left_out() -> None:
    for keys, count in ((LONG[:40], 40), (LONG[:41], 40), (LONG, 40)):
        names = {key.split(".")[2] for key in (*keys[:20], *keys[-20:])}
        compared = comparison(keys, lazy=True)
        shown = re.findall(r"^…?(?:encoder\.layer\.)?(\d+)\.", repr(compared), re.MULTILINE)
        assert set(shown) == names
        assert len(shown) == count
        assert ("\n…\n" in repr(compared)) == (len(keys) > 40)
        assert len(Cells(compared._repr_html_()).rows) == 1 + count + (len(keys) > 40)


def test_notes_are_gathered_by_what_they_say() -> None:
    notes = dict.fromkeys(LONG[:7], "pooled") | {LONG[7 + n]: f"note {n}" for n in range(9)}
    last = repr(comparison(LONG, lazy=True, notes=notes)).splitlines()[-6:]
    assert last[0] == f"{', '.join(LONG[:3])} and 4 more: pooled"
    assert last[1:5] == [f"{LONG[7 + n]}: note {n}" for n in range(4)]
    assert last[5] == "… and 5 more notes"


@pytest.mark.parametrize("all_pairs", [False, True])
def test_html_escapes_what_it_is_given(all_pairs: bool) -> None:
    evil = "<script>alert('\"&')</script>"
    key = (evil, evil) if all_pairs else evil
    shown = comparison([key], notes={key: evil})._repr_html_()
    cells = Cells(shown)
    assert "script" not in cells.tags
    assert cells.tags <= {"div", "p", "b", "table", "tr", "th", "td", "small", "br"}
    assert any(evil in row for row in cells.rows)
    assert "http" not in shown


def test_html_shows_areas() -> None:
    rows = Cells(PLAIN._repr_html_()).rows
    place = rows[0].index("area")
    assert [row[place] for row in rows[1:]] == [f"{area:.2f}" for area in PLAIN.area]
    assert f"{100 * PLAIN.area[0]:.1f}%" in PLAIN._repr_html_()
    head, *matrix = Cells(ALL._repr_html_()).rows
    assert head == ["area", *ALL.layers_b]
    assert [row[0] for row in matrix] == list(ALL.layers_a)
    assert [row[1:] for row in matrix] == [[f"{area:.2f}" for area in row] for row in ALL.area]
    gaps = Cells(comparison([PAIRS[0], PAIRS[3]])._repr_html_()).rows
    assert [row[1:].count("") for row in gaps[1:]] == [1, 1]


def test_html_of_many_pairs_leaves_out_the_middle() -> None:
    spectrum = PLAIN["features.0"]
    many = Comparison({(a, b): spectrum for a in LONG for b in LONG}, Untouchable())
    rows = Cells(many._repr_html_()).rows
    assert len(rows) == 42
    assert len(rows[0]) == len(rows[1]) == 42
    assert rows[0][21] == rows[21][0] == "…"


def test_a_layer_of_the_dead_is_shown() -> None:
    empty = sm.ActivationPair()
    empty.update(np.zeros((20, 2)), np.zeros((20, 2)))
    for key in ("fc", ("fc", "fc")):
        dead = Comparison({key: sm.spectrum(empty)}, {key: empty})
        assert "0.00" in repr(dead)
        assert "nan" in repr(dead)
        assert "0.00" in dead._repr_html_()
        assert np.isnan(dead.chance).all()
        assert dead == pickle.loads(pickle.dumps(dead))


@pytest.mark.parametrize("letters", [4, 10, 34])
def test_short_names_stay_apart(letters: int) -> None:
    names = [*LONG, "encoder.layer.0", "encoder.layer.0.attention.output.dense.bias"]
    short = shorten_names(names, letters)
    assert list(short) == names
    assert len(set(short.values())) == len(names)
    assert shorten_names(["a.b", "a.c"], 3) == {"a.b": "a.b", "a.c": "a.c"}
    assert shorten_names(["deep.net.a", "deep.net.b"], 4) == {
        "deep.net.a": "…a",
        "deep.net.b": "…b",
    }
    assert max(map(len, shorten_names(LONG, 34).values())) <= 34
