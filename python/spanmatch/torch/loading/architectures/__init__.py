"""Small networks by name, which experiments train, for images of any channels and classes.

Each is a sequence whose children are the layers to compare: a convolution, a residual block or a
fully connected layer, each with its normalisation and its ReLU, and with the pooling before it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spanmatch.torch.loading.architectures.resnet import resnet
from spanmatch.torch.loading.architectures.vgg import VGG11, VGG16, small_vgg, vgg

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

ARCHITECTURES: dict[str, Callable[[int, int], nn.Sequential]] = {
    "small-vgg": small_vgg,
    "small-resnet": partial(resnet, 8),
    "vgg11": partial(vgg, VGG11),
    "vgg11-bn": partial(vgg, VGG11, batch_norm=True),
    "vgg16": partial(vgg, VGG16),
    "vgg16-bn": partial(vgg, VGG16, batch_norm=True),
    **{f"resnet{depth}": partial(resnet, depth) for depth in (20, 32, 44)},
    **{f"plain{depth}": partial(resnet, depth, shortcuts=False) for depth in (20, 32, 44)},
}
"""The functions by name, which take the channels of an image and the number of classes."""
