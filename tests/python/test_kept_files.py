"""What earlier versions have written is read as they meant it, and worked on where it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import spanmatch as sm
from kept import COMPARE, SOLVED, described, differences

pytest.importorskip("torch")
pytest.importorskip("typer")
from cli_files import done

DATA = Path(__file__).parent / "data"
EXPECTED = {
    f"{folder.name}/{name}": expected
    for folder in sorted(DATA.glob("v*"))
    for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items()
}
each_version = pytest.mark.parametrize("version", sorted(path.name for path in DATA.glob("v*")))


@pytest.fixture
def folder(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of what a version has written, as the current folder."""
    shutil.copytree(DATA / version, tmp_path / version)
    monkeypatch.chdir(tmp_path / version)
    return tmp_path / version


@pytest.mark.parametrize("name", EXPECTED)
def test_what_was_saved_is_loaded(name: str) -> None:
    assert differences(described(sm.load(DATA / name)), EXPECTED[name]) == []


@each_version
def test_every_kind_is_kept(version: str) -> None:
    found = [EXPECTED[name] for name in EXPECTED if name.startswith(f"{version}/")]
    kinds = {each[0]["kind"] if isinstance(each, list) else each["kind"] for each in found}
    assert kinds == {
        *("ActivationPair", "Comparison", "Interval", "LinearMap", "Match", "MatchSpectrum"),
        *("Measures", "NullSpectra", "Residuals", "Support"),
    }
    assert any(isinstance(each, list) for each in found)


@each_version
def test_nulls_and_folds_of_a_pair_are_kept(version: str) -> None:
    pair = sm.ActivationPair.load(DATA / version / "pair-with-nulls.safetensors")
    for kind, solved in (("null-spectra", sm.null_spectra(pair)), ("interval", sm.interval(pair))):
        expected = EXPECTED[f"{version}/{kind}.safetensors"]
        assert differences(described(solved), expected, within=1e-6) == []


@each_version
@pytest.mark.parametrize(
    ("name", "there"), [("resumable", (3, 3)), ("resumable-half-done", (2, 1))]
)
def test_a_comparison_goes_on(
    folder: Path, version: str, name: str, there: tuple[int, int]
) -> None:
    # Another version's comparison is refused: what is kept is told to be this one's.
    config = json.loads((folder / name / "config.json").read_text("utf-8"))
    (folder / name / "config.json").write_text(json.dumps(config | {"spanmatch": sm.__version__}))
    before = {path: path.read_bytes() for path in (folder / name).rglob("*.safetensors")}
    options = [f"--{key}={COMPARE[key]}" for key in ("data", "nulls", "folds", "seed")]
    run = done(
        "compare", COMPARE["model_a"], COMPARE["model_b"], *options, "--device=cpu", "--out", name
    )
    assert f"{name} holds {there[0]} of 3 pairs and {there[1]} of 3 spectra already" in run.stderr
    assert {path: path.read_bytes() for path in before} == before
    found = described(sm.load(folder / name))
    assert differences(found, EXPECTED[f"{version}/resumable"], within=1e-6) == []


@each_version
def test_the_report_of_an_experiment_is_written_again(folder: Path, version: str) -> None:
    assert done("report", "experiment").stdout == "experiment/report.html\n"
    text = (folder / "experiment" / "report.html").read_text("utf-8")
    assert all(f">{layer}<" in text for layer in ("conv1", "conv2", "head"))
    found, expected = (
        json.loads((place / "experiment" / "figures" / "area.json").read_text("utf-8"))
        for place in (folder, DATA / version)
    )
    assert len(expected) > 0
    assert differences(found, expected, within=1e-12) == []


def test_differences_are_found() -> None:
    expected = {"a": [1.0, {SOLVED: [0.5]}], "b": "text", "c": float("nan")}
    more = {"a": [1.0, {SOLVED: [0.5 + 1e-7]}], "b": "text", "c": float("nan"), "d": 4}
    assert differences(more, expected) == []
    for wrong, where in (
        ({"a": [1.0 + 1e-9, {SOLVED: [0.5]}]}, ".a[0]"),
        ({"a": [1.0, {SOLVED: [0.5 + 1e-5]}]}, f".a[1].{SOLVED}[0]"),
        ({"a": [1.0, {SOLVED: [0.5, 0.5]}]}, f".a[1].{SOLVED}"),
        ({"b": "words"}, ".b"),
        ({"c": 0.0}, ".c"),
        ({"c": None}, ".c"),
    ):
        assert [each.partition(": ")[0] for each in differences(more | wrong, expected)] == [where]
    assert differences({}, {"a": 1}) == [".a: nothing is not 1"]
