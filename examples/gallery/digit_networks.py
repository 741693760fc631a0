"""Small networks trained on scikit-learn's digits, which the scripts of the gallery share.

The digits are 1,797 images of 8 × 8 pixels, and come with scikit-learn. Two thirds train the
networks, and one third is held out to compare them on.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 64


class Digits(NamedTuple):
    """Images (n, 1, 8, 8) with values in [-1, 1], and their labels."""

    images: torch.Tensor
    labels: torch.Tensor


def split_digits() -> tuple[Digits, Digits]:
    """Return the digits to train on and those held out; the split is always the same."""
    data = load_digits()
    images = torch.tensor(data.images / 8 - 1, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(data.target)
    parts = train_test_split(
        range(len(labels)), test_size=1 / 3, random_state=0, stratify=data.target
    )
    training, held_out = (Digits(images[part], labels[part]) for part in parts)
    return training, held_out


def build_convolutional() -> nn.Sequential:
    """Return an untrained network of two convolutional and two linear layers."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
            conv2=nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
            fc1=nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 64), nn.ReLU()),
            fc2=nn.Linear(64, 10),
        )
    )


def build_linear() -> nn.Sequential:
    """Return an untrained network of two hidden layers of 64 neurons."""
    return nn.Sequential(
        OrderedDict(
            fc1=nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU()),
            fc2=nn.Sequential(nn.Linear(64, 64), nn.ReLU()),
            fc3=nn.Linear(64, 10),
        )
    )


def train_network(
    seed: int,
    digits: Digits,
    build: Callable[[], nn.Sequential] = build_convolutional,
    epochs: int = 15,
    after_epoch: Callable[[int, nn.Sequential], object] | None = None,
) -> nn.Sequential:
    """Train a network; its initial weights and the order of its batches follow from `seed`.

    `after_epoch` is called with the number of epochs done, 0 before the first, and the network.
    """
    # Rounding, and with it the trained network, depends on the number of threads.
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = build()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    if after_epoch is not None:
        after_epoch(0, network)
    for epoch in range(epochs):
        for batch in torch.randperm(len(digits.labels)).split(BATCH):
            loss = nn.functional.cross_entropy(network(digits.images[batch]), digits.labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if after_epoch is not None:
            after_epoch(epoch + 1, network)
    return network.eval()


def measure_accuracy(network: nn.Module, digits: Digits) -> float:
    """Return the part of the images that the network labels correctly."""
    with torch.no_grad():
        guesses = network(digits.images).argmax(dim=1)
    return float((guesses == digits.labels).double().mean())
