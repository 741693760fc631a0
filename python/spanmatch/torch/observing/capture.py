"""The activations of chosen layers, batch by batch, for whoever wants to have them."""

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
    """The rows of one layer for one batch: a tuple (layer, rows), and how many rows each item has.

    Parameters
    ----------
    layer
        The layer's name; of one that runs several times `name#0`, `name#1`, …
    rows
        Samples × neurons.
    rows_per_item
        How many rows each input of the batch has: an int where all have as many, else one for each
        that has any. `ActivationPair.update` takes it as it is.

    Examples
    --------
    >>> import torch
    >>> layer, rows = captured = Captured("conv", torch.zeros(8, 3), 4)
    >>> layer, captured.rows_per_item
    ('conv', 4)
    """

    _rows_per_item: int | list[int]

    def __new__(cls, layer: str, rows: Tensor, rows_per_item: int | list[int]) -> Self:
        """Make a tuple of the first two."""
        made = super().__new__(cls, (layer, rows))
        object.__setattr__(made, "_rows_per_item", rows_per_item)
        return made

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self[0]

    @property
    def rows(self) -> Tensor:
        """Samples × neurons."""
        return self[1]

    @property
    def rows_per_item(self) -> int | list[int]:
        """How many rows each input has: an int for all, or one for each."""
        counts = self._rows_per_item
        return counts if isinstance(counts, int) else list(counts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set: what was captured stays as it is")

    def __getnewargs__(self) -> tuple[str, Tensor, int | list[int]]:
        """Return what a copy or a pickle is made of."""
        return self[0], self[1], self._rows_per_item

    def __getstate__(self) -> None:
        """Nothing is left to keep beside that."""


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
    """Yield (layer, rows) for every layer and batch: the rows are samples × neurons.

    What is yielded is a tuple of two, whose `rows_per_item` says how many rows each input has, as
    a pair with nulls or folds needs it.

    Of maps the channels are neurons and every position of every image is a sample; of sequences the
    hidden units, and every unmasked token. A module that runs several times in a forward pass
    yields `name#0`, `name#1`, … What a row is, is found out on the first batch, as in `compare`:
    rows come input by input, and layers that cannot be read are left out.

    Between batches and between two yields the model is as it was before: without hooks, in its own
    mode. The rows lie on the model's device, and are the caller's. They are dense: on the host,
    `ActivationPair.update` sums them without their zeros where that is less work.

    Parameters
    ----------
    model
        As it is used: DataParallel, DistributedDataParallel and torch.compile are looked through.
    data
        Batches: each a tensor, (inputs, targets), or a mapping of arguments, of which the model is
        given those that it takes. It gets copies, floats in its own precision. A batch of
        torch_geometric is given whole, or in parts to a model that takes these by name.
    layers
        A glob, a name or several, as `named_modules` has them. One that begins with "!" takes away,
        from the default if it is alone; the last that matches decides. A star matches dots too; in
        a choice that has ** somewhere a single one does not. None, the default: every leaf module
        with an output of floats, but dropout, identity and flatten.
    axis, mask, trace, input_axis, items
        As in `compare`.
    device
        Where inputs go. None: where the model's first parameter or buffer lies.
    max_batches
        How many batches are read; None: all.

    Raises
    ------
    TypeError, ValueError
        At the call, what is wrong with the arguments; later, with a batch, a mask or a layer.
    ModelError
        The model raised an error: it says in which layer, at which batch.

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

    A pair of two layers of one model, whose folds are folds of images, not of positions:

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
        # Rows are let go as they are handed over.
        captured.reverse()
        while captured:
            layer, call, rows, rows_per_item = captured.pop()
            yield Captured(name_call(layer, call, calls[layer]), rows, rows_per_item)
            del rows
