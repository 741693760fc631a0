"""The default channels and classes of an architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS, CLASSES = 3, 10  # of CIFAR-10, which the published ones are of
SIDE = 32


def read_sizes(network: nn.Module, weights: Mapping[str, Any]) -> dict[str, int]:
    """Return the `channels` and `classes` of weights, by comparison with a network.

    Return an empty dict for weights of another architecture.
    """
    own = network.state_dict()
    first = next(name for name, value in own.items() if value.ndim == 4)
    last = [name for name, value in own.items() if value.ndim == 2][-1]
    found = {
        what: [value.shape[axis] for name, value in weights.items() if _is(name, value, wanted)]
        for what, wanted, axis in (("channels", first, 1), ("classes", last, 0))
    }
    return {what: sizes[0] for what, sizes in found.items() if len(sizes) == 1}


def count_channels(batch: Any) -> dict[str, int]:
    """Return the `channels` of a batch of images; an empty dict for other batches."""
    images = batch[0] if isinstance(batch, tuple | list) and batch else batch
    known = isinstance(images, Tensor) and images.ndim == 4
    return {"channels": images.shape[1]} if known else {}


def _is(name: str, value: object, wanted: str) -> bool:
    if not (isinstance(value, Tensor) and value.ndim >= 2 and f".{name}".endswith(f".{wanted}")):
        return False
    # A tensor may repeat a few values to any size, of which no network is to be made.
    return value.numel() * value.element_size() <= value.untyped_storage().nbytes()
