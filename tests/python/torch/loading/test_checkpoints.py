"""Checkpoints: every wrapping is understood, no code is run, what does not fit changes nothing."""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch
import torch
from torch import nn

from canary import RunsCode
from spanmatch.base.errors import FileError
from spanmatch.torch.loading.checkpoints import load_checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        OrderedDict(first=nn.Linear(3, 4), norm=nn.BatchNorm1d(4), last=nn.Linear(4, 2))
    )


class Tied(nn.Module):
    """Two names for one parameter, as in many language models."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding, self.head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight


def same(model: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in model.state_dict().items())


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: value for name, value in network(1).state_dict().items()}


CONTENTS = {
    "as it is": network(1).state_dict(),
    "state_dict": {"state_dict": network(1).state_dict(), "epoch": 3},
    "model": {"model": network(1).state_dict(), "optimizer": {"lr": 0.1}},
    "model_state_dict": {"model_state_dict": network(1).state_dict()},
    "network": {"network": network(1).state_dict()},
    "two wrappers": {"model": {"state_dict": network(1).state_dict()}},
    "DistributedDataParallel": prefixed("module."),
    "torch.compile": {"model": prefixed("_orig_mod.")},
    "Lightning": {"state_dict": prefixed("model."), "pytorch-lightning_version": "2.5"},
    "several prefixes": prefixed("model._orig_mod.module."),
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("content", CONTENTS)
def test_every_wrapping_is_understood(content: str, zipped: bool, tmp_path: Path) -> None:
    path, model = tmp_path / "weights.pt", network(0)
    assert not same(model, network(1))
    torch.save(CONTENTS[content], path, _use_new_zipfile_serialization=zipped)
    load_checkpoint(model, path)
    assert same(model, network(1))


@pytest.mark.parametrize("prefix", ["", "module."])
def test_safetensors(prefix: str, tmp_path: Path) -> None:
    path, model = tmp_path / "weights.safetensors", network(0)
    safetensors.torch.save_file(prefixed(prefix), path)
    load_checkpoint(model, str(path))
    assert same(model, network(1))


def test_a_prefix_that_is_the_models_own_stays(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    for content in (prefixed("model."), prefixed("model.model.")):
        model = nn.ModuleDict({"model": network(0)})
        torch.save(content, path)
        load_checkpoint(model, path)
        assert same(model["model"], network(1))


def test_values_are_cast(tmp_path: Path) -> None:
    path, model = tmp_path / "weights.pt", network(0)
    torch.save(network(1).half().state_dict(), path)
    load_checkpoint(model, path)
    assert same(model, network(1).half().float())
    assert next(model.get_submodule("first").parameters()).dtype == torch.float32


@pytest.mark.parametrize("kept", ["embedding.weight", "head.weight"])
def test_tied_weights_may_be_there_once(kept: str, tmp_path: Path) -> None:
    path, model = tmp_path / "weights.safetensors", Tied(0)
    safetensors.torch.save_file({kept: Tied(1).head.weight}, path)
    load_checkpoint(model, path)
    assert same(model, Tied(1))
    assert model.head.weight is model.embedding.weight
    safetensors.torch.save_model(Tied(2), str(path))
    load_checkpoint(model, path)
    assert same(model, Tied(2))


def test_what_batch_normalisation_counts_may_be_missing(tmp_path: Path) -> None:
    path, model, state = tmp_path / "weights.pt", network(0), network(1).state_dict()
    del state["norm.num_batches_tracked"]
    torch.save(state, path)
    load_checkpoint(model, path)
    assert same(model, network(1))


def test_what_does_not_fit_is_listed_and_changes_nothing(tmp_path: Path) -> None:
    path, model, state = tmp_path / "weights.pt", network(0), network(1).state_dict()
    del state["last.bias"]
    state["first.weight"] = torch.ones(4, 5)
    state |= {f"extra.{i}": torch.ones(1) for i in range(7)}
    torch.save(state, path)
    with pytest.raises(ValueError, match="does not fit") as caught:
        load_checkpoint(model, path)
    message = str(caught.value)
    assert str(path) in message
    assert "1 missing: last.bias" in message
    assert "7 not in the model: extra.0, extra.1, extra.2, extra.3, extra.4 and 2 more" in message
    assert "1 of another shape or type: first.weight (4 × 5, in the model 4 × 3)" in message
    assert same(model, network(0))


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", [lambda evil: evil, lambda evil: {"state_dict": {}, "x": evil}])
def test_code_is_never_run(wrap: Any, zipped: bool, tmp_path: Path) -> None:
    path, mark, model = tmp_path / "weights.pt", tmp_path / "ran", network(0)
    torch.save(wrap(RunsCode(mark)), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(FileError, match=r"would run code.*torch\.save\(model\.state_dict\(\)"):
        load_checkpoint(model, path)
    assert not mark.exists()
    # The file is as malicious as it looks.
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_a_bare_pickle_is_not_run(tmp_path: Path) -> None:
    path, mark = tmp_path / "weights.pkl", tmp_path / "ran"
    path.write_bytes(pickle.dumps(RunsCode(mark)))
    with pytest.raises(FileError, match="would run code"):
        load_checkpoint(network(0), path)
    assert not mark.exists()


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"model": nn.Linear(2, 2)}, path)
    with pytest.raises(FileError, match="would run code"):
        load_checkpoint(nn.Linear(2, 2), path)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 torn"])
def test_files_of_another_kind(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(FileError, match=re.escape(str(path))):
        load_checkpoint(network(0), path)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_cut_short(suffix: str, tmp_path: Path) -> None:
    path, state = tmp_path / f"weights{suffix}", network(1).state_dict()
    if suffix == ".pt":
        torch.save(state, path)
    else:
        safetensors.torch.save_file(state, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileError, match=re.escape(str(path))):
        load_checkpoint(network(0), path)


@pytest.mark.parametrize(
    "content", [[1, 2], {"epoch": 3}, {}, {"state_dict": {}}, torch.ones(2)], ids=str
)
def test_no_weights(content: object, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    with pytest.raises(FileError, match="holds no weights"):
        load_checkpoint(network(0), path)


def test_no_file(tmp_path: Path) -> None:
    for name in ("none.pt", "none.safetensors"):
        with pytest.raises(FileNotFoundError, match="none"):
            load_checkpoint(network(0), tmp_path / name)
    with pytest.raises(OSError, match=re.escape(tmp_path.name)):
        load_checkpoint(network(0), tmp_path)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    before = model.weight.clone()
    torch.save(
        {"weight": torch.ones(2, 2, dtype=torch.int8), "bias": torch.ones(2)}, tmp_path / "q"
    )
    with pytest.raises(ValueError, match="1 of another shape or type: weight"):
        load_checkpoint(model, tmp_path / "q")
    assert torch.equal(model.weight, before)
