"""A comparison in a folder: that of the library, never done twice, and of one configuration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import spanmatch as sm

pytest.importorskip("torch")
from compare_runs import BATCHES, compared, config, expected, made, place, runs
from comparisons import contents, file_of, same_pair
from spanmatch.comparison.comparison import Comparison
from spanmatch.torch import compare, load_data, load_model

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")

LAYERS = ("conv1", "act#0", "act#1", "conv2", "head")
TRACED = 2  # passes more of each model, over its first batch
ONCE = "mm" + "f" * 2 * (BATCHES + TRACED)


def check_equal(found: Comparison, wanted: Comparison) -> None:
    assert found == wanted
    for key in wanted:
        assert same_pair(found.pair(key), wanted.pair(key))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"center": True, "layers": ("conv*", "head")},
        {"layers": ("conv1", "conv2"), "layers_b": ("conv2", "head")},
        {"layers": ("act", "head"), "all_pairs": True},
        {"axis": 1, "max_batches": 2},
    ],
    ids=["plain", "centred", "other names", "all pairs", "axis"],
)
def test_it_is_that_of_the_library(changes: dict[str, Any]) -> None:
    lists: dict[str, Any] = {
        name: list(part) if isinstance(part, tuple) else part for name, part in changes.items()
    }
    wanted = expected(**lists)
    check_equal(compared("out", config(**changes)), wanted)
    check_equal(Comparison.load("out"), wanted)
    # With nothing left to do.
    runs()
    check_equal(compared("out", config(**changes)), wanted)
    assert runs() == ""


def test_spectra_of_before_single_neurons_were_asked_for_are_not_done_again() -> None:
    two = config(layers=("conv1", "act"))
    wanted = compared("out", two)
    shutil.rmtree("out/one_to_one")
    Path("out/comparison.json").unlink()
    runs()
    again = compared("out", two)
    assert (dict(again.one_to_one), runs()) == ({}, "")
    assert dict(again) == dict(wanted)
    assert Comparison.load("out") == again


def test_layers_keep_their_order_and_the_number_of_inputs() -> None:
    comparison = compared("out")
    assert comparison.layers == LAYERS
    assert comparison.inputs == 150
    runs()


def test_what_is_there_is_not_done_again() -> None:
    two = config(layers=("conv1", "act"))
    wanted = compared("out", two)
    spectrum = file_of(Path("out"), "act#1", "spectrum")
    # What its pair tells is found together, so its other answer is written again too.
    anew = (spectrum, file_of(Path("out"), "act#1", "one_to_one"))
    files = [file for file in Path("out").rglob("*.safetensors") if file not in anew]
    times = [file.stat().st_mtime_ns for file in files]
    Path("out/comparison.json").unlink()
    spectrum.unlink()
    runs()
    said: list[str] = []
    assert compared("out", two, say=said.append) == wanted
    assert said == ["out holds 3 of 3 pairs and 2 of 3 spectra already"]
    assert runs() == ""
    assert Comparison.load("out") == wanted
    assert [file.stat().st_mtime_ns for file in files] == times


def test_a_missing_pair_is_made_anew_with_no_other() -> None:
    wanted = expected()
    compared("out")
    lost = file_of(Path("out"), "act#0")
    kept = file_of(Path("out"), "act#1")
    lost.unlink()
    time = kept.stat().st_mtime_ns
    runs()
    check_equal(compared("out"), wanted)
    assert sorted(runs()) == sorted("b" + ONCE)
    assert kept.stat().st_mtime_ns == time


def test_only_layers_that_are_missing_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    from spanmatch.torch.resuming import share

    module: Any = share
    asked: list[Any] = []
    collect = module.collect_pairs

    def spy(models: Any, data: Any, options: Any, **others: Any) -> Any:
        asked.append((options.layers, options.layers_b))
        return collect(models, data, options, **others)

    monkeypatch.setattr(module, "collect_pairs", spy)
    compared("out")
    file_of(Path("out"), "act#0").unlink()
    file_of(Path("out"), "head").unlink()
    compared("out")
    every = config(layers=("conv*", "act"), layers_b=("head", "act"), all_pairs=True)
    wanted = expected(layers=["conv*", "act"], layers_b=["head", "act"], all_pairs=True)
    compared("all", every)
    for pair in (["conv2", "act#1"], ["conv1", "act#0"]):
        file_of(Path("all"), pair).unlink()  # type: ignore[arg-type]
    check_equal(compared("all", every), wanted)
    assert asked[1] == ({"act": "act", "head": "head"}, None)
    assert asked[3] == (["conv1", "conv2"], ["act"])


def test_notes_and_inputs_survive() -> None:
    other = config(layers=("conv1", "conv2"), layers_b=("conv2", "head"))
    wanted = compared("out", other)
    assert set(wanted.notes) == {"conv1", "conv2"}
    assert "mean over positions" in wanted.notes["conv1"]
    file_of(Path("out"), "conv2").unlink()
    Path("out/comparison.json").unlink()
    found = compared("out", other)
    assert (found.notes, found.inputs) == (wanted.notes, 150)
    assert found == wanted


def test_a_pass_that_was_cut_off_begins_again() -> None:
    compared("out")
    Path("out/pass.json").unlink()
    runs()
    compared("out")
    assert sorted(runs()) == sorted("b" + ONCE)


IN_TWO_PASSES = 90_000  # bytes: for act and head, then for conv1 and conv2


def stop_after(monkeypatch: pytest.MonkeyPatch, n_passes: int) -> None:
    """Interrupt what begins another pass over the data."""
    from spanmatch.torch.comparing import passes

    module: Any = passes
    run, begun = module.run_pass, 0

    def interrupt(*arguments: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun > n_passes:
            raise KeyboardInterrupt
        return run(*arguments)

    monkeypatch.setattr(module, "run_pass", interrupt)


@pytest.mark.parametrize("later", [IN_TWO_PASSES, None, 64_000])
def test_each_of_several_passes_is_kept(later: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = expected()
    few = config(max_memory=IN_TWO_PASSES)
    check_equal(compared("whole", few), wanted)
    runs()
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            compared("out", few)
    assert runs().count("f") == 2 * (BATCHES + TRACED)
    assert len(list(Path("out/pairs").iterdir())) == 3
    # Memory may be another one later.
    said: list[str] = []
    check_equal(compared("out", config(max_memory=later), say=said.append), wanted)
    assert said == ["out holds 3 of 3 pairs and 0 of 3 spectra already, and 2 layers are to be run"]
    n_passes = 2 if later == 64_000 else 1
    assert runs().count("f") == 2 * (BATCHES * n_passes + TRACED)
    check_equal(Comparison.load("out"), wanted)
    # With nothing left to do.
    check_equal(compared("out"), wanted)
    assert runs() == ""


def test_a_pair_lost_between_passes_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = expected()
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            compared("out", config(max_memory=IN_TWO_PASSES))
    next(Path("out/pairs").glob("act*")).unlink()
    check_equal(compared("out"), wanted)


@pytest.mark.parametrize("change", ["values", "count"])
def test_passes_over_other_data_do_not_go_together(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            compared("out", config(max_memory=IN_TWO_PASSES))
    before = contents(Path("out"))
    other = "of_then() + of_then()[:1]" if change == "count" else "[x + 1 for x in of_then()]"
    with Path("nets.py").open("a") as file:
        file.write(f"\nof_then = batches\n\n\ndef batches():\n    return {other}\n")
    # The digest of the file would tell too: here the data lie elsewhere.
    written = json.loads(Path("out/config.json").read_text())
    written |= {key: value for key, value in config().to_dict().items() if key.endswith("sha256")}
    Path("out/config.json").write_text(json.dumps(written))
    before["config.json"] = Path("out/config.json").read_bytes()
    with pytest.raises(ValueError, match="the data are not those of an earlier pass"):
        compared("out")
    assert contents(Path("out")) == before


def test_too_few_inputs_for_the_folds_leave_nothing() -> None:
    few = config(folds=151, max_memory=10 * IN_TWO_PASSES)
    for _ in range(2):
        with pytest.raises(ValueError, match="151 folds need 151 inputs"):
            compared("out", few)
    assert not Path("out/pass.json").exists()


def test_b_reads_other_data() -> None:
    a, b = (load_model("nets.py:small", checkpoint=f"{name}.pt") for name in "ab")
    data, data_b = load_data("nets.py:batches"), load_data("nets.py:noisy")
    wanted = compare(a, b, data, data_b=data_b, progress=False)
    other = config(data_b="nets.py:noisy")
    check_equal(compared("out", other), wanted)
    assert wanted != expected()
    with pytest.raises(ValueError, match=r'data_b: "nets.py:noisy" there, null now'):
        compared("out")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"center": True}, ["  center: false there, true now"]),
        ({"layers": ("conv1", "head")}, ['  layers: null there, ["conv1", "head"] now']),
        (
            {"seed_a": 3, "max_batches": 2},
            ["  seed_a: null there, 3 now", "  max_batches: null there, 2 now"],
        ),
    ],
)
def test_another_configuration_is_refused(changes: dict[str, Any], lines: list[str]) -> None:
    compared("out")
    before = contents(Path("out"))
    with pytest.raises(ValueError, match="out holds another comparison") as caught:
        compared("out", config(**changes))
    assert str(caught.value).splitlines()[1:] == lines
    assert contents(Path("out")) == before


def test_files_count_by_their_content() -> None:
    compared("out")
    path = Path("b.pt")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ValueError, match=r"\n  checkpoint_b_sha256: \w{12} there, \w{12} now$"):
        compared("out")
    path.write_bytes(path.read_bytes()[:-1])
    path.touch()
    compared("out")
    Path("nets.py").write_text(Path("nets.py").read_text() + "\n")
    with pytest.raises(ValueError, match="model_a_sha256: ") as caught:
        compared("out")
    assert "model_b_sha256: " in str(caught.value)
    assert "data_sha256: " in str(caught.value)


def test_a_folder_of_something_else_is_refused() -> None:
    expected(layers="head").save("saved")
    before = contents(Path("saved"))
    with pytest.raises(ValueError, match=r"saved holds comparison.json, pairs, spectra, but lacks"):
        compared("saved")
    assert contents(Path("saved")) == before
    # What is not ours stays beside it.
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    compared("mine", config(layers=("head",)))
    assert Path("mine/notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("pass.json", "{}"),
        ("pass.json", '{"layers": [{"key": "conv1", "neurons": []}], "inputs": 1}'),
    ],
)
def test_damage_is_said(name: str, content: str) -> None:
    compared("out", config(layers=("head",)))
    Path("out", name).write_text(content)
    with pytest.raises(sm.FileError, match=rf"out/{name} is damaged .*: delete out, or"):
        compared("out", config(layers=("head",)))


def test_layers_that_are_no_longer_there_are_an_error() -> None:
    compared("out")
    content = json.loads(Path("out/pass.json").read_text())
    content["layers"][4]["neurons"] = [7, 7]
    Path("out/pass.json").write_text(json.dumps(content))
    file_of(Path("out"), "head").unlink()
    with pytest.raises(ValueError, match="layer head was there in an earlier pass"):
        compared("out")


def test_no_batch_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no batch"):
        compared("out", config(data="nets.py:nothing"))
    assert sorted(path.name for path in Path("out").iterdir()) == ["config.json"]
    compared("out", config(layers=("head",)))


def test_too_few_samples_are_said_once() -> None:
    few = config(max_batches=1, layers=("head",), data="digits", limit=20)
    for _ in range(2):
        with pytest.warns(sm.UndersampledWarning, match="1 of 1 comparisons, as head: 20 samples"):
            compared("out", few)
