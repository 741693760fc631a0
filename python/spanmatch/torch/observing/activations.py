"""The output of a layer for one batch, and its form as samples × neurons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from spanmatch.pair.rows import as_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.torch.observing.items import RowCounts

# Types whose precision is too low for a mean of their own values.
NARROW = (torch.float16, torch.bfloat16)


@dataclass(frozen=True, eq=False)
class Activations:
    """The output of a layer for one batch.

    The values are valid only while the hook of the layer runs, since a later layer may overwrite
    them. `copy` returns activations that last.

    Examples
    --------
    >>> maps = Activations(torch.ones(8, 16, 5, 4), axis=1)
    >>> maps.n_items, maps.positions, maps.n_neurons
    (8, (5, 4), 16)
    >>> maps.rows().shape, maps.means().shape
    (torch.Size([160, 16]), torch.Size([8, 16]))
    """

    values: Tensor
    """The output of the layer, detached."""
    axis: int
    """The neurons' axis, counted from the front."""
    mask: Tensor | None = None
    """The positions of each item that count: bool, of the shape of the values without `axis`."""
    counts: RowCounts | None = None
    """The rows of each item on the first axis, if not one each; then there is no mask."""

    @property
    def n_neurons(self) -> int:
        """The number of neurons of the layer."""
        return self.values.shape[self.axis]

    @property
    def n_items(self) -> int:
        """The number of items: that of the inputs of the batch, if rows were traced.

        Without the trace this holds in general, but not if a layer splits inputs, as attention in
        windows does, or drops items.
        """
        return self.values.shape[0] if self.counts is None else len(self.counts.counts)

    @property
    def positions(self) -> tuple[int, ...]:
        """The sizes of the axes that are neither items nor neurons: () of (B, F)."""
        shape = self.values.shape
        return tuple(shape[1 : self.axis]) + tuple(shape[self.axis + 1 :])

    def rows(self) -> Tensor:
        """Return samples × neurons: a view if the neurons are last and nothing is masked."""
        return cast("Tensor", as_rows(self.values, self.mask, axis=self.axis))

    @property
    def rows_per_item(self) -> int | list[int]:
        """The number of rows of each item with any rows: its positions, or those that count."""
        each = max(1, math.prod(self.positions))
        if self.counts is not None:
            return [each * count for count in self.counts.counts if count > 0]
        if self.mask is None:
            return each
        counts: list[int] = self.mask.flatten(1).sum(1).tolist()
        return [count for count in counts if count > 0]

    def means(self) -> Tensor:
        """Return items × neurons: the mean of each item over its unmasked positions, in new memory.

        Half precision becomes float32.

        Raises
        ------
        ValueError
            All positions of an item are masked, or it has no rows.
        """
        if self.counts is not None:
            return _average(self.rows(), self.counts, max(1, math.prod(self.positions)))
        # The order of the sum is the same for any strides, so that a copy has the same means.
        last = self.values.movedim(self.axis, -1).contiguous()
        values = last.flatten(1, -2) if self.positions else None
        kind = torch.float32 if self.values.dtype in NARROW else self.values.dtype
        if values is None:
            return self.values.to(kind, copy=True)
        if self.mask is None:
            return values.mean(1, dtype=kind)
        mask = self.mask.flatten(1)
        counts = mask.sum(1, keepdim=True)
        if not bool(counts.all()):
            item = int((counts == 0).flatten().nonzero()[0])
            raise ValueError(f"item {item} of the batch (counted from 0) has no unmasked position")
        return values.masked_fill(~mask[..., None], 0).sum(1, dtype=kind) / counts

    def copy(self, memory: Tensor | None = None) -> Activations:
        """Return a copy that no later layer can change, with the neurons last.

        `rows` of maps makes a copy anyway, and `rows` of this copy makes none, so both together
        cost no more than `rows` alone.

        Parameters
        ----------
        memory
            The values of the copy of the last batch, which is no longer needed. They are
            overwritten if they have the same shape, since new memory costs as much as the copy.
        """
        last = self.values.movedim(self.axis, -1)
        if memory is not None and _fits(memory, last):
            values = memory.copy_(last)
        else:
            values = last.clone(memory_format=torch.contiguous_format)
        return Activations(values, values.ndim - 1, self.mask, self.counts)


class UnreadableError(ValueError):
    """An output has floats in a form without rows; the message is a noun for this form."""


def find_activations(returned: Any) -> Tensor | None:
    """Return the first tensor of floats with at least two axes in a layer's result, or None.

    Recurrent and attention layers return (output, state). Models of transformers return a mapping,
    in which a loss is a single number. Others return a dataclass, whose fields are searched in
    order. A PackedSequence of texts of equal length is unpacked, with the items first.

    Raises
    ------
    UnreadableError
        This tensor is sparse or nested, or packed from texts of different lengths.

    Examples
    --------
    >>> find_activations((torch.tensor(0.5), {"hidden": torch.ones(1, 2)}, torch.ones(3, 3)))
    tensor([[1., 1.]])
    """
    if isinstance(returned, Tensor):
        return returned if _has_neurons(returned) else None
    if isinstance(returned, PackedSequence):
        return _unpack(returned)
    for part in _list_parts(returned):
        found = find_activations(part)
        if found is not None:
            return found
    return None


def describe_without_floats(returned: Any) -> str:
    """Describe the result of a layer in which nothing is an output."""
    if isinstance(returned, Tensor):
        kind = str(returned.dtype).removeprefix("torch.")
        return f"a tensor of {kind} with {returned.ndim} axes, not of floats with two or more"
    return f"a {type(returned).__name__} without a tensor of floats with two or more axes"


def _list_parts(returned: Any) -> Iterable[Any]:
    if isinstance(returned, Mapping):
        return returned.values()
    if isinstance(returned, tuple | list):
        return returned
    if is_dataclass(returned) and not isinstance(returned, type):
        return (getattr(returned, field.name, None) for field in fields(returned))
    return vars(returned).values() if type(returned) is SimpleNamespace else ()


def _has_neurons(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.ndim < 2:
        return False
    if tensor.is_nested:
        raise UnreadableError(
            "a nested tensor, which has no positions: let the layer give padded values, and pass "
            "the mask"
        )
    if tensor.layout != torch.strided:
        raise UnreadableError(
            f"a tensor laid out as {tensor.layout}: let the layer give it dense, by to_dense()"
        )
    return True


def _unpack(packed: PackedSequence) -> Tensor | None:
    if not _has_neurons(packed.data):
        return None
    if int(packed.batch_sizes[0]) != int(packed.batch_sizes[-1]):
        raise UnreadableError(
            "a PackedSequence of several lengths, whose rows go by position and not by input: let "
            "the model run on padded texts, and pass the mask"
        )
    return pad_packed_sequence(packed, batch_first=True)[0]


def _average(rows: Tensor, counts: RowCounts, times: int) -> Tensor:
    """Return the mean of the rows of each item, with `times` rows for each one counted."""
    if 0 in counts.counts:
        item = counts.counts.index(0)
        raise ValueError(f"item {item} of the batch (counted from 0) has no {counts.kind}")
    kind = torch.float32 if rows.dtype in NARROW else rows.dtype
    parts = rows.split([times * count for count in counts.counts])
    return torch.stack([part.mean(0, dtype=kind) for part in parts])


def _fits(memory: Tensor, values: Tensor) -> bool:
    return (
        memory.shape == values.shape
        and memory.dtype == values.dtype
        and memory.device == values.device
        # Tensors made in inference mode could not be written to outside of it.
        and not memory.is_inference()
    )
