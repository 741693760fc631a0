"""Checkpoints in several files, named by an index: as transformers write them, and by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch
import torch
from torch import nn
from transformers import BertConfig, BertModel

from spanmatch.base.errors import FileError
from spanmatch.torch import load_checkpoint, load_model
from spanmatch.torch.loading.digests import hash_named_file

if TYPE_CHECKING:
    from pathlib import Path


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def same(model: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in model.state_dict().items())


def write(folder: Path, kind: str, prefix: str = "") -> Path:
    """Write a checkpoint in three files, as their libraries do, and return its index."""
    state = {prefix + name: value for name, value in network(1).state_dict().items()}
    places: dict[str, str] = {}
    for at in range(3):
        name = f"model-0000{at}-of-00003.{kind}"
        part = {key: value for key, value in state.items() if key[len(prefix)] == str(at)}
        if kind == "safetensors":
            safetensors.torch.save_file(part, folder / name)
        else:
            torch.save(part, folder / name)
        places |= dict.fromkeys(part, name)
    index = folder / f"pytorch_model.{kind}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return index


@pytest.mark.parametrize("kind", ["safetensors", "bin"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_all_files_are_read(kind: str, prefix: str, tmp_path: Path) -> None:
    index = write(tmp_path, kind, prefix)
    model = network(0)
    load_checkpoint(model, index)
    assert same(model, network(1))


def test_as_transformers_write_it(tmp_path: Path) -> None:
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=64, vocab_size=50)  # fmt: skip
    torch.manual_seed(1)
    wanted = BertModel(config)
    wanted.save_pretrained(tmp_path, max_shard_size="20KB")
    index = tmp_path / "model.safetensors.index.json"
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    found = load_model(f"hf:{tmp_path}", checkpoint=index)
    assert same(found, wanted)


def test_the_digest_is_of_all_files(tmp_path: Path) -> None:
    index = write(tmp_path, "bin")
    first = hash_named_file(str(index))
    assert first == hash_named_file(str(index))
    torch.save({"0.weight": torch.ones(4, 3)}, tmp_path / "model-00000-of-00003.bin")
    assert hash_named_file(str(index)) not in (first, None)


def change(index: Path, content: Any) -> None:
    index.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "index.json is damaged, or no JSON"),
        ([], "no index of a checkpoint"),
        ({"weight_map": {}}, "it has no weight_map"),
        ({"metadata": {}}, "it has no weight_map"),
        ({"weight_map": {"0.bias": "../other.bin"}}, r"'0.bias' lies in '\.\./other.bin': name a"),
        ({"weight_map": {"0.bias": "/etc/passwd"}}, "lies in '/etc/passwd'"),
        ({"weight_map": {"0.bias": "..\\\\other.bin"}}, "name a file in the same folder"),
        ({"weight_map": {"0.bias": ".."}}, "name a file in the same folder"),
        ({"weight_map": {"0.bias": "pytorch_model.bin.index.json"}}, "name a file in the same"),
        ({"weight_map": {"0.bias": 3}}, "lies in 3"),
        ({"weight_map": {"0.bias": "model-00001-of-00003.bin"}}, "lacks 1 weight .*: 0.bias"),
    ],
)
def test_what_is_no_index(content: Any, words: str, tmp_path: Path) -> None:
    index = write(tmp_path, "bin")
    change(index, content)
    model = network(0)
    with pytest.raises(FileError, match=words):
        load_checkpoint(model, index)
    assert same(model, network(0))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    index = write(tmp_path, "bin")
    (tmp_path / "model-00002-of-00003.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"model-00002-of-00003\.bin"):
        load_checkpoint(network(0), index)
    with pytest.raises(FileNotFoundError, match=r"other\.index\.json"):
        load_checkpoint(network(0), tmp_path / "other.index.json")


def test_weights_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    index = write(tmp_path, "safetensors")
    places = json.loads(index.read_text())["weight_map"]
    places.pop("2.bias")
    change(index, {"weight_map": places})
    model = network(0)
    with pytest.raises(ValueError, match=r"does not fit the model(.|\n)*1 missing: 2.bias"):
        load_checkpoint(model, index)
    assert same(model, network(0))
