"""Both models run over the data, and reduced to the pairs of their layers."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any

from spanmatch.base.progress import show_progress
from spanmatch.torch.comparing.all_pairs import AllPairs
from spanmatch.torch.comparing.layer_pairs import choose_both, pair_layers
from spanmatch.torch.comparing.layer_sums import count_bytes
from spanmatch.torch.comparing.left_out import leave_out_layers
from spanmatch.torch.comparing.lockstep import Lockstep
from spanmatch.torch.comparing.one_by_one import OneByOne
from spanmatch.torch.observing.axis_choice import split_axis
from spanmatch.torch.observing.batch import take_batches
from spanmatch.torch.observing.items import count_items
from spanmatch.torch.observing.layer_info import layer_info

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from spanmatch.torch.comparing.collector import Collected, Collector
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.layers import ChosenLayers


FEW = 4  # inputs of a batch; of fewer than that many orders there are few too


def collect_pairs(
    models: tuple[nn.Module, nn.Module],
    data: Iterable[Any],
    options: CompareOptions,
    *,
    progress: bool,
) -> Collected:
    """Run both models over the data, and return the pairs of their layers.

    Each output is added to its pair as it appears, so memory does not grow with the data.
    """
    batches, total = take_batches(data, options.max_batches)
    pairs, layers = (
        (None, choose_both(models, options)) if options.all_pairs else pair_layers(models, options)
    )
    lockstep = Lockstep(models, layers, options)
    first = next(batches, None)
    if first is None:
        raise ValueError("there is no batch in data: it is empty, or was read before")
    if options.all_pairs and progress:
        _print_memory(models, layers, first, options)
    bar = show_progress("Running both models", progress and can_draw_bars())
    with lockstep.observing(), bar as report:
        left_out: dict[str, str] = {}
        buffered = [first]
        if options.trace:
            counts = lockstep.trace(first)
            if count_items(first, options.input_axis, options.items) <= FEW and (
                (second := next(batches, None)) is not None
            ):
                # Rows of few inputs can lie as if traced by accident.
                buffered.append(second)
                if count_items(second, options.input_axis, options.items) > 1:
                    lockstep.trace(second)
            left_out = leave_out_layers(lockstep, counts, pairs, options)
        collector: Collector = (
            AllPairs()
            if pairs is None
            else OneByOne({a: b for a, b in pairs.items() if a not in left_out}, options.resampling)
        )
        for done, batch in enumerate(chain(buffered, batches), start=1):
            lockstep.run(batch, collector)
            if report is not None and total is not None:
                report(done, total)
    return replace(collector.finish(lockstep.n_inputs), left_out=left_out)


def can_draw_bars() -> bool:
    """Tell whether somebody looks on, and there is what draws bars."""
    return sys.stderr.isatty() and find_spec("rich") is not None


def _print_memory(
    models: tuple[nn.Module, nn.Module],
    layers: tuple[ChosenLayers, ChosenLayers],
    batch: Any,
    options: CompareOptions,
) -> None:
    neurons = [
        [layer.neurons or 0 for layer in layer_info(model, batch, chosen, axis=axis)]
        for model, chosen, axis in zip(
            models, layers, split_axis(options.axis, layers), strict=True
        )
    ]
    count = len(neurons[0]) * len(neurons[1])
    print(  # noqa: T201
        f"all pairs: {count} of {len(neurons[0])} and {len(neurons[1])} layers, "
        f"{count_bytes(*neurons) / 1e9:.2g} GB of sums, beside the float64 rows of a batch",
        file=sys.stderr,
    )
