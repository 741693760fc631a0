"""The contents of a batch: the model's inputs, their number, and the rows of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.torch.observing.batch import count_inputs, name_inputs
from spanmatch.torch.observing.items import check_alone, check_items, read_items
from spanmatch.torch.observing.masks import BatchMasks, read_masks, turn_masks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from spanmatch.torch.observing.items import BatchItems, ItemsChoice
    from spanmatch.torch.observing.masks import MaskChoice


@dataclass(frozen=True)
class BatchContents:
    """The contents of a batch for one model."""

    inputs: Any
    n_inputs: int
    masks: BatchMasks
    items: BatchItems | None
    """The number of rows of each input, if inputs lie one after the other on axis 0."""


@dataclass(frozen=True)
class BatchReader:
    """The options for reading batches.

    Raises
    ------
    TypeError, ValueError
        As `check_items`.
    """

    mask: MaskChoice = None
    input_axis: int = 0
    items: ItemsChoice = None

    def __post_init__(self) -> None:
        check_items(self.items, self.mask, self.input_axis)

    def read(self, batch: Any, model: nn.Module, layers: Iterable[str]) -> BatchContents:
        """Return the contents of a batch for a model with these chosen layers.

        Raises
        ------
        TypeError, ValueError
            This is not a batch, the batch is empty, or its masks or items are wrong.
        """
        inputs = name_inputs(batch, model, mask_said=self.mask is not None)
        items = read_items(batch, self.items)
        if items is not None:
            check_alone(items.source, self.mask, self.input_axis)
        masks = read_masks(batch, inputs, self.mask, layers)
        if items is not None and masks.of_inputs:
            raise ValueError(
                f"the batch holds the mask {next(iter(masks.of_inputs))!r}, and rows lie one input "
                f"after the other, as {items.source} says, and are not padded: leave one of them "
                "out"
            )
        n_inputs = count_inputs(inputs, self.input_axis) if items is None else items.n_inputs
        if n_inputs == 0:
            raise ValueError("the batch is empty")
        return BatchContents(inputs, n_inputs, turn_masks(masks, n_inputs, self.input_axis), items)
