"""The neurons' axis of a layer's output.

The types of convolutions, normalisations and linear maps determine the axis. Those of activations
and blocks do not: a GELU inside ConvNeXt works on (N, H, W, C), and one in ResNet on (N, C, H, W).
So axes are followed through the forward pass, from the layers that determine them to the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterable

CHANNELS_SECOND = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LocalResponseNorm,
)
LAST = (
    nn.Linear,
    nn.Bilinear,
    nn.Embedding,
    nn.EmbeddingBag,
    nn.MultiheadAttention,
    nn.RNNBase,
    nn.RNNCellBase,
)
# The linear map of transformers that is named Conv1D, as in the GPT family.
LAST_NAMES = ("Conv1D",)
# The modules of torch whose layers work on positions of maps and keep the channels' axis.
SPATIAL = tuple(
    f"torch.nn.modules.{room}" for room in ("pooling", "padding", "upsampling", "pixelshuffle")
)

# The modules whose layers are functions of each value, or keep all values in place.
ELEMENTWISE = tuple(
    f"torch.nn.modules.{room}" for room in ("activation", "batchnorm", "dropout", "linear")
)

# The number of tensors of one shape that is needed, since one may have it by accident.
SEVERAL = 2


def find_own_axis(module: nn.Module, output: Tensor) -> int | None:
    """Return the axis that follows from the type of the layer; None if it may be any.

    It is 0 for a convolution that got a single item, without an axis for the items of a batch.

    >>> import torch
    >>> find_own_axis(nn.Conv2d(3, 8, 3), torch.ones(5, 8, 4, 4))
    1
    >>> find_own_axis(nn.GELU(), torch.ones(5, 8, 4, 4)) is None
    True
    """
    last = output.ndim - 1
    if isinstance(module, nn.modules.conv._ConvNd):
        return output.ndim - 1 - len(module.kernel_size)
    if isinstance(module, CHANNELS_SECOND):
        return 1
    if isinstance(module, LAST) or type(module).__name__ in LAST_NAMES:
        return last
    return _find_normalised_axis(module, output)


def knows_axis(module: nn.Module) -> bool:
    """Tell whether `find_own_axis` finds the axis of every output of this layer."""
    return isinstance(module, CHANNELS_SECOND + LAST) or type(module).__name__ in LAST_NAMES


class Axes:
    """The axes known so far in one forward pass.

    Parameters
    ----------
    guess
        Whether to take the likely axis if none is known: the last of three, and for maps the one
        whose length differs from the others.
    """

    def __init__(self, *, guess: bool = False) -> None:
        self._guess = guess
        # By the id of a tensor, which is unique while the tensor lives.
        self._of_tensor: dict[int, tuple[ref[Tensor], int]] = {}
        # By the address of its memory, which is unique in the same way.
        self._of_memory: dict[int, tuple[ref[Tensor], int]] = {}
        # By the address of the storage that its memory is part of.
        self._of_storage: dict[int, tuple[ref[Tensor], int]] = {}
        # The tensors whose axis is that of others of their shape, and the number of those.
        self._by_shape: dict[int, tuple[ref[Tensor], int]] = {}
        # By shape, the number of tensors whose axis follows from the layers that made them.
        self._n_made: dict[tuple[int, ...], int] = {}
        # By shape without the items, the axes of all tensors of this shape.
        self._of_shape: dict[tuple[int, ...], set[int]] = {}

    def get_axis(self, tensor: Tensor) -> int | None:
        """Return the neurons' axis of a tensor; None if not known."""
        tensor_ref, axis = self._of_tensor.get(id(tensor), (None, 0))
        return axis if tensor_ref is not None and tensor_ref() is tensor else None

    def count_witnesses(self, tensor: Tensor) -> int:
        """Return how many others of its shape give a tensor its axis; 0 if a layer gave it."""
        tensor_ref, count = self._by_shape.get(id(tensor), (None, 0))
        return count if tensor_ref is not None and tensor_ref() is tensor else 0

    def follow(self, module: nn.Module, inputs: Iterable[Tensor], output: Tensor) -> None:
        """Find the axis of `output`, which `module` has computed from `inputs`."""
        axis, n_witnesses = self._find_axis(module, inputs, output)
        if axis is None:
            return
        self.note(output, axis)
        if n_witnesses:
            self._by_shape[id(output)] = ref(output), n_witnesses
        else:
            self._by_shape.pop(id(output), None)
            shape = tuple(output.shape[1:])
            self._n_made[shape] = self._n_made.get(shape, 0) + 1

    def note(self, output: Tensor, axis: int) -> None:
        """Record `axis` as that of `output`."""
        self._of_tensor[id(output)] = (ref(output), axis)
        if output.numel():
            self._of_memory[output.data_ptr()] = (ref(output), axis)
            self._of_storage[_get_storage(output)] = (ref(output), axis)
        self._of_shape.setdefault(tuple(output.shape[1:]), set()).add(axis)

    def _find_axis(
        self, module: nn.Module, inputs: Iterable[Tensor], output: Tensor
    ) -> tuple[int | None, int]:
        """Return the axis, and the number of others of its shape that give it."""
        if (axis := find_own_axis(module, output)) is not None:
            return axis, 0
        # A block often returns the output of a layer inside it, or its own input.
        if (axis := self.get_axis(output)) is not None:
            return axis, self.count_witnesses(output)
        for given in inputs:
            axis, n_witnesses = self._inherit_axis(module, given, output)
            if axis is not None:
                return axis, n_witnesses
        for find in (self._find_view, self._find_part):
            if (axis := find(output)) is not None:
                return axis, SEVERAL
        if output.ndim == 2 or _is_spatial(module):
            return (1 if output.ndim > 2 or self._guess else None), 0
        return self._find_by_shape(output), max(1, self._n_made.get(tuple(output.shape[1:]), 0))

    def _inherit_axis(
        self, module: nn.Module, given: Tensor, output: Tensor
    ) -> tuple[int | None, int]:
        weighed = _find_weighed_axis(module, given, output)
        axis, n_witnesses = self.get_axis(given), self.count_witnesses(given)
        if axis is None:
            axis, n_witnesses = self._find_part(given), SEVERAL
        if weighed is not None or axis is None or given.ndim != output.ndim:
            return weighed, 0
        if _shares_memory(given, output):
            return _follow_view(given, axis, output), n_witnesses
        if _is_spatial(module):
            return axis, n_witnesses
        if given.shape != output.shape:
            return None, 0
        if _is_elementwise(module):
            return axis, n_witnesses
        # Transposed, the output would have the same size.
        turned = output.shape[1:].count(output.shape[axis]) > 1
        return (None if turned else axis), n_witnesses or SEVERAL

    def _find_view(self, output: Tensor) -> int | None:
        # A block often transposes the output of an inner layer before it returns it.
        tensor_ref, axis = self._of_memory.get(output.data_ptr(), (None, 0))
        known = None if tensor_ref is None else tensor_ref()
        if known is None or known.numel() != output.numel():
            return None
        return _follow_view(known, axis, output)

    def _find_part(self, part: Tensor) -> int | None:
        # Half of the neurons for gates, or all positions but the last.
        if not part.numel() or part.layout != torch.strided or part.is_nested:
            return None
        tensor_ref, axis = self._of_storage.get(_get_storage(part), (None, 0))
        known = None if tensor_ref is None else tensor_ref()
        if known is None or known.stride() != part.stride():
            return None
        # If two axes have the same stride, one of them has length 1.
        return axis if known.stride().count(known.stride(axis)) == 1 else None

    def _find_by_shape(self, output: Tensor) -> int | None:
        # Additions and functions between layers keep the shape. An earlier tensor of it had its
        # neurons on the same axis.
        shape = tuple(output.shape[1:])
        known = self._of_shape.get(shape, set())
        if known:
            axis = next(iter(known))
            # Transposed it would have the same shape.
            turned = shape.count(output.shape[axis]) > 1
            return axis if len(known) == 1 and not turned else None
        return self._guess_axis(output) if self._guess else None

    def _guess_axis(self, output: Tensor) -> int | None:
        shape = tuple(output.shape[1:])
        if output.ndim == 3:
            # Tokens, unless the model has signals (N, C, L) too.
            signals = any(len(seen) == 2 and 1 in at for seen, at in self._of_shape.items())
            return None if signals else 2
        first, last = (len(set(positions)) == 1 for positions in (shape[1:], shape[:-1]))
        if first == last or self._has_oblong_maps(output.ndim):
            return None
        return 1 if first else output.ndim - 1

    def _has_oblong_maps(self, ndim: int) -> bool:
        return any(
            len(shape) == ndim - 1 and len({*shape[: axis - 1], *shape[axis:]}) > 1
            for shape, axes in self._of_shape.items()
            for axis in axes
        )


def _find_normalised_axis(module: nn.Module, output: Tensor) -> int | None:
    """Return the axis over which LayerNorm, RMSNorm and the like normalise."""
    normalised = getattr(module, "normalized_shape", None)
    if not isinstance(normalised, tuple | list) or len(normalised) != 1:
        return None
    last = output.ndim - 1
    fitting = [axis for axis in (1, last) if output.shape[axis] == normalised[0]]
    if len(set(fitting)) == 1:
        return fitting[0]
    # Maps that are as wide as they have channels. Layers for channels-first maps have this in their
    # name (torchvision and timm) or in their settings (transformers).
    if type(module).__name__.endswith("2d") or (
        getattr(module, "data_format", None) == "channels_first"
    ):
        return 1
    plain = type(module).forward in (
        nn.LayerNorm.forward,
        getattr(nn, "RMSNorm", nn.Module).forward,
    )
    return last if plain or hasattr(module, "data_format") else None


def _find_weighed_axis(module: nn.Module, given: Tensor, output: Tensor) -> int | None:
    """Return the one axis with the length of all parameters of a layer that keeps the shape.

    A user's own norm has a weight for every neuron. With four or more axes it is the last or none,
    since the others may be channels, or heads with a scale each.
    """
    sizes = {tuple(part.shape) for part in module._parameters.values() if part is not None}
    if given.shape != output.shape or len(sizes) != 1 or module._modules:
        return None
    size = next(iter(sizes))
    at = [axis for axis, length in enumerate(output.shape) if axis and (length,) == size]
    if len(at) != 1 or size[0] == 1 or (output.ndim > 3 and at[0] != output.ndim - 1):
        return None
    return at[0]


def _is_spatial(module: nn.Module) -> bool:
    return any(kind.__module__ in SPATIAL for kind in type(module).__mro__)


def _is_elementwise(module: nn.Module) -> bool:
    return type(module).__module__ in ELEMENTWISE and not isinstance(module, LAST)


def _shares_memory(given: Tensor, output: Tensor) -> bool:
    return given.data_ptr() == output.data_ptr() and given.numel() == output.numel()


def _get_storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _follow_view(given: Tensor, axis: int, output: Tensor) -> int | None:
    """Return the place of `axis` of `given` in a view of it; None if not known."""
    wanted = given.shape[axis], given.stride(axis)
    places = zip(output.shape, output.stride(), strict=True)
    at = [at for at, place in enumerate(places) if place == wanted]
    return axis if axis in at and given.shape == output.shape else at[0] if len(at) == 1 else None
