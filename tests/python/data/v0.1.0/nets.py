"""Networks and data for the folders that are kept: the same numbers with any version of torch.

The folders record the digest of this file, and the copies beside them stay as they are.
"""

import torch
from torch import Tensor, nn


def waves(*sizes: int, start: float = 0.0) -> Tensor:
    """Numbers that look like chance, and are not."""
    count = torch.Size(sizes).numel()
    steps = torch.arange(count, dtype=torch.float64) + start
    return torch.sin(steps * steps * 0.7).reshape(sizes).float()


class Small(nn.Module):
    """Two convolutions and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 5, 3)
        self.head = nn.Linear(20, 3)

    def forward(self, images: Tensor) -> Tensor:
        """Return a score for each class."""
        return self.head(self.conv2(self.conv1(images).relu()).relu().flatten(1))


def tiny() -> Small:
    """Make a network with random weights."""
    return Small()


def first() -> Small:
    """Make a network with weights of its own."""
    network = Small()
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.copy_(waves(*parameter.shape, start=40.0 * number) / 2)
    return network


def second() -> Small:
    """Make a network that has half of the first one's kernels, in another order."""
    network = first()
    with torch.no_grad():
        kernels = network.conv1.weight
        kernels.copy_(torch.cat([kernels[2:] * 2, waves(2, 1, 3, 3, start=500.0)]))
    return network


def batches() -> list[Tensor]:
    """Four batches of images."""
    return list(waves(40, 1, 6, 6).split(10))


def examples(split: str) -> list[tuple[Tensor, Tensor]]:
    """Images and their classes: the sign of their mean, and whether they are bright in a corner."""
    images = waves(60, 1, 6, 6, start=0.0 if split == "train" else 9000.0)
    classes = (images.mean((1, 2, 3)) > 0).long() + (images[:, 0, 0, 0] > 0).long()
    return list(zip(images.split(20), classes.split(20), strict=True))
