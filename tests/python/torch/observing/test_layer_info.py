"""The table of layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from spanmatch.torch.observing.layer_info import layer_info


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 1)
        self.act = nn.ReLU()
        self.odd = nn.Softmax(1)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        x = self.act(self.act(self.conv(x)))
        self.odd(torch.ones(2, 3, 4, 5))
        return self.head(x.mean((2, 3)))


def test_the_table() -> None:
    net = Net()
    table = layer_info(net, (torch.ones(3, 1, 5, 4), torch.zeros(3)))
    assert repr(table) == (
        "layer  type     output        axis  neurons  positions  parameters\n"
        "conv   Conv2d   (3, 8, 5, 4)  1     8        5 × 4      16\n"
        "act#0  ReLU     (3, 8, 5, 4)  1     8        5 × 4      0\n"
        "act#1  ReLU     (3, 8, 5, 4)  1     8        5 × 4      0\n"
        "odd    Softmax  (2, 3, 4, 5)  ?     ?        ?          0\n"
        "head   Linear   (3, 2)        1     2        -          18"
    )
    assert len(table) == 5
    assert (table[0].name, table[0].type, table[0].shape) == ("conv", "Conv2d", (3, 8, 5, 4))
    assert (table[4].positions, table[3].positions) == ((), None)
    assert layer_info(net, torch.ones(3, 1, 5, 4), "odd", axis=-1)[0].neurons == 5
    assert net.training
