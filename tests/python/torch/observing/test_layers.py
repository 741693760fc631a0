"""Layers are chosen by name: globs, several names under one module, wrappers looked through."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from spanmatch.torch.observing.layers import (
    choose_layers,
    name_modules,
    order_as_given,
    unwrap,
)


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


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        # Alone, from the default ones.
        ("!head", ["features.0", "features.1", "features.2"]),
        (["!head", "!features.[01]"], ["features.2"]),
        (["features.*", "!*.1"], ["features.0", "features.2"]),
        (["*", "!features*", "!drop", "!skip"], ["flatten", "head"]),
        # The last that matches decides.
        (["features.*", "!features.*", "features.2", "head"], ["features.2", "head"]),
        (["!features.1", "features.*"], ["features.0", "features.1", "features.2"]),
        (["!features.**", "!head", "features.*"], ["features.0", "features.1", "features.2"]),
        # A star, and two.
        (["*", "!**.*"], []),
        ("**", ["features", "features.0", "features.1", "features.2", "drop", "flatten", "skip",
                "head"]),
        (["*", "**.2", "!head"], ["features", "features.2", "drop", "flatten", "skip"]),
        ("**.[!01]", ["features.2"]),
        ("**.head", ["head"]),
        ("feat**2", ["features.2"]),
    ],
)  # fmt: skip
def test_what_is_taken_away_and_stars(choice: Any, found: list[str]) -> None:
    if not found:
        with pytest.raises(ValueError, match="takes away all that it chose of Net"):
            choose_layers(Net(), choice)
    else:
        assert names(Net(), choice) == found


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["", "!"]).flatmap(
        lambda sign: st.sampled_from(["a*", "*", "b.?", "*.c", "b.c", "[ab]*"]).map(sign.__add__)
    ), min_size=1, max_size=4)
)  # fmt: skip
def test_the_last_pattern_that_matches_decides(patterns: list[str]) -> None:
    model = nn.ModuleDict(
        {"a": nn.ModuleDict({"c": nn.ReLU()}), "b": nn.ModuleDict({"c": nn.ReLU(), "d": nn.ReLU()})}
    )
    default = all(pattern.startswith("!") for pattern in patterns)
    wanted = []
    for name in ("a", "a.c", "b", "b.c", "b.d"):
        last = [p for p in patterns if fnmatchcase(name, p.removeprefix("!"))][-1:]
        kept = not last[0].startswith("!") if last else default and "." in name
        wanted += [name] * kept
    try:
        assert names(model, patterns) == wanted
    except ValueError as error:
        assert "takes nothing away" in str(error) or not wanted  # noqa: PT017


def test_what_is_taken_away_need_not_give_something() -> None:
    assert choose_layers(Net(), ["head", "features.0", "!head"]).named == {"features.0"}


def test_a_module_under_two_names_is_taken_away_by_either() -> None:
    tied = nn.Linear(3, 3)
    model = nn.ModuleDict({"encoder": tied, "act": nn.ReLU(), "decoder": tied})
    assert names(model, "!decoder") == ["act"]


def test_layers_in_the_order_they_are_given() -> None:
    def ordered(*choice: str) -> list[str]:
        return order_as_given(names(Net(), choice), Net(), choice)

    assert ordered("head", "features.*", "!features.1") == ["head", "features.0", "features.2"]
    assert ordered("!head") == ["features.0", "features.1", "features.2"]
    assert ordered("head", "**.2") == ["head", "features.2"]


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
        ("!haed", ValueError, "no layer of Net is '!haed'; near are: .*'head'"),
        (["features.*", "!head"], ValueError, "'!head' takes nothing away: 'head' is not among"),
        # The parts of a layer that has some are taken away by '!features*'.
        ("!features", ValueError, "takes nothing away: .* near are: 'features.0'"),
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
