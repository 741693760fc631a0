"""Pictures in folders, as networks expect them: cut to a size, and each channel normalised."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from spanmatch.base.arguments import as_at_least_one, as_real
from spanmatch.torch.loading.data.batches import Examples, is_test
from spanmatch.torch.loading.data.pictures import check_tree, read_picture
from spanmatch.torch.loading.extras import explain_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The part of a picture that is kept, as in most evaluations on ImageNet: 224 of 256.
KEPT = 224 / 256
CHANNELS = 3
MAX_SIDE = 16_384  # pixels


def read_cifar10(
    folder: str,
    split: str = "test",
    *,
    size: int | None = None,
    mean: Sequence[float] = CIFAR10_MEAN,
    std: Sequence[float] = CIFAR10_STD,
) -> Examples:
    """Return CIFAR-10 from a folder of the user."""
    with explain_missing("torchvision", "models"):
        from torchvision.datasets import CIFAR10
        from torchvision.transforms.functional import resize
    train = not is_test(split)
    size = None if size is None else as_at_least_one(size, "size", MAX_SIDE)
    mean, std = _as_channels(mean, "mean"), _as_deviations(std)
    try:
        # The files are pickles: torchvision reads them if their checksums are the published ones.
        data = CIFAR10(folder, train=train, download=False)
    except RuntimeError as error:
        place = Path(folder) / CIFAR10.base_folder
        raise FileNotFoundError(
            f"{place} does not hold CIFAR-10, or not all of it unchanged: download {CIFAR10.url} "
            f"and unpack it in {folder}"
        ) from error
    pixels, targets = torch.from_numpy(data.data).permute(0, 3, 1, 2), torch.tensor(data.targets)

    def batch_of(numbers: list[int]) -> tuple[Tensor, Tensor]:
        images = pixels[numbers].float() / 255
        if size is not None:
            images = resize(images, [size, size], antialias=True)
        return _normalise(images, mean, std), targets[numbers]

    return Examples(len(pixels), batch_of, len(data.classes))


def read_image_folder(
    folder: str,
    *,
    size: int = 224,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
) -> Examples:
    """Return pictures of any size, from a folder with a folder for each class."""
    with explain_missing("torchvision", "models"):
        from torchvision.datasets import ImageFolder
        from torchvision.transforms.functional import center_crop, pil_to_tensor, resize
    size = as_at_least_one(size, "size", MAX_SIDE)
    mean, std = _as_channels(mean, "mean"), _as_deviations(std)
    check_tree(Path(folder))
    try:
        data = ImageFolder(folder, loader=partial(read_picture, side=round(size / KEPT)))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder} must hold a folder for each class, and those pictures: {error}"
        ) from error

    def read_image(number: int) -> Tensor:
        picture = resize(data[number][0], [round(size / KEPT)])
        cut: Tensor = pil_to_tensor(center_crop(picture, [size, size]))
        return cut.float() / 255

    def batch_of(numbers: list[int]) -> tuple[Tensor, Tensor]:
        images = torch.stack([read_image(number) for number in numbers])
        targets = torch.tensor([data.targets[number] for number in numbers])
        return _normalise(images, mean, std), targets

    return Examples(len(data), batch_of, len(data.classes))


def _as_channels(values: Sequence[float], name: str) -> list[float]:
    """Return a number for each of the three channels, or one for all."""
    given = np.ravel(np.asarray(values, object)).tolist()
    if len(given) not in (1, CHANNELS):
        raise ValueError(f"`{name}` must be {CHANNELS} numbers, one for each channel: {values!r}")
    return [as_real(value, f"`{name}`") for value in given]


def _as_deviations(std: Sequence[float]) -> list[float]:
    given = _as_channels(std, "std")
    if min(given) <= 0:
        raise ValueError(f"`std` must be above 0, got {min(given)}")
    return given


def _normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    return (images - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
