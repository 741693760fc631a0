"""Residual networks, and plain ones of the same layers without shortcuts.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2:
three stages of 16, 32 and 64 channels, 6 n + 2 layers deep. Shortcuts have no parameters (option
A).
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn

from spanmatch.torch.loading.architectures.start import draw_he_weights

STAGES = (16, 32, 64)


def resnet(depth: int, channels: int, classes: int, *, shortcuts: bool = True) -> nn.Sequential:
    """Return a network of 6 n + 2 layers.

    >>> from spanmatch.torch.loading.architectures.resnet import resnet
    >>> [name for name, _ in resnet(8, 1, 10).named_children()]
    ['conv1', 'block1', 'block2', 'block3', 'fc']
    """
    blocks, rest = divmod(depth - 2, 6)
    if blocks < 1 or rest:
        raise ValueError(f"a residual network has 6 n + 2 layers, as 8, 20 or 32, not {depth}")
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = nn.Sequential(*_build_convolution(channels, STAGES[0], 1), nn.ReLU())
    widths = [STAGES[0], *(width for width in STAGES for _ in range(blocks))]
    for number, (before, after) in enumerate(pairwise(widths), start=1):
        layers[f"block{number}"] = _Block(before, after, shortcuts)
    layers["fc"] = nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(STAGES[-1], classes)
    )
    return draw_he_weights(nn.Sequential(layers))


class _Block(nn.Module):
    """Two convolutions; where channels double, the first halves height and width."""

    def __init__(self, before: int, after: int, shortcut: bool) -> None:
        super().__init__()
        self.stride, self.added, self.shortcut = after // before, after - before, shortcut
        self.inner = nn.Sequential(
            *_build_convolution(before, after, self.stride),
            nn.ReLU(),
            *_build_convolution(after, after, 1),
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        z: Tensor = self.inner(x)
        if self.shortcut:
            kept = x[:, :, :: self.stride, :: self.stride]
            z = z + nn.functional.pad(kept, (0, 0, 0, 0, 0, self.added))
        output: Tensor = self.relu(z)
        return output


def _build_convolution(before: int, after: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(after)]
