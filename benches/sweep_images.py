"""Image models of torchvision and timm, for benches/sweep_architectures.py."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from sweep_case import Case, UnbuiltError
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

IMAGES = 4
SIZES = (32, 64, 96, 128, 160, 192, 224, 256, 299, 384)
LARGEST = 140_000_000  # parameters
# How small models of large families are called: the parameters of these alone are counted.
SMALL = re.compile("test_|atto|femto|pico|nano|tiny|small|xx|_b?0|18|26|_s")
FEW = 12


def draw_images(size: int, count: int = IMAGES) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))


def list_image() -> dict[str, Callable[[], Case]]:
    """Return the smallest classifier of every family of torchvision."""
    from torchvision import models

    families: dict[str, list[str]] = {}
    for name in sorted(models.list_models(module=models)):
        family = re.match(r"[a-z]+(_v\d)?", name)
        families.setdefault(family[0] if family else name, []).append(name)
    return {family: partial(build_torchvision, names) for family, names in families.items()}


def list_timm() -> dict[str, Callable[[], Case]]:
    """Return the smallest model of every module of timm."""
    try:
        import timm
    except ImportError:
        return {}
    families: dict[str, list[str]] = {}
    for name in timm.list_models():
        family = timm.models._registry._model_to_module[name]
        families.setdefault(family, []).append(name)
    return {family: partial(build_timm, names) for family, names in sorted(families.items())}


def build_torchvision(names: Sequence[str]) -> Case:
    from torchvision import models

    def make(name: str, **_: Any) -> nn.Module:
        # Else these two take a minute to draw their weights.
        more = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
        model: nn.Module = models.get_model(name, weights=None, **more)
        return model

    return build_smallest(make, names)


def build_timm(names: Sequence[str]) -> Case:
    import timm

    def make(name: str, **options: Any) -> nn.Module:
        model: nn.Module = timm.create_model(name, pretrained=False, **options)
        return model

    return build_smallest(make, names)


def build_smallest(make: Callable[..., nn.Module], names: Sequence[str]) -> Case:
    """Return a case of the model of fewest parameters, with the smallest images that it takes."""
    if len(names) > FEW:
        names = ([name for name in names if SMALL.search(name)] or list(names))[:FEW]
    smallest = min(names, key=partial(count_parameters, make))
    if count_parameters(make, smallest) > LARGEST:
        raise UnbuiltError(f"the smallest is {smallest}, of more than {LARGEST} parameters")
    for size in SIZES:
        for options in ({}, {"img_size": size}):
            if takes_images(make, smallest, size, options):
                return Case(partial(make, smallest, **options), draw_images(size))
    raise UnbuiltError(f"{smallest} takes no square images of {SIZES[0]} to {SIZES[-1]} pixels")


def count_parameters(make: Callable[..., nn.Module], name: str) -> float:
    try:
        with torch.device("meta"):
            return float(sum(part.numel() for part in make(name).parameters()))
    except Exception:
        # Some cannot be made without memory: the last choice.
        return float(LARGEST)


def takes_images(
    make: Callable[..., nn.Module], name: str, size: int, options: dict[str, Any]
) -> bool:
    try:
        with torch.no_grad():
            make(name, **options).eval()(draw_images(size, 1))
    except Exception:
        return False
    return True
