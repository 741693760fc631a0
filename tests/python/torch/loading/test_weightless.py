"""Models by name without weights: the shapes of those with weights, on the meta device."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from spanmatch.torch import load_model
from spanmatch.torch.loading.weightless import build_weightless

if TYPE_CHECKING:
    from pathlib import Path


def shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}


def is_weightless(model: nn.Module) -> bool:
    return {value.device.type for value in model.state_dict().values()} == {"meta"}


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("torchvision", "torchvision:resnet18"),
        ("timm", "timm:test_vit"),
        ("timm", "timm:test_resnet"),
        ("torch", "resnet20(classes=4)"),
    ],
)
def test_shapes_are_those_of_the_model(package: str, name: str) -> None:
    pytest.importorskip(package)
    before = torch.get_rng_state()
    model = build_weightless(name)
    assert torch.equal(torch.get_rng_state(), before)
    assert is_weightless(model)
    assert shapes(model) == shapes(load_model(name, seed=0))
    with pytest.raises((TypeError, ValueError)):
        build_weightless(name, nothing_of_the_kind=3)


def test_a_folder_needs_no_more_than_its_configuration(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    small: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    transformers.BertConfig(**small, intermediate_size=8, vocab_size=30).save_pretrained(tmp_path)
    model = build_weightless(f"hf:{tmp_path}")
    assert is_weightless(model)
    assert shapes(model) == shapes(load_model(f"hf:{tmp_path}", seed=0))
    with pytest.raises(OSError, match=r"hf:.*/none cannot be had: .*/none is no folder"):
        build_weightless(f"hf:{tmp_path}/none")


IMPORTS_ON_META = """
import sys

import torch

from spanmatch.torch.loading.weightless import build_weightless

found = []

class Watch:
    def find_spec(name, path=None, target=None):
        if torch.empty(0).is_meta:
            found.append(name)

sys.meta_path.insert(0, Watch)
build_weightless(sys.argv[1])
raise SystemExit(f"{len(found)}, the first {found[0]}" if found else 0)
"""


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("torchvision", "torchvision:resnet18"),
        ("timm", "timm:test_vit"),
        ("transformers", "hf:"),
    ],
)
def test_modules_are_imported_off_the_meta_device(package: str, name: str, tmp_path: Path) -> None:
    """A module keeps the tensors that it makes, for models to come, and may read their values."""
    module = pytest.importorskip(package)
    if package == "transformers":
        small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
        module.LlamaConfig(**small, intermediate_size=8, vocab_size=30).save_pretrained(tmp_path)
        name += str(tmp_path)
    script = [sys.executable, "-c", IMPORTS_ON_META, name]
    run = subprocess.run(script, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


FACTORIES = """
import torch
from torch import nn

def net(width=4, bias=True):
    return nn.Sequential(nn.Linear(3, width, bias=bias))

def trained():
    weights = torch.ones(4, 3, device="cpu")
    model = net(bias=False)
    model.load_state_dict({"0.weight": weights})
    return model

def scaled():
    model = net()
    model[0].weight.data *= float(model[0].weight.norm())
    return model

def moved():
    return net().to("cpu")

def wrong():
    return 3
"""


def test_factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(FACTORIES)
    assert shapes(build_weightless("own.py:net(width=7)")) == {"0.weight": (7, 3), "0.bias": (7,)}
    # torch warns that such weights go nowhere.
    assert is_weightless(build_weightless("own.py:trained"))
    for name in ("scaled", "moved"):
        with pytest.raises(ValueError, match=rf"own.py:{name} cannot be planned without weights: "
                           r".*; .* `load_model\(seed=0\)` makes"):  # fmt: skip
            build_weightless(f"own.py:{name}")
    with pytest.raises(TypeError, match="returns a int, not a torch"):
        build_weightless("own.py:wrong")
    with pytest.raises(ValueError, match="does not say what to load"):
        build_weightless("torchvision")
