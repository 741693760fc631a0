"""`capture`: the activations of chosen layers, batch by batch."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from torch import Tensor

from spanmatch.comparison.keys import name_call
from spanmatch.torch.observing.batch import take_batches
from spanmatch.torch.observing.device_choice import as_device
from spanmatch.torch.observing.observer import Observer
from spanmatch.torch.observing.traced_batches import read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch
    from torch import nn
    from typing_extensions import Self

    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.items import ItemsChoice
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import MaskChoice


class Captured(tuple[str, Tensor]):
    """The rows of one layer for one batch: a tuple (layer, rows) with an attribute `rows_per_item`.

    Parameters
    ----------
    layer
        The name of the layer; `name#0`, `name#1`, … if it runs several times in a forward pass.
    rows
        A tensor of samples × neurons.
    rows_per_item
        The number of rows of each input, in the form that `ActivationPair.update` takes: an int if
        it is the same for all, else a list with the number of each input that has any rows.

    Examples
    --------
    >>> import torch
    >>> layer, rows = captured = Captured("conv", torch.zeros(8, 3), 4)
    >>> layer, captured.rows_per_item
    ('conv', 4)
    """

    _rows_per_item: int | list[int]

    def __new__(cls, layer: str, rows: Tensor, rows_per_item: int | list[int]) -> Self:
        """Make a tuple of the layer and the rows."""
        made = super().__new__(cls, (layer, rows))
        object.__setattr__(made, "_rows_per_item", rows_per_item)
        return made

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self[0]

    @property
    def rows(self) -> Tensor:
        """The rows, a tensor of samples × neurons."""
        return self[1]

    @property
    def rows_per_item(self) -> int | list[int]:
        """The number of rows of each input: an int for all, or a list."""
        counts = self._rows_per_item
        return counts if isinstance(counts, int) else list(counts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set: what was captured stays as it is")

    def __getnewargs__(self) -> tuple[str, Tensor, int | list[int]]:
        """Return the arguments that make a copy or a pickle."""
        return self[0], self[1], self._rows_per_item

    def __getstate__(self) -> None:
        """Return None: the arguments hold the whole state."""


def capture(
    model: nn.Module,
    data: Iterable[Any],
    layers: LayerChoice = None,
    *,
    axis: NeuronAxes = None,
    mask: MaskChoice = None,
    trace: bool = True,
    input_axis: int = 0,
    items: ItemsChoice = None,
    device: torch.device | str | None = None,
    max_batches: int | None = None,
) -> Iterator[Captured]:
    """Yield the activations of every layer for every batch, as (layer, rows).

    The rows are a tensor of samples × neurons. In maps the channels are the neurons, and every
    position of every image is a sample. In sequences the hidden units are the neurons, and every
    unmasked token is a sample. As in `compare`, runs on the first batch find out which rows belong
    to which input. Rows come input by input, and layers that cannot be read are left out. A module
    that runs several times in a forward pass yields `name#0`, `name#1`, …

    Each tuple also has an attribute `rows_per_item`, the number of rows of each input. A pair with
    nulls or folds needs it.

    Between two yields the model has no hooks and is in its own mode. The rows lie on the model's
    device, and you may keep or change them. They are dense.

    Parameters
    ----------
    model
        The model. The module inside DataParallel, DistributedDataParallel and torch.compile is
        used.
    data
        Batches, as `compare` takes them.
    layers
        A glob, a name, several of these, or None, as `compare` takes them.
    axis, mask, trace, input_axis, items
        As for `compare`.
    device
        The device that inputs are moved to. None is the device of the model's first parameter or
        buffer.
    max_batches
        The number of batches to read; None is all.

    Yields
    ------
    tuple
        The name of a layer, and its rows for one batch.

    Raises
    ------
    TypeError, ValueError
        An argument is wrong (at the call); a batch, a mask or a layer is wrong (while iterating).
    ModelError
        The model raised an error. The message names the layer and the batch.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
    >>> for layer, rows in capture(model, torch.ones(6, 1, 8, 8).split(3)):
    ...     print(layer, tuple(rows.shape))
    0 (108, 4)
    1 (108, 4)
    0 (108, 4)
    1 (108, 4)

    A pair of two layers of one model, whose folds hold whole images and not single positions:

    >>> import spanmatch as sm
    >>> pair = sm.ActivationPair(folds=3)
    >>> layers = capture(model, torch.randn(6, 1, 8, 8).split(3))
    >>> for conv, relu in zip(layers, layers):
    ...     pair.update(conv.rows, relu.rows, rows_per_item=conv.rows_per_item)
    >>> pair.n_samples, pair.n_items
    (216, 6)
    """
    batches = take_batches(data, max_batches)
    if device is not None:
        as_device(device)
    observer = Observer(
        model,
        layers,
        axis=axis,
        mask=mask,
        trace=trace,
        input_axis=input_axis,
        items=items,
        device=device,
    )
    return _capture_batches(observer, batches, trace=trace)


def _capture_batches(
    observer: Observer, batches: Iterator[Any], *, trace: bool
) -> Iterator[Captured]:
    captured: list[tuple[str, int, Tensor, int | list[int]]] = []

    def receive(layer: str, call: int, activations: Activations) -> None:
        rows = activations.copy().rows()
        captured.append((layer, call, rows, activations.rows_per_item))

    ahead = list(islice(batches, 1))
    if ahead and trace:
        ahead = read_ahead(ahead[0], batches, observer.count_ahead(ahead[0]))
        with observer:
            observer.trace(ahead)
    for batch in chain(ahead, batches):
        with observer:
            calls = observer.run(batch, receive)
        # Rows are released as they are yielded.
        captured.reverse()
        while captured:
            layer, call, rows, rows_per_item = captured.pop()
            yield Captured(name_call(layer, call, calls[layer]), rows, rows_per_item)
            del rows
