"""The report: a page that stands alone, says what was found, and is made alike again."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")
pytest.importorskip("jinja2")

from experiments import SMALL, contents, experiment
from html_pages import parsed
from spanmatch import Comparison
from spanmatch.experiment.report import write_report
from spanmatch.experiment.report.claims import _correlate_ranks
from spanmatch.torch.loading.data.shuffled import SHUFFLED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "fc1", "fc2"]


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


def numbers_of(folder: Path, figure: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "figures" / f"{figure}.json").read_bytes())
    return rows


def test_numbers_are_those_of_the_comparison(small_experiment: Path) -> None:
    comparison = Comparison.load(small_experiment / "comparisons" / "trained-seed-0-seed-1")
    shown = {(row["networks"], row["what"]) for row in numbers_of(small_experiment, "similarity")}
    assert shown == {
        *((f"{which} null", "s") for which in ("least", "median", "largest")),
        *(("seed 0, seed 1", what) for what in ("s1", "near", "s")),
    }
    nulls: dict[str, Callable[..., Any]] = {
        "least null": np.min,
        "median null": np.median,
        "largest null": np.max,
    }
    for row in numbers_of(small_experiment, "similarity"):
        layer, at = row["layer"], max(row["eps"], 1e-5) + 1e-7
        if row["networks"] in nulls:
            null = comparison.nulls[layer]
            curves = np.mean(np.concatenate([null.x, null.y], axis=1) <= at, axis=1)
            assert row["similarity"] == nulls[row["networks"]](curves)
        elif row["what"] != "s":
            pairs = comparison.one_to_one[layer]
            curve = pairs.similarity if row["what"] == "s1" else pairs.near
            assert row["similarity"] == curve(row["eps"])
        else:
            values = np.concatenate([comparison[layer].x, comparison[layer].y])
            assert row["similarity"] == np.mean(values <= at)


def test_areas_are_those_of_the_comparison(small_experiment: Path) -> None:
    comparison = Comparison.load(small_experiment / "comparisons" / "trained-seed-0-seed-1")
    areas: dict[str, list[float]] = defaultdict(list)
    for row in numbers_of(small_experiment, "area"):
        areas[row["kind"]].append(row["area"])
    assert areas["trained"] == [spectrum.area for spectrum in comparison.values()]
    ends = [interval.area for interval in comparison.intervals.values()]
    assert [areas["low"], areas["high"]] == np.transpose(ends).tolist()
    nulls = [null.area for null in comparison.nulls.values()]
    assert areas["least null"] == [each.min() for each in nulls]
    assert areas["chance"] == [np.median(each) for each in nulls]
    assert areas["largest null"] == [each.max() for each in nulls]


def test_how_sure_it_is_stands_in_a_table(small_experiment: Path) -> None:
    comparison = Comparison.load(small_experiment / "comparisons" / "trained-seed-0-seed-1")
    texts = " ".join(" ".join(parsed(small_experiment / "report.html").texts).split())
    for layer, spectrum in comparison.items():
        interval = "{:.3f} to {:.3f}".format(*comparison.intervals[layer].area)
        nulls = comparison.nulls[layer]
        null = f"{nulls.area.min():.3f} to {nulls.area.max():.3f}"
        p = nulls.p_value(spectrum)
        residuals = comparison.held_out[layer]
        values = [*residuals.x, *residuals.y]
        held = f"{np.median(values):.2f} " if values else ""
        assert re.search(
            rf"{layer} .{{,40}}{spectrum.area:.3f} {interval} {held}{null} {p:.2g}", texts
        )
    assert "the median over nulls" in texts


def test_data_that_are_shuffled_for_nulls_are_said(small_experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    config = tmp_path / "copy" / "config.toml"
    text = config.read_text(encoding="utf-8")
    said = f"{SHUFFLED[0].upper()}{SHUFFLED[1:]}."
    for values in (text, text.replace('"digits"', '"data.py:batches"')):
        config.write_text(values, encoding="utf-8")
        told = parsed(write_report(tmp_path / "copy")).texts
        assert (said in told) == ('"digits"' in values)


def test_without_nulls_and_folds_chance_is_that_of_independent_samples(
    small_experiment: Path, tmp_path: Path
) -> None:
    weights = [small_experiment / "networks" / f"seed-{seed}.safetensors" for seed in (0, 1)]
    given = [f"--checkpoint={path}" for path in weights]
    run = experiment(tmp_path, *SMALL[:4], *given, "--nulls", "0", "--folds", "0")
    assert run.returncode == 0, run.stderr
    kinds = {row["kind"] for row in numbers_of(tmp_path, "area")}
    assert kinds == {"trained", "untrained", "chance"}
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "How sure it is" not in text
    assert "<dt>Null</dt>" not in text
    assert "as it were if all samples were independent" in text
    assert "shuffled" not in text
    assert "nan" not in text


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
    assert _correlate_ranks(np.array([1.0, 3.0, 2.0, 4.0])) == pytest.approx(1 - 6 * 2 / 60)
    assert _correlate_ranks(np.array([2.0, 2.0, 2.0])) == 0.0
