"""Two networks trained from two seeds, merged: `align_neurons` takes most of the barrier away."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    import torch
    from torch import nn

torch_is_here = pytest.importorskip("torch")
load_digits = pytest.importorskip("sklearn.datasets").load_digits
pytest.importorskip("scipy")

TRAIN, STEPS, WIDTH = 1000, 60, 256


def train(images: torch.Tensor, classes: torch.Tensor, seed: int) -> nn.Sequential:
    import torch
    from torch import nn

    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10)
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(images), classes).backward()
        optimiser.step()
    return net


def align(b: nn.Sequential, a: nn.Sequential, images: torch.Tensor) -> None:
    """Put the hidden neurons of b in the order of those of a, layer by layer."""
    import torch
    from torch import nn

    linear = [part for part in b if isinstance(part, nn.Linear)]
    with torch.no_grad():
        for layer, after in itertools.pairwise(range(len(linear))):
            of_a, of_b = (net[: 2 * layer + 2](images).numpy() for net in (a, b))
            order = torch.from_numpy(sm.align_neurons(of_a, of_b))
            before = b(images)
            linear[layer].weight[:] = linear[layer].weight[order]
            linear[layer].bias[:] = linear[layer].bias[order]
            linear[after].weight[:] = linear[after].weight[:, order]
            # Another order of hidden neurons is the same function.
            torch.testing.assert_close(b(images), before, rtol=1e-4, atol=1e-4)


def find_barrier(
    a: nn.Sequential, b: nn.Sequential, images: torch.Tensor, classes: torch.Tensor
) -> float:
    """By how much the loss half way is above the mean of that at both ends."""
    import copy

    import torch
    from torch import nn

    half = copy.deepcopy(a)
    with torch.no_grad():
        for mine, other in zip(half.parameters(), b.parameters(), strict=True):
            mine.lerp_(other, 0.5)
        loss = [float(nn.functional.cross_entropy(net(images), classes)) for net in (a, half, b)]
    return loss[1] - (loss[0] + loss[2]) / 2


def test_aligned_networks_can_be_averaged() -> None:
    import torch

    pixels, labels = load_digits(return_X_y=True)
    images, classes = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(labels)
    with torch.random.fork_rng():
        a, b = (train(images[:TRAIN], classes[:TRAIN], seed) for seed in (0, 1))
    held_out = images[TRAIN:], classes[TRAIN:]
    before = find_barrier(a, b, *held_out)
    align(b, a, images[:TRAIN])
    after = find_barrier(a, b, *held_out)
    assert before > 0.3
    assert after < before / 3
    # What was found is in what was given: a network stands in its own order.
    with torch.no_grad():
        hidden = a[:2](images).numpy()
    np.testing.assert_array_equal(sm.align_neurons(hidden, hidden), np.arange(WIDTH))


def test_a_neuron_whose_squares_underflow_is_refused_by_name() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 20, 3))
    y[:, 1] *= 1e-200
    with pytest.raises(ValueError, match=r"neuron 1 of y .* underflow"):
        sm.align_neurons(x, y)
