"""Layers are chosen by name: globs, several names under one module, wrappers looked through."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from spanmatch.torch.observing.layers import choose_layers, name_modules, unwrap


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.drop = nn.Dropout()
        self.flatten = nn.Flatten()
        self.skip = nn.Identity()
        self.head = nn.Linear(4, 2)


def names(model: nn.Module, choice: Any = None) -> list[str]:
    return list(choose_layers(model, choice).modules)


def test_every_leaf_that_computes_something_by_default() -> None:
    assert names(Net()) == ["features.0", "features.1", "features.2", "head"]


def test_every_kind_of_dropout_is_left_out() -> None:
    dropping = nn.Sequential(nn.Dropout2d(), nn.AlphaDropout(), nn.Dropout(), nn.ReLU())
    assert names(dropping) == ["3"]


@pytest.mark.parametrize("kind", ["DropPath", "StochasticDepth"])
def test_what_other_libraries_drop_with_is_left_out(kind: str) -> None:
    dropping = type(kind, (nn.Module,), {})()
    assert names(nn.Sequential(nn.Linear(1, 1), dropping)) == ["0"]


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("head", ["head"]),
        ("features.*", ["features.0", "features.1", "features.2"]),
        ("features.[02]", ["features.0", "features.2"]),
        (["head", "feature?", "head"], ["features", "head"]),
        (("drop", "skip"), ["drop", "skip"]),
        # A star means the parts of a model, not the whole.
        ("*", [name for name, _ in Net().named_modules() if name]),
    ],
)
def test_globs_and_names_in_the_order_of_the_model(choice: Any, found: list[str]) -> None:
    assert names(Net(), choice) == found


def test_only_whole_names_have_to_give_something() -> None:
    assert choose_layers(Net(), ["head", "features.*"]).named == {"head"}


def test_a_model_that_is_a_layer() -> None:
    assert names(nn.Linear(2, 2)) == [""]
    assert names(nn.MultiheadAttention(4, 2)) == [""]


@pytest.mark.parametrize(
    ("choice", "kind", "words"),
    [
        ("feature.0", ValueError, "no layer of Net is 'feature.0'; near are: .*'features.0'"),
        (["head", "haed"], ValueError, "'haed'; near are: .*'head'"),
        ("Features.*", ValueError, "'features"),
        ([], ValueError, "empty"),
        ([1], TypeError, "int"),
    ],
)
def test_what_matches_nothing_is_an_error(choice: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        choose_layers(Net(), choice)


def test_a_model_without_layers() -> None:
    with pytest.raises(ValueError, match="Sequential has no layers"):
        choose_layers(nn.Sequential(nn.Identity()))


def test_a_module_under_two_names_goes_by_the_first() -> None:
    tied = nn.Linear(3, 3)
    model = nn.ModuleDict({"encoder": tied, "act": nn.ReLU(), "decoder": tied})
    assert names(model) == ["encoder", "act"]
    assert names(model, "decoder") == ["encoder"]
    assert choose_layers(model, "decoder").named == {"encoder"}


def test_attention_and_reparametrised_weights_are_leaves() -> None:
    # Neither runs its children as layers.
    linear = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
    model = nn.Sequential(nn.MultiheadAttention(4, 2), linear, nn.MultiheadAttention(4, 2))
    assert names(model) == ["0", "1", "2"]
    assert names(model, "*.out_proj") == ["0.out_proj", "2.out_proj"]


def test_wrappers_do_not_show_in_names() -> None:
    net = Net()
    compiled: Any = torch.compile(net, backend="eager")
    for wrapped in (nn.DataParallel(net), compiled, nn.DataParallel(compiled)):
        assert unwrap(wrapped) is net
        assert names(wrapped) == names(net)
    features: Any = torch.compile(net.features, backend="eager")
    net.features = nn.DataParallel(features)  # type: ignore[assignment]
    assert names(net) == names(Net())
    assert dict(name_modules(net))["features"] is unwrap(net.features)


def test_a_part_called_module_is_no_wrapper() -> None:
    assert names(nn.ModuleDict({"module": nn.Linear(1, 1)})) == ["module"]
