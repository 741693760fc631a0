"""The activations of chosen layers, batch by batch, for whoever wants to have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch.comparison.keys import name_call
from spanmatch.torch.observing.batch import take_batches
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch
    from torch import Tensor, nn

    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import MaskChoice


def capture(
    model: nn.Module,
    data: Iterable[Any],
    layers: LayerChoice = None,
    *,
    axis: NeuronAxes = None,
    mask: MaskChoice = None,
    trace: bool = True,
    input_axis: int = 0,
    device: torch.device | str | None = None,
    max_batches: int | None = None,
) -> Iterator[tuple[str, Tensor]]:
    """Yield (layer, rows) for every layer and batch: the rows are samples × neurons.

    Of maps the channels are neurons and every position of every image is a sample; of sequences the
    hidden units, and every unmasked token. A module that runs several times in a forward pass
    yields `name#0`, `name#1`, … What a row is, is found out on the first batch, as in `compare`:
    rows come input by input, and layers that cannot be read are left out.

    Between batches and between two yields the model is as it was before: without hooks, in its own
    mode. The rows lie on the model's device, and are the caller's.

    Parameters
    ----------
    model
        As it is used: DataParallel, DistributedDataParallel and torch.compile are looked through.
    data
        Batches: each a tensor, (inputs, targets), or a mapping of arguments, of which the model is
        given those that it takes. It gets copies, floats in its own precision.
    layers
        A glob, a name or several, as `named_modules` has them. One that begins with "!" takes away,
        from the default if it is alone; the last that matches decides. A star matches dots too; in
        a choice that has ** somewhere a single one does not. None, the default: every leaf module
        with an output of floats, but dropout, identity and flatten.
    axis, mask, trace, input_axis
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
    """
    batches, _ = take_batches(data, max_batches)
    observer = Observer(
        model, layers, axis=axis, mask=mask, trace=trace, input_axis=input_axis, device=device
    )
    return _capture_batches(observer, batches)


def _capture_batches(observer: Observer, batches: Iterator[Any]) -> Iterator[tuple[str, Tensor]]:
    captured: list[tuple[str, int, Tensor]] = []

    def receive(layer: str, call: int, activations: Activations) -> None:
        captured.append((layer, call, activations.copy().rows()))

    for batch in batches:
        with observer:
            calls = observer.run(batch, receive)
        # Rows are let go as they are handed over.
        captured.reverse()
        while captured:
            layer, call, rows = captured.pop()
            yield name_call(layer, call, calls[layer]), rows
            del rows
