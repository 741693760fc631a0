"""The neurons' axis where it has to be said."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from observing import Returns, seen


def odd(shape: tuple[int, ...]) -> nn.Module:
    return nn.Sequential(nn.ReLU(), Returns(lambda x: x.reshape(shape)), nn.Tanh())


@pytest.mark.parametrize(
    ("axis", "at"), [(1, 1), (2, 2), (-1, 3), ({"1": 2}, 2), ({"1": -2, "*": 3}, 2)]
)
def test_an_axis_that_is_not_known_has_to_be_said(axis: Any, at: int) -> None:
    x = torch.randn(2, 60)
    net = odd((2, 3, 4, 5))
    with pytest.raises(
        ValueError, match=r"layer '1' \(Returns\), batch 0.*\(2, 3, 4, 5\).*`axis=\{"
    ):
        seen(net, x, "1")
    wanted = net.get_submodule("1")(net.get_submodule("0")(x)).movedim(at, -1).flatten(0, 2)
    assert torch.equal(seen(net, x, "1", axis=axis)["1"].rows(), wanted)


def test_what_follows_a_layer_whose_axis_was_said_has_it_too() -> None:
    assert seen(odd((2, 3, 4, 5)), torch.ones(2, 60), axis={"1": 2})["2"].n_neurons == 4


@pytest.mark.parametrize(
    ("axis", "kind", "words"),
    [
        ({"9": 1}, ValueError, "no chosen layer matches '9'"),
        ({"1": "last"}, TypeError, "'last'"),
        (1.0, TypeError, "1.0"),
        (True, TypeError, "True"),
        (0, ValueError, r"layer '0' \(ReLU\), batch 0.*axis 0 runs over the inputs"),
        (3, ValueError, r"layer '0' \(ReLU\), batch 0.*`axis` is 3.*\(2, 60\)"),
        (-4, ValueError, "`axis` is -4"),
    ],
)
def test_wrong_axes(axis: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        seen(odd((2, 3, 4, 5)), torch.ones(2, 60), axis=axis)


def test_single_items_are_refused() -> None:
    with pytest.raises(ValueError, match="one input to a Conv2d, without an axis for inputs"):
        seen(nn.Conv2d(1, 2, 3), torch.ones(1, 8, 8))
