"""`spanmatch compare`: the library's comparison, as table, JSON and picture, kept in a folder."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import as_null, done, failed, strict
from compare_runs import expected, made, place, runs, spanmatch
from cpu_time import cpu_seconds, ended_cpu_seconds
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.table import format_table

if TYPE_CHECKING:
    import subprocess

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")

MODELS = ["compare", "nets.py:small", "nets:small", "--device", "cpu", "--out", "out"]
WEIGHTS = ["--checkpoint-a", "a.pt", "--checkpoint-b", "b.pt"]
COMMAND = [*MODELS, *WEIGHTS, "--data", "digits"]
WIDE = ["compare", "nets.py:wide", "nets.py:wide", "--seed-a", "0", "--seed-b", "1", "--threads"]
WIDE += ["1", "--data", "nets.py:vectors", "--layers", "*.1", "--out", "out", "--device", "cpu"]


def test_the_table_the_picture_and_the_folder() -> None:
    wanted = expected("digits")
    result = done(*COMMAND)
    assert result.stdout.startswith(format_table(wanted))
    assert result.stdout.endswith(
        "out: comparison.json, pairs, spectra, one_to_one\nPicture: out/comparison.png\n"
    )
    assert result.stderr == ""
    assert Path("out/comparison.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert sm.load("out") == wanted
    names = ["comparison.json", "comparison.png", "config.json", "one_to_one", "pairs", "pass.json"]
    names += ["spectra"]
    assert sorted(path.name for path in Path("out").iterdir()) == names
    # The folder it is run in was importable, and is no longer.
    assert str(Path.cwd()) not in sys.path


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--center", "--layers", "c*", "--layers", "head"],
         {"center": True, "layers": ["c*", "head"]}),
        (["--layers", "!act", "--layers", "!head"], {"layers": ["!act", "!head"]}),
        (["--layers", "conv1", "--layers-b", "conv2"],
         {"layers": ["conv1"], "layers_b": ["conv2"]}),
        (["--all-pairs", "--layers", "act", "--layers-b", "head"],
         {"all_pairs": True, "layers": ["act"], "layers_b": ["head"]}),
        (["--axis", "1", "--max-batches", "3"], {"axis": 1, "max_batches": 3}),
    ],
    ids=["some layers", "layers taken away", "other names", "all pairs", "axis"],
)  # fmt: skip
def test_json_is_strict_and_all_of_it(options: list[str], arguments: dict[str, Any]) -> None:
    result = done(*COMMAND, *options, "--json", "--plot", "picture.svg")
    wanted = expected("digits", **arguments)
    found = strict(result.stdout)
    assert found.pop("spanmatch") == sm.__version__
    assert found == as_null(wanted.to_dict())
    assert Path("picture.svg").read_bytes().startswith(b"<?xml")
    assert not Path("out/comparison.png").exists()
    assert Comparison.load("out") == wanted


def test_the_table_at_levels_of_ones_own() -> None:
    table = done(*COMMAND, "--eps", "0.003,0.05").stdout
    wanted = expected("digits")
    assert table.startswith(format_table(wanted, [0.003, 0.05]))
    assert table.splitlines()[2].split()[-4:] == ["s(0.003)", "s1", "s(0.05)", "s1"]
    last = next(line.split() for line in table.splitlines() if line.startswith("head "))
    found = wanted.solved("head")
    assert found.one_to_one is not None
    assert last[-4:] == [
        f"{curve.similarity(eps):.2f}"
        for eps in (0.003, 0.05)
        for curve in (found.spectrum, found.one_to_one)
    ]


def test_all_pairs_have_nulls_in_one_pass_or_in_several() -> None:
    chosen = ["--all-pairs", "--layers", "act", "--layers", "head", "--nulls", "3"]
    command = [*COMMAND, *chosen, "--limit", "200", "--batch-size", "20", "--json"]
    runs()
    once, n_runs = strict(done(*command).stdout), runs().count("f")
    names = [(a, b) for a in ("act#0", "act#1", "head") for b in ("act#0", "act#1", "head")]
    assert [(each["layer_a"], each["layer_b"]) for each in once["layers"]] == names
    assert {each["p_value"] for each in once["layers"]} <= {0.25, 0.5, 0.75, 1.0}
    # Together they take some more, and each pair of layers less.
    again = ["again" if each == "out" else each for each in command]
    assert strict(done(*again, "--max-memory", "300kB").stdout) == once
    assert runs().count("f") > n_runs


def test_items_and_how_a_folder_without_them_goes_on() -> None:
    Path("packed.py").write_text(
        "import torch\n"
        "def batches():\n"
        "    torch.manual_seed(0)\n"
        "    return [{'input': torch.randn(sum(n), 4), 'n': n} for n in ([3, 1, 2, 4], [5, 2])]\n"
        "def net(): return torch.nn.Linear(4, 3)\n"
    )
    given = ["compare", "packed:net", "packed:net", "--seed-a", "0", "--seed-b", "1"]
    given += ["--data", "packed:batches", "--device", "cpu"]
    found = strict(done(*given, "--out", "out", "--items", "n", "--folds", "2", "--json").stdout)
    assert found["inputs"] == 6
    assert strict(Path("out/config.json").read_text())["items"] == "n"
    both = ["--items", "n", "--input-axis", "1"]
    failed(2, *given, "--out", "out2", *both, words=("--items", "--input-axis"))
    failed(1, *given, "--out", "out", "--folds", "2", words=("items",))
    done(*given, "--out", "old")
    config = strict(Path("old/config.json").read_text())
    assert config.pop("items") is None
    Path("old/config.json").write_text(json.dumps(config))
    done(*given, "--out", "old")


def test_architectures_and_data_with_arguments() -> None:
    Path("pixels.py").write_text(
        "import torch\n"
        "def batches(size, channels=1):\n"
        "    return [torch.linspace(-1, 1, size * channels * 64).view(size, channels, 8, 8)]\n"
    )
    seeds = ["--seed-a", "0", "--seed-b", "1", "--layers", "fc", "--out", "out"]
    data = ["--data", "pixels.py:batches(size=40, channels=2)"]
    found = strict(done("compare", "small-resnet", "small-vgg", *seeds, "--layers-b", "fc2", *data,
                        "--json").stdout)  # fmt: skip
    assert (found["inputs"], found["layers"][0]["n_x"]) == (40, 10)
    # Another argument is another comparison, and so is another file of the same name.
    other = ["compare", "small-resnet", "small-vgg", *seeds, "--layers-b", "fc2", "--data"]
    failed(1, *other, "pixels.py:batches(size=41, channels=2)", words=("out holds another",))
    Path("pixels.py").write_text(Path("pixels.py").read_text() + "# changed\n")
    failed(1, *other, data[1], words=("data_sha256",))


def test_data_that_are_shuffled_for_nulls_are_said() -> None:
    nulls = ["--nulls", "3", "--layers", "head"]
    assert "the data were shuffled" in done(*COMMAND, *nulls).stdout
    own = [*MODELS[:-1], "own", *WEIGHTS, "--data", "nets.py:batches"]
    assert "shuffled" not in done(*own, *nulls).stdout


def test_options_of_the_data() -> None:
    options = ["--batch-size", "7", "--limit", "50", "--split", "train", "--layers", "head"]
    found = strict(done(*COMMAND, *options, "--json").stdout)
    assert found["inputs"] == 50
    assert sm.Comparison.load("out").pair("head").n_batches == 8


def test_calibrated_measures_are_shown_and_printed() -> None:
    command = [*COMMAND, "--nulls", "19", "--layers", "conv1", "--layers", "head", "--calibrate"]
    shown = done(*command).stdout
    calibrated = sm.Comparison.load("out").calibrated()
    assert f"\n{calibrated!r}\n" in shown
    assert shown.endswith("Pictures: out/comparison.png, out/calibrated.png\n")
    assert Path("out/calibrated.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    plain = strict(done(*command, "--json").stdout)
    assert plain["calibrated"] == as_null(calibrated.to_dict())
    assert [row["corrected_area"] for row in plain["layers"]] == [
        each.corrected_area for each in sm.Comparison.load("out").values()
    ]


def test_the_same_command_again_runs_nothing() -> None:
    first = done(*COMMAND)
    runs()
    Path("out/comparison.png").unlink()
    again = done(*COMMAND)
    assert runs() == ""
    assert again.stdout == first.stdout
    assert again.stderr == "out holds 5 of 5 pairs and 5 of 5 spectra already\n"
    assert Path("out/comparison.png").exists()


def test_text_with_its_mask() -> None:
    Path("lines.txt").write_text("one\ntwo words\na longer line of them\n")
    Path("texts.py").write_text(
        "import torch\n"
        "class Text(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.embed = torch.nn.Embedding(256, 2)\n"
        "    def forward(self, input_ids, attention_mask):\n"
        "        return self.embed(input_ids)\n"
        "def small():\n"
        "    return Text()\n"
    )
    models = ["compare", "texts.py:small", "texts.py:small", "--seed-a", "0", "--seed-b", "1"]
    options = ["--data", "text:lines.txt", "--mask", "attention_mask", "--out", "out"]
    found = strict(done(*models, *options, "--json").stdout)
    assert (found["inputs"], found["layers"][0]["samples"]) == (3, 3 + 9 + 21)


def test_failures_exit_with_1() -> None:
    small = "nets.py:small"
    for arguments, words in [
        (["nets.py:smal", small], ["no 'smal'", "small"]),
        ([small, small, "--checkpoint-b", "c.pt"], ["c.pt: No such"]),
        (
            ["nets.py:broken", "nets.py:broken"],
            ["the model (Broken), batch 0", "broken on purpose"],
        ),
        ([small, small, "--layers", "con1*"], ["'con1*'", "conv1"]),
        # What is found out later is told in the command's words too.
        (
            [small, small, "--layers", "act", "--layers-b", "conv*"],
            ["--layers means 1 layer", "--layers-b 2"],
        ),
        (
            [small, "nets.py:wide"],
            ["choose by --layers those of A, and by --layers-b those of B"],
        ),
        (["hf:./none", small], ["--checkpoint-a/-b, a file, or --seed-a/-b for"]),
    ]:
        failed(1, "compare", *arguments, *MODELS[3:], "--data", "digits", words=tuple(words))
    # What has come to nothing is not in the way.
    done(*COMMAND, "--layers", "head")
    failed(1, *COMMAND, words=("out holds another", '  layers: ["head"] there, null now'))
    failed(1, *COMMAND[:6], "nets.py/out", *WEIGHTS, "--data", "digits", words=("nets.py",))
    picture = ["--layers", "head", "--plot", "no/p.png"]
    failed(1, *COMMAND, *picture, words=("no: there is no such folder",))


def test_wrong_usage_exits_with_2_and_writes_nothing() -> None:
    for arguments, words in [
        ([*COMMAND, "--all-pairs"], ["--all-pairs compares", "choose them by --layers\n"]),
        (
            [*COMMAND, "--all-pairs", "--layers", "act", "--folds", "2"],
            ["leave --all-pairs out", "by --layers and --layers-b; or leave --folds out\n"],
        ),
        ([*COMMAND, "--plot", "p.jpg"], ["p.jpg", ".png"]),
        ([*COMMAND, "--device", "nowhere"], ["'nowhere' is no device"]),
        ([*COMMAND, "--device", "cuda:99"], ["cuda:99"]),
    ]:
        failed(2, *arguments, words=tuple(words))
    for arguments in ([*MODELS], [*COMMAND, "--limit", "0"], ["compare", "--data", "digits"]):
        with pytest.raises(AssertionError, match="Usage: "):
            done(*arguments)
    assert not Path("out").exists()


def wait_for(child: subprocess.Popen[str], pattern: str) -> None:
    deadline = time.perf_counter() + 60
    while not list(Path.cwd().glob(pattern)):
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.perf_counter() < deadline
        time.sleep(0.01)


def spectra() -> dict[str, int]:
    """Those that are whole, and when they were written."""
    files = Path("out/spectra").glob("[!.]*")
    return {file.name: file.stat().st_mtime_ns for file in files}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how long it works")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
@pytest.mark.usefixtures("restore_threads")
def test_it_goes_on_where_it_was_ended(how: str) -> None:
    ended = ended_cpu_seconds()
    with spanmatch(*WIDE) as child:
        try:
            wait_for(child, "out/spectra/[!.]*")
            before_signal = cpu_seconds(child.pid)
            child.send_signal(getattr(signal, how))
            code = child.wait(timeout=60)
            took = ended_cpu_seconds() - ended - before_signal
            assert child.stderr is not None
            said = child.stderr.read()
        finally:
            child.kill()
    if how == "SIGINT":
        assert (code, said) == (130, "interrupted\n")
        # A second alone on a core, and what the end of a process takes.
        assert took < 3.0
    before = spectra()
    assert 1 <= len(before) < 5, "it was not ended while it worked"
    assert not Path("out/comparison.json").exists()
    runs()
    result = done(*WIDE, "--json")
    assert f"5 of 5 pairs and {len(before)} of 5 spectra already" in result.stderr
    assert "warning: 5 of 5 comparisons, as 0.1: 300 samples for 1000 neurons" in result.stderr
    assert runs() == ""
    after = spectra()
    assert len(after) == 5
    assert {name: after[name] for name in before} == before
    layers = [layer["layer"] for layer in strict(result.stdout)["layers"]]
    assert layers == ["0.1", "1.1", "2.1", "3.1", "4.1"]
