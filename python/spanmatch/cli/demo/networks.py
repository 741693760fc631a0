"""The networks of the demo: two small convolutional ones, trained on scikit-learn's digits.

The digits come with scikit-learn, so nothing is downloaded. This module needs torch.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.torch.loading.data.digits import Digits

EPOCHS = 30
BATCH = 64


def train(digits: Digits, seed: int, progress: Callable[[int, int], object]) -> nn.Sequential:
    """Train a network whose initialisation and batch order follow from `seed`."""
    torch.manual_seed(seed)
    network = _build_network()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(digits.train_labels)).split(BATCH):
            loss = nn.functional.cross_entropy(
                network(digits.train_images[batch]), digits.train_labels[batch]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        progress(epoch + 1, EPOCHS)
    return network.eval()


def measure_accuracy(network: nn.Module, digits: Digits) -> float:
    """Return the part of the held-out images that the network labels correctly."""
    with torch.no_grad():
        guesses = network(digits.test_images).argmax(dim=1)
    return float((guesses == digits.test_labels).double().mean())


def _build_network() -> nn.Sequential:
    def build_convolution(channels_in: int, channels_out: int) -> list[nn.Module]:
        return [nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1), nn.ReLU()]

    blocks: dict[str, list[nn.Module]] = {
        "conv1": build_convolution(1, 16),
        "conv2": build_convolution(16, 32),
        "conv3": [nn.MaxPool2d(2), *build_convolution(32, 32)],
        "conv4": build_convolution(32, 64),
        "fc1": [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 64), nn.ReLU()],
        "fc2": [nn.Linear(64, 10)],
    }
    return nn.Sequential(
        OrderedDict({name: nn.Sequential(*block) for name, block in blocks.items()})
    )
