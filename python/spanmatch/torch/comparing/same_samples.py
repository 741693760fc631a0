"""Rows of the outputs of two layers that belong to the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spanmatch.base.errors import prefix_errors

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from spanmatch.torch.observing.activations import Activations


def compare_positions(a: Activations, b: Activations) -> str:
    """Return a note that both are to be averaged over positions; "" if all of them agree.

    If both have the same positions, and the same mask, each position is a sample. Otherwise the
    mean over the positions of each item is.

    Raises
    ------
    ValueError
        Both have different numbers of items.
    """
    if a.n_items != b.n_items:
        raise ValueError(
            f"A gives {a.n_items} items and B {b.n_items}: their rows are not of the same samples"
        )
    if a.positions != b.positions or a.counts != b.counts:
        return f"mean over positions: {_describe(a)} against {_describe(b)}"
    return "" if _has_same_mask(a, b) else "mean over positions: A and B have different masks"


def _has_same_mask(a: Activations, b: Activations) -> bool:
    masks = [each.mask for each in (a, b) if each.mask is not None]
    if len(masks) == 2:
        return torch.equal(masks[0], masks[1].to(masks[0].device))
    return all(bool(mask.all()) for mask in masks)


def _describe(activations: Activations) -> str:
    counted = [] if activations.counts is None else [activations.counts.kind]
    return " × ".join([*counted, *map(str, activations.positions)]) or "one"


def check_same_rows(first: str, now: str) -> None:
    """Raise ValueError if one batch is averaged over positions, and another is not."""
    if bool(first) != bool(now):
        raise ValueError("their positions agree in some batches, and differ in others")


def prefix_layers(layer_a: str, layer_b: str) -> AbstractContextManager[None]:
    """Name the layers in errors."""
    return prefix_errors(f"layer {layer_a!r} of A and {layer_b!r} of B")
