"""Two small networks that differ only by seed, trained on scikit-learn's digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    import torch

    from problems import Floats, Sides

TRAIN, STEPS = 1000, 120


def trained_layers() -> dict[str, Sides]:
    """Every layer of both networks over the images that neither was trained on."""
    torch = pytest.importorskip("torch")
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32)
    classes = torch.tensor(labels)
    threads = torch.get_num_threads()
    # Products this small lose more than they gain by a second thread.
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        x, y = (_layers(images, classes, seed) for seed in (0, 1))
    torch.set_num_threads(threads)
    return {name: (x[name], y[name]) for name in x}


def _layers(images: torch.Tensor, classes: torch.Tensor, seed: int) -> dict[str, Floats]:
    import torch
    from torch import nn

    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(64, 28), nn.ReLU(), nn.Linear(28, 20), nn.ReLU(), nn.Linear(20, 10)
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(images[:TRAIN]), classes[:TRAIN]).backward()
        optimiser.step()
    held_out, layers = images[TRAIN:], {}
    with torch.no_grad():
        # A network that has learned nothing would make a poor example of a trained one.
        accuracy = (net(held_out).argmax(1) == classes[TRAIN:]).float().mean().item()
        assert accuracy > 0.85, f"seed {seed}: held-out accuracy {accuracy:.3f}"
        z = held_out
        for name, layer in zip(("fc1", "relu1", "fc2", "relu2", "logits"), net, strict=True):
            z = layer(z)
            layers[name] = np.asarray(z.numpy())
    return layers
