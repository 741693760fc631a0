"""The report shows what is left above chance, where there are calibrations."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")
pytest.importorskip("jinja2")

from experiments import SMALL, experiment
from spanmatch import Comparison
from spanmatch.experiment.report import write_report
from spanmatch.experiment.report.calibrated import draw_calibrated
from spanmatch.experiment.report.findings import read_findings

if TYPE_CHECKING:
    from pathlib import Path

TRAINED = "comparisons/trained-seed-0-seed-1"


def test_the_figure_is_that_of_the_comparison(small_experiment: Path) -> None:
    comparison = Comparison.load(small_experiment / TRAINED)
    assert list(comparison.calibrations) == list(comparison)
    rows = json.loads((small_experiment / "figures" / "calibrated.json").read_bytes())
    wanted = comparison.calibrated().to_dataframe()
    assert len(rows) == 2 * len(comparison)
    for row in rows:
        cell = wanted[(wanted["layer"] == row["layer"]) & (wanted["measure"] == row["measure"])]
        found = cell[["value", "threshold", "score", "p"]].to_numpy().ravel().tolist()
        assert [row["value"], row["threshold"], row["score"], row["p"]] == found
    drawn = draw_calibrated(read_findings(small_experiment))
    assert drawn is not None
    scores = comparison.calibrated().score("area")
    line = next(
        each
        for each in drawn.figure.axes[0].get_lines()
        if each.get_label() == "area of the match, calibrated"
    )
    assert np.asarray(line.get_ydata()).tolist() == scores.tolist()


def test_it_says_what_is_left_in_words(small_experiment: Path) -> None:
    text = (small_experiment / "report.html").read_text(encoding="utf-8")
    area = Comparison.load(small_experiment / TRAINED).calibrated().score("area")
    left = f"chance leaves {area.min():.2f} to {area.max():.2f}"
    assert "Of the area of the match, " in text
    assert left in text
    assert "<dt>Calibrated</dt>" in text
    assert f"<td>{area[0]:.3f}</td></tr>" in text


def test_nothing_is_left_where_a_score_is_nothing(small_experiment: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_experiment, folder)
    compared = Comparison.load(folder / TRAINED)
    calibrations = {
        key: type(each)(each.names, 0 * each.observed, each.nulls, each.rolls, each.level)
        for key, each in compared.calibrations.items()
    }
    told = compared._get_told() | {"calibrations": calibrations}
    Comparison(dict(compared), None, **told).save(folder / TRAINED)
    write_report(folder)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "chance leaves 0.00, and nothing in conv1, conv2, conv3, conv4, conv5 and 3 more" in text


def test_a_folder_of_before_still_reports(small_experiment: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_experiment, folder)
    compared = Comparison.load(folder / TRAINED)
    told = compared._get_told() | {"calibrations": {}}
    Comparison(dict(compared), None, **told).save(folder / TRAINED)
    shutil.rmtree(folder / "figures")
    write_report(folder)
    assert not (folder / "figures" / "calibrated.json").exists()
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "What is left above chance" not in text
    assert "<dt>Calibrated</dt>" not in text


@pytest.mark.parametrize("few", [["--nulls", "5"], ["--limit", "12", "--folds", "0"]])
def test_too_few_nulls_are_no_error(tmp_path: Path, few: list[str]) -> None:
    out = tmp_path / "out"
    run = experiment(out, *SMALL, "--layers", "fc2", *few)
    assert run.returncode == 0, run.stderr
    assert not (out / "figures" / "calibrated.json").exists()
    assert dict(Comparison.load(out / TRAINED).calibrations) == {}
    assert len(Comparison.load(out / TRAINED).nulls) == 1
