"""The inputs of `spanmatch compare`: items, texts, batches, and data with arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import done, failed, strict
from compare_runs import COMMAND, MODELS, WEIGHTS, made, place

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")


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
