"""Numbered examples, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import torch

from spanmatch.base.arguments import as_at_least_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

Batch: TypeAlias = "Tensor | tuple[Tensor, Tensor] | dict[str, Tensor]"


@dataclass(frozen=True)
class Examples:
    """The number of examples, and a function that makes a batch of those with given numbers."""

    count: int
    batch_of: Callable[[list[int]], Batch]
    classes: int | None = None
    """The number of classes in the targets; None without targets, or for other targets."""


@dataclass(frozen=True)
class ChosenBatches:
    """Batches of some of the examples, in the order of their numbers."""

    examples: Examples
    chosen: list[int]
    batch_size: int
    none_alone: bool = False
    """Whether a single last input joins the batch before it, since alone it can be neither
    normalised by its batch nor shifted against others."""

    def __len__(self) -> int:
        whole, left = divmod(len(self.chosen), self.batch_size)
        joins = self.none_alone and left == 1 and whole > 0
        return whole + (left > 0 and not joins)

    def __iter__(self) -> Iterator[Batch]:
        return map(self.make_batch, range(len(self)))

    def make_batch(self, number: int) -> Batch:
        """Make the batch with this number, counted from 0."""
        first, is_last = number * self.batch_size, number == len(self) - 1
        return self.examples.batch_of(
            self.chosen[first : None if is_last else first + self.batch_size]
        )

    def shuffle(self, generator: torch.Generator) -> ChosenBatches:
        """Return batches of the same examples in a random order."""
        order = torch.randperm(len(self.chosen), generator=generator).tolist()
        return replace(self, chosen=[self.chosen[place] for place in order])


def cut_into_batches(examples: Examples, batch_size: int, limit: int | None) -> ChosenBatches:
    """Divide examples, or `limit` of them evenly spread, into batches; the last may be smaller.

    Examples
    --------
    >>> ten = Examples(10, list)
    >>> list(cut_into_batches(ten, 2, limit=5))
    [[0, 2], [4, 6], [8]]
    """
    batch_size = as_at_least_one(batch_size, "batch_size")
    count = examples.count
    if limit is not None:
        count = min(as_at_least_one(limit, "limit"), count)
    chosen = [number * examples.count // count for number in range(count)]
    return ChosenBatches(examples, chosen, batch_size)


def label_examples(inputs: Tensor, targets: Tensor) -> Examples:
    """Return the examples in a tensor, with their targets."""
    numbered = targets.ndim == 1 and not targets.is_floating_point()
    classes = int(targets.max()) + 1 if numbered else None
    return Examples(len(inputs), lambda numbers: (inputs[numbers], targets[numbers]), classes)


def is_test(split: str) -> bool:
    """Tell whether a split is "test"; raise ValueError if it is not "train" either."""
    if split not in ("test", "train"):
        raise ValueError(f"`split` is {split!r}: it must be 'test' or 'train'")
    return split == "test"
