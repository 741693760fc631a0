"""`spanmatch info MODEL --plan`: what a comparison takes, without weights."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")

from cli_files import done, failed, strict
from compare_runs import made, place

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["made", "place"]  # fixtures

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 4}


def save_llama(folder: Path, **sizes: Any) -> str:
    """A folder of a decoder that holds its configuration alone."""
    transformers = pytest.importorskip("transformers")
    transformers.LlamaConfig(**sizes).save_pretrained(folder)
    return f"hf:{folder}"


def test_a_small_decoder(tmp_path: Path) -> None:
    name = save_llama(tmp_path, **SMALL, num_attention_heads=2, vocab_size=30)
    plan = ["info", name, "--plan", "--shape", "5,6", "--max-memory", "25kB"]
    blocks = [*plan, "--layers", "**layers.*"]
    found = strict(done(*blocks, "--json").stdout)
    sums, outputs = 8 * 32**2, 4 * 5 * 6 * 16
    assert [layer["name"] for layer in found["layers"]] == [f"layers.{at}" for at in range(4)]
    assert found["layers"][0] == {
        "name": "layers.0", "type": "LlamaDecoderLayer", "neurons": 16, "calls": 1, "rows": 6,
        "sums": sums, "outputs": outputs,
    }  # fmt: skip
    two = 2 * (sums + outputs)
    assert [each["memory"] for each in found["passes"]] == [two, two]
    assert found["passes"][1]["layers_a"] == ["layers.2", "layers.3"]
    assert (found["budget"], found["inputs"]) == (25_000, 5)
    assert found["sum_seconds"] == found["sum_operations"] / found["rate"]
    said = done(*blocks).stdout
    assert "layers.0 … layers.3" in said
    assert "2 passes over the data, of 25 kB" in said
    assert "of sums for 1,000 samples" in said
    assert "samples: 6 of an input." in said
    every = strict(done(*blocks, "--all-pairs", "--nulls", "2", "--json").stdout)
    assert sum(each["pairs"] for each in every["passes"]) == 16
    # The tokens of one input, where nothing is said.
    assert strict(done(*plan[:3], "--json").stdout)["inputs"] == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    name = save_llama(tmp_path, **SMALL, num_attention_heads=2, vocab_size=30)
    said = done("info", name, "--plan", "--shape", "5,6").stdout
    assert "Left out: 1 layer, as rotary_emb: the first axis of its output (1, 6, 8)" in said


@pytest.mark.parametrize("of_data", [False, True])
def test_own_functions_and_data(place: Path, *, of_data: bool) -> None:
    given = ["--data", "digits"] if of_data else ["--shape", "64,1,8,8"]
    found = strict(done("info", "nets.py:small", "--plan", *given, "--json").stdout)
    assert [found["inputs"], found["layers"][0]["name"]] == [64, "conv1"]
    said = done("info", "nets.py:small", "--plan", *given).stdout
    assert "of sums for 1,000 inputs" in said
    assert "samples" in said.splitlines()[2]
    # Made for the images that it is given.
    said = done("info", "small-resnet", "--plan", *given, "--json").stdout
    of_loaded = done("info", "small-resnet", "--seed", "0", "--plan", *given, "--json").stdout
    assert strict(said)["layers"] == strict(of_loaded)["layers"]
    assert strict(said)["parameters"] == strict(of_loaded)["parameters"]


def test_what_needs_weights_says_what_to_do(place: Path) -> None:
    (place / "own.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Linear):\n"
        "    def forward(self, x):\n"
        "        return super().forward(x if float(x.sum()) > 0 else -x)\n"
        "def net(): return Net(4, 3)\n"
        "def root(): return torch.nn.Linear(4, int(torch.ones(()).item() * 3))\n"
    )
    for name in ("own.py:net", "own.py:root"):
        words = (f"{name} cannot be planned without weights", "--seed 0 makes the model")
        failed(1, "info", name, "--plan", "--shape", "2,4", words=words)
        done("info", name, "--plan", "--shape", "2,4", "--seed", "0")


def test_options_that_do_not_go_together(place: Path) -> None:
    small = ["info", "nets.py:small", "--shape", "2,1,8,8"]
    for alone in (["--max-memory", "4GB"], ["--all-pairs"], ["--nulls", "3"], ["--folds", "3"]):
        failed(2, *small, *alone, words=(alone[0], "--plan"))
    plan = [*small, "--plan"]
    failed(2, *plan, "--checkpoint", "a.pt", words=("--checkpoint",))
    failed(2, *plan, "--max-memory", "much", words=("--max-memory", "4 GB"))
    failed(2, *plan, "--all-pairs", words=("--all-pairs", "--layers"))
    pairs = ["--all-pairs", "--layers", "conv*", "--folds", "4"]
    failed(2, *plan, *pairs, words=("--folds", "--all-pairs"))
    failed(1, *plan, "--max-memory", "1kB", words=("--max-memory", "conv1"))


LARGE = """
import resource, sys
from spanmatch.cli.program import app
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def plan(name):
    asked = ["info", name, "--plan", "--shape", "8,512", "--layers", "**layers.*", "--json"]
    app([*asked, "--max-memory", "8GB"], standalone_mode=False)
plan(sys.argv[1])
before = peak()
plan(sys.argv[2])
print(peak() - before, file=sys.stderr)
"""


def test_seven_billion_parameters_take_little_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    sizes = {**SMALL, "num_attention_heads": 2, "vocab_size": 30}
    names = [save_llama(tmp_path / "small", **sizes), save_llama(tmp_path / "large")]
    run = subprocess.run(
        [sys.executable, "-c", LARGE, *names], capture_output=True, text=True, check=True
    )
    found = strict(run.stdout[run.stdout.index("\n{", 1) :])
    assert found["parameters"] == 6_607_343_616
    assert [len(each["layers_a"]) for each in found["passes"]] == [13, 13, 6]
    assert found["widest"]["beside"] == 12 * 8192**2
    assert int(run.stderr.splitlines()[-1]) < 500  # MiB, where its weights take 24,000
