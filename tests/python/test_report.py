"""The report: a page that stands alone, says what was found, and is made alike again."""

import csv
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")
pytest.importorskip("jinja2")

from experiments import contents
from spanmatch import Comparison
from spanmatch.report import write_report
from spanmatch.report.claims import _rank_correlation

VOID = {"meta", "link", "br", "img", "hr", "input"}
LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "fc1", "fc2"]


class Page(HTMLParser):
    """Checks that tags close, and collects text and references."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def test_the_page_stands_alone_and_names_every_layer(small_experiment: Path) -> None:
    page = parsed(small_experiment / "report.html")
    assert all(each.startswith(("#", "data:image/png;")) for each in page.references)
    text = (small_experiment / "report.html").read_text(encoding="utf-8")
    assert "http" not in text
    assert len(set(page.ids)) == len(page.ids) > 0
    assert text.count("url(") == text.count("url(#")
    words = " ".join(page.texts)
    for layer in LAYERS:
        assert layer in words
    assert "one pair only" in words  # two seeds: nothing is known of the spread
    assert "arXiv:1810.11750" in words


def test_every_figure_is_a_picture_and_numbers(small_experiment: Path) -> None:
    for name in ("similarity", "area", "heat-map", "measures"):
        for suffix in ("png", "svg", "csv", "json"):
            assert (small_experiment / "figures" / f"{name}.{suffix}").stat().st_size > 0
        rows = json.loads((small_experiment / "figures" / f"{name}.json").read_bytes())
        with (small_experiment / "figures" / f"{name}.csv").open(encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        assert [list(map(str, row.values())) for row in rows] == [list(r.values()) for r in table]


def test_numbers_are_those_of_the_comparison(small_experiment: Path) -> None:
    comparison = Comparison.load(small_experiment / "comparisons" / "trained-seed-0-seed-1")
    for row in json.loads((small_experiment / "figures" / "similarity.json").read_bytes()):
        spectrum = comparison[row["layer"]]
        values = np.concatenate([spectrum.x, spectrum.y])
        assert row["similarity"] == np.mean(values <= max(row["eps"], 1e-5) + 1e-7)
    areas = [
        row["area"]
        for row in json.loads((small_experiment / "figures" / "area.json").read_bytes())
        if row["kind"] == "trained"
    ]
    assert areas == [spectrum.area for spectrum in comparison.values()]


def test_the_same_folder_gives_the_same_bytes(small_experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "figures")
    (tmp_path / "copy" / "report.html").unlink()
    write_report(tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(small_experiment)


def test_what_is_missing_is_named(small_experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    (tmp_path / "copy" / "comparisons" / "start-seed-1" / "inside.json").unlink()
    with pytest.raises(ValueError, match=r"start-seed-1 is missing, or not whole; give the comm"):
        write_report(tmp_path / "copy")


def test_a_layer_that_is_missing_inside_is_told(small_experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    (tmp_path / "copy" / "comparisons" / "start-seed-1" / "inside.json").write_text("{}")
    with pytest.raises(ValueError, match=r"inside\.json is damaged"):
        write_report(tmp_path / "copy")


def test_names_are_text_and_not_markup(small_experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    config = tmp_path / "copy" / "config.toml"
    text = config.read_text(encoding="utf-8").replace('"digits"', '"<script>alert(1)</script>"')
    config.write_text(text, encoding="utf-8")
    page = parsed(write_report(tmp_path / "copy"))
    assert "script" not in page.open
    assert "<script>" not in (tmp_path / "copy" / "report.html").read_text(encoding="utf-8")


def test_a_rank_correlation_is_that_of_the_book() -> None:
    # Spearman's 1 − 6 Σd² / (n (n² − 1)), without ties.
    assert _rank_correlation(np.array([1.0, 3.0, 2.0, 4.0])) == pytest.approx(1 - 6 * 2 / 60)
    assert _rank_correlation(np.array([2.0, 2.0, 2.0])) == 0.0
