"""The scripts of the gallery run without a warning, and find what their texts say."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any, SupportsFloat

import numpy as np
import pytest
import torch

# From there on `pyplot.figure` takes a figure that a result has drawn.
matplotlib = pytest.importorskip("matplotlib", minversion="3.11")
pytest.importorskip("scipy")
pytest.importorskip("sklearn")
matplotlib.use("agg")

from matplotlib import pyplot as plt  # noqa: E402

GALLERY = Path(__file__).parents[3] / "examples" / "gallery"
CLOSE = 0.06
"""How far a figure of a trained network may be from the text: on other machines sums are rounded
in another way, and networks end elsewhere."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(GALLERY))
    monkeypatch.setattr(plt, "show", check_figures)
    torch.set_num_threads(1)
    yield
    assert not list(tmp_path.iterdir())


def check_figures() -> None:
    """Draw every figure that is shown, and close it."""
    assert plt.get_fignums()
    for number in plt.get_fignums():
        figure = plt.figure(number)
        figure.canvas.draw()
        plt.close(figure)


def run_script(name: str) -> dict[str, Any]:
    """Run a script and return its names."""
    return runpy.run_path(str(GALLERY / f"plot_{name}.py"), run_name="__main__")


def near(value: SupportsFloat, other: float, within: float = CLOSE) -> bool:
    return abs(float(value) - other) <= within


def test_every_script_is_tested_and_has_a_title() -> None:
    tested = set(re.findall(r'run_script\("(\w+)"\)', Path(__file__).read_text(encoding="utf-8")))
    scripts = {path.stem.removeprefix("plot_") for path in GALLERY.glob("plot_*.py")}
    # That script belongs to the site, whose build runs it.
    assert scripts - {"two_sides"} == tested
    for name in scripts:
        lines = (GALLERY / f"plot_{name}.py").read_text(encoding="utf-8").splitlines()
        assert lines[0] in ('"""', 'r"""')
        assert lines[2] == "=" * len(lines[1])


def test_digit_networks() -> None:
    found = run_script("digit_networks")
    comparison, centred = found["comparison"], found["centred"]
    assert np.all(comparison.p_value == 1 / 40)
    assert comparison["conv1"].similarity(0.3) == 0
    assert near(comparison["conv1"].similarity(0.5), 0.91, 0.1)
    assert near(centred["conv1"].similarity(0.5), 0.19, 0.15)
    assert near(comparison["fc1"].similarity(0.95), 2 / 3, 0.1)
    assert comparison["fc2"].similarity(0.3) > 2 * comparison.one_to_one["fc2"].similarity(0.3)


def test_one_to_one_or_span(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_script("one_to_one_or_span")
    similarity = [found["pairs"][name].similarity(0.1) for name in found["copies"]]
    assert similarity == [1.0, 0.5, 0.0]
    assert near(found["pairs"]["all rotated"].similarity(0.5), 0.62, 0.15)
    printed = capsys.readouterr().out.splitlines()
    assert str(16 * [2] + 4 * [8]) in printed
    assert "[64]" in printed


def test_nulls() -> None:
    found = run_script("nulls")
    unrelated, untrained, trained = found["comparisons"].values()
    assert unrelated.p_value.min() > 0.1
    assert untrained.p_value.max() == trained.p_value.max() == 1 / 40
    assert near(unrelated["fc2"].area, 0.70)
    assert near(trained["fc2"].area, 0.71)
    assert near(np.median(trained.nulls["fc2"].area), 0.06)
    above = [
        [each[layer].area - np.median(each.nulls[layer].area) for layer in each.layers]
        for each in (untrained, trained)
    ]
    assert np.all(np.array(above[1]) > above[0])
    assert near(found["found"]["linear_cka"].value, 0.5)
    assert all(measure.score < 0.01 for measure in found["found"].values())


def test_few_samples() -> None:
    found = run_script("few_samples")
    x, y, unrelated = (found[name][:48] for name in ("x", "y", "unrelated"))
    for other in (y, unrelated):
        assert near(found["ways"]["area"](x, other), 0.85)
        assert found["ways"]["corrected area"](x, other) == 0
    fitted, carried = found["without"][0]
    assert fitted < 0.1
    assert carried > 0.35
    assert near(found["with_ridge"][0, 1], 0.17)
    assert near(found["without"][-1, 1], 0.13)


def test_training_run() -> None:
    found = run_script("training_run")
    along, many = found["along"], found["many"]
    assert near(along["conv1"].area[-1, 0], 0.66)
    assert near(along["fc2"].area[-1, 0], 0.22)
    assert near(along["fc2"].area[-1, 1], 0.64, 0.1)
    assert many["conv1"].area[3, 0] > many["conv1"].area[3, 7] + 0.1
    assert many["fc2"].area[3, 7] > many["fc2"].area[3, 0] + 0.3


def test_stitching() -> None:
    found = run_script("stitching")
    trained, untrained = found["trained"], found["untrained"]
    assert near(trained.accuracy(0.3), 0.962, 0.02)
    assert near(untrained.accuracy(0.9), 0.905, 0.04)
    assert near(trained.spectrum.eps_for(0.25), 0.16)
    assert near(untrained.spectrum.eps_for(0.25), 0.57)
    assert near(trained.share(0.3), 0.8, 0.1)


def test_merging() -> None:
    found = run_script("merging")["found"]
    as_they_are, unsigned, signed = map(np.mean, found.values())
    assert near(as_they_are, 0.74, 0.1)
    assert near(unsigned, 0.923, 0.03)
    assert near(signed, 0.948, 0.03)
    assert signed > unsigned


def test_sparse_autoencoders() -> None:
    found = run_script("sparse_autoencoders")
    pairs, spectra = found["pairs"], found["spectra"]
    assert near(pairs["trained"].similarity(0.7), 0.38)
    assert near(spectra["trained"].similarity(0.7) - pairs["trained"].near(0.7), 0.19, 0.1)
    assert spectra["untrained"].similarity(0.7) < 0.01
    assert near((found["measure_cosines"](found["models"]) > 0.7).mean(), 0.64, 0.1)


def test_measures() -> None:
    table = run_script("measures")["table"]
    assert near(table["rotated"]["one_to_one_area"], 0.08, 0.01)
    assert near(table["neurons rescaled"]["linear_cka"], 0.39, 0.01)
    assert table["two strong directions"]["linear_cka"] > 0.99
    assert near(table["two strong directions"]["area"], 0.49, 0.01)
    assert near(table["weak half"]["linear_cka"], 0.02, 0.01)
    assert near(table["weak half"]["area"], 0.51, 0.01)
    assert near(table["nothing, 60 samples"]["mean_cca"], 0.77, 0.01)
    assert table["nothing, 60 samples"]["corrected_area"] < 0.01


def test_plain_hooks() -> None:
    found = run_script("plain_hooks")
    for layer, pair in found["pairs"].items():
        assert near(found["usual"][layer].area, found["sm"].spectrum(pair).area, 1e-12)
    assert found["spectrum"].similarity(0.4) == 0
    assert near(found["spectrum"].similarity(0.5), 0.57, 0.15)
    assert near(found["measures"].r2_y, 0.94)
