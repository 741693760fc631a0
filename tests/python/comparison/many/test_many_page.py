"""The page of many networks: it stands alone, and says what the comparison holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
import spanmatch as sm
from html_pages import Page, parsed
from many_networks import make_many
from spanmatch.comparison.many.many_findings import describe_findings
from spanmatch.comparison.many.report.origin import Origin
from spanmatch.comparison.many.report.page import ROWS, render_page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

ORIGIN = Origin(
    "0.9.9",
    models={"net 0": "nets.py:small", "net 1": "nets.py:small"},
    checkpoints={"net 1": "run/step1.pt"},
    data="digits",
    options={"nulls": "19", "seed": "3"},
    remark="Shuffled",
)


@pytest.fixture
def show(tmp_path: Path) -> Any:
    def show(many: sm.ManyComparison, origin: Origin = ORIGIN) -> tuple[str, Page, str]:
        """Return a page as text, as it is read, and its words alone."""
        text = render_page(many, origin)
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page = parsed(tmp_path / "page.html")
        return text, page, " ".join(" ".join(page.texts).split())

    return show


def left_out(many: sm.ManyComparison, layer: str, network: str, reason: str) -> sm.ManyComparison:
    """The same without a layer in the pairs of one network."""
    comparisons = {}
    for pair, each in many.comparisons.items():
        missing = network in pair
        kept = [key for key in each if not (missing and key == layer)]
        comparisons[pair] = sm.Comparison(
            {key: each[key] for key in kept},
            None,
            inputs=each.inputs,
            notes={"fc": "rows were <matched>"},
            left_out={layer: reason} if missing else {},
        )
    return sm.ManyComparison(many.networks, comparisons, reference=many.reference)


def test_the_page_stands_alone_and_is_the_same_again(show: Any) -> None:
    many = make_many(nulls=19, folds=3)
    text, page, words = show(many)
    assert all(each.startswith(("#", "data:image/png;")) for each in page.references)
    assert "http" not in text
    assert text.count("url(") == text.count("url(#")
    assert len(set(page.ids)) == len(page.ids) > 0
    assert "nan" not in words
    assert render_page(make_many(nulls=19, folds=3), ORIGIN) == text


def test_it_says_what_stands_out_and_how_it_was_made(show: Any) -> None:
    many = make_many(nulls=19, folds=3)
    _, page, words = show(many)
    for said in describe_findings(many):
        assert said in page.texts
    medians = {name: np.median(layer.area[np.triu_indices(4, 1)]) for name, layer in many.items()}
    for name, median in medians.items():
        assert f"{median:.2f} at layer {name}" in words
    judged = [each.beyond_chance for layer in many.values() for each in layer.answers.values()]
    assert f"; {sum(map(bool, judged))} of {len(judged)} areas are clearly more than" in words
    for said in ("each with each", "on 60 inputs", "of digits", "Shuffled.", "nets.py:small"):
        assert said in words
    for said in ("run/step1.pt", "nulls 19", "seed 3", "Computed by spanmatch 0.9.9", "1810.11750"):
        assert said in words
    bare = show(many, Origin("0.9.9"))[2]
    assert "checkpoint" not in bare
    assert "config.json" not in bare


def test_the_numbers_are_those_of_the_comparison(show: Any) -> None:
    many = make_many(nulls=19, folds=3)
    words = show(many)[2]
    upper = np.triu_indices(4, 1)
    for name, layer in many.items():
        area = layer.area[upper]
        nulls = np.concatenate([each.nulls.area for each in layer.answers.values() if each.nulls])
        low, high = layer.interval[upper].T
        s = layer.similarity([0.1, 0.3, 0.5])[upper].mean(0)
        row = words[words.index(f"{name} 3 1 60 {area.mean():.3f}") :][:200]
        assert f"{area.mean():.3f} {area.min():.3f} {area.max():.3f}" in row
        assert f"{nulls.min():.3f} to {nulls.max():.3f}" in row
        assert f" {(high - low).max():.3f} {layer.one_to_one_area[upper].mean():.3f} " in row
        assert " ".join(f"{value:.3f}" for value in s) in row.replace("(", "").replace(")", "")
        for (a, b), answer in layer.answers.items():
            assert answer.nulls is not None
            p = answer.nulls.p_value(answer.spectrum)
            shown = words[words.index(f"{name} {a} and {b} {answer.spectrum.area:.3f}") :][:100]
            assert f" {p:.2g} " in shown
    mean = np.mean([layer.area for layer in many.values()], axis=0)
    assert f"net 2 {np.delete(mean[2], 2).mean():.3f}" in words


def test_pictures_are_of_all_with_all_or_along_a_reference(show: Any) -> None:
    def ids(many: sm.ManyComparison) -> list[str]:
        return [each for each in show(many)[1].ids if each in {"areas", "one-to-one", "nearest"}]

    many = make_many()
    assert ids(many) == ["areas", "one-to-one", "nearest"]
    bare = {
        pair: sm.Comparison(dict(each), None, inputs=60) for pair, each in many.comparisons.items()
    }
    # Of comparisons that were made before there was a one-to-one.
    assert ids(sm.ManyComparison(many.networks, bare)) == ["areas", "nearest"]
    _, page, words = show(make_many(reference="net 2"))
    assert "course" in page.ids
    assert "areas" not in page.ids
    assert "How alike is each of 3 networks to net 2?" in words
    assert "There is no tree" not in words


def test_what_is_absent_is_named_with_its_reason(show: Any) -> None:
    many = left_out(make_many(), "conv", "net 3", "in net 3: it has <none>")
    text, _, words = show(many)
    assert "What was left out" in words
    assert "conv: in net 3: it has <none>" in words
    assert "<none>" not in text
    assert "over the 1 of 2 layers that all pairs have" in words
    assert "conv 3 " in words  # pairs
    assert "rows were <matched>: fc of net 0 and net 1" in words
    assert "Where there is no figure and no colour" in words
    assert "nan" not in words
    whole = show(make_many())[2]
    assert "What was left out" not in whole
    assert "Notes on pairs" not in whole


def test_without_layers_of_all_or_differences_there_is_no_tree(show: Any) -> None:
    many = make_many(3)
    parts = {("net 0", "net 1"): "conv", ("net 0", "net 2"): "fc", ("net 1", "net 2"): "fc"}
    comparisons = {
        pair: sm.Comparison({key: many.comparisons[pair][key]}, None) for pair, key in parts.items()
    }
    words = show(sm.ManyComparison(many.networks, comparisons))[2]
    assert "no tree of the networks: there is no layer at which all pairs were" in words
    del comparisons["net 1", "net 2"]
    comparisons["net 0", "net 1"] = comparisons["net 0", "net 2"]
    words = show(sm.ManyComparison(many.networks, comparisons))[2]
    assert "no tree of the networks: some pairs" in words
    assert "of which 2 pairs could be compared" in words
    same = dict.fromkeys(many.comparisons, many.comparisons["net 0", "net 1"])
    alike = {pair: sm.Comparison({"fc": each["fc"]}, None) for pair, each in same.items()}
    words = show(sm.ManyComparison(many.networks, alike))[2]
    assert "by their mean areas they do not differ" in words
    assert "1.00 at layer fc" in words


def test_too_few_samples_and_dependent_ones_are_warned_of(show: Any) -> None:
    assert "Warnings None." in show(make_many())[2]
    rows = np.random.default_rng(0).standard_normal((3, 20, 8))
    told = {
        pair: sm.Comparison({"fc": sm.spectrum(rows[pair[0]], rows[pair[1]])}, None, inputs=4)
        for pair in [(0, 1), (0, 2), (1, 2)]
    }
    many = sm.ManyComparison("abc", {("abc"[i], "abc"[j]): each for (i, j), each in told.items()})
    words = show(many)[2]
    assert "fc, 3 of 3 pairs: 20 samples for 8 neurons on the larger side" in words
    assert "the true chance level lies lower than the one computed from counts" in words


def test_identical_networks_are_named(show: Any) -> None:
    many = make_many()
    words = show(sm.ManyComparison(many.networks, many.comparisons, identical=[many.networks[:2]]))
    assert "net 0, net 1 are one file, byte for byte" in words[2]
    assert "same file as" in words[2]
    assert "same file as" not in show(many)[2]


def test_identical_networks_count_once_in_every_number(show: Any) -> None:
    many = make_many(4, nulls=19)
    distinct = sm.ManyComparison(
        many.networks[1:],
        {pair: each for pair, each in many.comparisons.items() if "net 0" not in pair},
    )
    copies = sm.ManyComparison(
        many.networks, many.comparisons, identical=[("net 1", "net 0"), ("net 2", "net 3")]
    )
    words, once = show(copies)[2], show(distinct)[2]
    assert "Over 1 pair of networks" in words
    words = show(sm.ManyComparison(many.networks, many.comparisons, identical=[("net 1", "net 0")]))
    assert "count once, here and in all numbers below" in words[2]
    start, end = "The layers in numbers", "Warnings"
    assert (
        words[2].partition(start)[2].partition(end)[0] == once.partition(start)[2].partition(end)[0]
    )
    assert "Over 3 pairs of networks" in words[2]
    area = np.mean([layer.area for layer in distinct.values()], axis=0)
    for name, at in (("net 0", 0), ("net 1", 0), ("net 2", 1)):
        assert re.search(rf"{name} [a-z./:0-9 ]*{np.delete(area[at], at).mean():.3f}", words[2])


def test_names_are_text_and_not_markup_nor_formulas(show: Any) -> None:
    names = ["a$b$", "<script>alert(1)</script>", "_c", 'd"e', "ü-→"]
    for reference in (None, "<script>alert(1)</script>"):
        many = make_many(names=names, layers=("<i>$x$", "_fc"), reference=reference, nulls=3)
        text, _, words = show(many)
        assert "<script" not in text
        assert "<i>" not in text
        for name in (*names, "<i>$x$", "_fc"):
            assert name in words, name


def test_ridges_and_few_networks_are_shown_too(show: Any) -> None:
    words = show(make_many(2, ("fc",), ridge=0.1))[2]
    assert "λ" in words
    assert "fc 3 1 60 0.1" in words
    assert "nan" not in words


def test_more_rows_than_a_page_holds_are_left_to_the_table(show: Any) -> None:
    layers = tuple(f"layer.{at}" for at in range(60))
    many = make_many(4, layers, nulls=1)
    assert len(many.to_dataframe()) == 360 > ROWS
    words = show(many)[2]
    assert "How sure it is" not in words
    assert "spanmatch.load(FOLDER).to_dataframe()" in words
