"""Stacks of convolutions, then fully connected layers.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR
2015; for images of 32 × 32, whose last pooling leaves one position, with hidden layers of 512.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn

from spanmatch.torch.loading.architectures.start import draw_he_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    Stages = Sequence[Sequence[int]]

# The channels of the convolutions of each stage; a maximum is pooled after a stage.
SMALL = ((16, 16), (32, 32), (64, 64))
VGG11 = ((64,), (128,), (256, 256), (512, 512), (512, 512))
VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def vgg(stages: Stages, channels: int, classes: int, *, batch_norm: bool = False) -> nn.Sequential:
    """Return a VGG for images of 32 × 32.

    >>> from spanmatch.torch.loading.architectures.vgg import VGG11, vgg
    >>> [name for name, _ in vgg(VGG11, 3, 10).named_children()][-4:]
    ['conv8', 'fc1', 'fc2', 'fc3']
    """
    return _build_network(
        stages, channels, [512, 512, classes], nn.MaxPool2d(2), 1, batch_norm=batch_norm
    )


def small_vgg(channels: int, classes: int) -> nn.Sequential:
    """Return a network of the same kind for images of 8 × 8 and more."""
    # Four parts of the image, however large it is.
    return _build_network(
        SMALL, channels, [64, classes], nn.AdaptiveAvgPool2d(2), 4, batch_norm=False
    )


def _build_network(
    stages: Stages,
    channels: int,
    hidden: Sequence[int],
    last_pooling: nn.Module,
    positions: int,
    *,
    batch_norm: bool,
) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    pooling: list[nn.Module] = []
    for widths in stages:
        for width in widths:
            norm = [nn.BatchNorm2d(width)] if batch_norm else []
            convolution = nn.Conv2d(channels, width, kernel_size=3, padding=1)
            layers[f"conv{len(layers) + 1}"] = nn.Sequential(
                *pooling, convolution, *norm, nn.ReLU()
            )
            channels, pooling = width, []
        pooling = [nn.MaxPool2d(2)]
    width, before = positions * channels, [last_pooling, nn.Flatten()]
    for number, size in enumerate(hidden, start=1):
        relu = [nn.ReLU()] if number < len(hidden) else []
        layers[f"fc{number}"] = nn.Sequential(*before, nn.Linear(width, size), *relu)
        width, before = size, []
    return draw_he_weights(nn.Sequential(layers))
