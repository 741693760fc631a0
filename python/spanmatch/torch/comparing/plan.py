"""The memory and time of a comparison of a model with another of its kind, from shapes alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.flop_counter import FlopCounterMode

import spanmatch._core as core
from spanmatch.torch.comparing.budget import count_in_pass, count_sums, find_budget, find_free
from spanmatch.torch.comparing.lockstep import Lockstep
from spanmatch.torch.comparing.operations import (
    count_match_operations,
    count_pass_operations,
    count_rows,
    measure_rate,
)
from spanmatch.torch.comparing.pair_costs import BYTES, PairCosts
from spanmatch.torch.comparing.pairing import choose_pairing
from spanmatch.torch.comparing.parts import keep_pairs, list_both
from spanmatch.torch.observing.batch import ATTENTION_MASK, count_inputs, get_inputs
from spanmatch.torch.observing.model_error import NEVER_RAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from spanmatch.torch.comparing.lockstep import Sizes
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Part

EACH = 1000
"""Operations are counted for this number of inputs."""


@dataclass(frozen=True)
class PlannedLayer:
    """A layer, and its memory in a pass."""

    name: str
    type: str
    """The name of its class."""
    neurons: int
    calls: int
    rows: int
    """The number of samples for each input, in each call."""
    sums: int
    """The bytes of the sums of its pair; with all pairs, of the layer alone."""
    outputs: int
    """The bytes of the outputs of A for a batch."""


@dataclass(frozen=True)
class PlannedPass:
    """One pass over the data."""

    layers_a: list[str]
    layers_b: list[str]
    pairs: int
    """The number of pairs of layers; each call counts."""
    memory: int
    """The bytes of the pass."""


@dataclass(frozen=True)
class PlannedMatch:
    """The memory to match the widest pair of layers; pairs are matched one at a time."""

    a: str
    b: str
    sums: int
    """The bytes of its sums at that time."""
    beside: int
    """The bytes that the matching takes beside them."""


@dataclass(frozen=True)
class ComparisonPlan:
    """The memory and time to compare a model with another of the same shapes."""

    model: str
    """The name of its class."""
    parameters: int
    inputs: int
    """The number of inputs of the batch that was tried."""
    all_pairs: bool
    budget: int | None
    """The bytes that a pass may take; None for no limit."""
    free: int | None
    """The free bytes of this machine; None if not known."""
    layers: list[PlannedLayer]
    passes: list[PlannedPass]
    left_out: Mapping[str, str]
    """The layers that are not compared, with the reasons."""
    widest: PlannedMatch
    rate: float
    """The operations per second of such products, measured on this machine."""
    sum_operations: int
    """The operations of the products for 1,000 inputs."""
    match_operations: int
    """An estimate of the operations to match all layers, for any number of inputs."""
    forward_operations: int
    """The operations of both models in all passes for 1,000 inputs, as torch counts them."""

    @property
    def sum_seconds(self) -> float:
        """An estimate of the seconds that the products take for 1,000 inputs."""
        return self.sum_operations / self.rate

    @property
    def match_seconds(self) -> float:
        """An estimate of the seconds that the matching takes."""
        return self.match_operations / self.rate

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        times = {"sum_seconds": self.sum_seconds, "match_seconds": self.match_seconds}
        return asdict(self) | times


def plan_comparison(model: nn.Module, batch: Any, options: CompareOptions) -> ComparisonPlan:
    """Plan what `compare` would do with a model and another of the same shapes.

    The code of `compare` divides the layers among passes. All positions count, whatever the
    attention mask in the batch, since its values may not exist.

    Parameters
    ----------
    model
        The model, which may be on the meta device, since no value is read.
    batch
        The first batch of the data, or one of its size.
    options
        As `compare` takes them. `max_memory` may be more than is free on this machine.

    Raises
    ------
    TypeError, ValueError, ModelError, MemoryError
        As `compare`.

    Examples
    --------
    >>> from spanmatch.torch.comparing.options import CompareOptions
    >>> with torch.device("meta"):
    ...     model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Linear(4, 2))
    >>> plan = plan_comparison(model, torch.ones(5, 8), CompareOptions(max_memory=600))
    >>> [(each.layers_a, each.memory) for each in plan.passes]
    [(['0'], 592), (['1'], 168)]
    """
    device = torch.device("cpu" if options.device is None else options.device)
    budget = options.max_memory or find_budget(None, device)
    batch = _drop_masks(batch)
    both, inputs = (model, model), count_inputs(batch)
    pairing = choose_pairing(both, options)
    # The model is not moved, since tensors without values cannot be.
    lockstep = Lockstep(both, pairing.chosen, replace(options, device=None))
    with lockstep.observing():
        with FlopCounterMode(display=False) as forward:
            sizes = lockstep.trace_shapes((batch, batch))
        left_out, passes = pairing.deal(lockstep, sizes, budget, tell=False)
        of_a, of_b = sizes = lockstep.drop_left_out(sizes)
    # A layer that does not run is in a pass, but has no sums.
    idle = [a for part in passes for a in part if a not in of_a]
    passes = [keep_pairs(part, lambda a, b: a in of_a and b in of_b) for part in passes]
    modules = pairing.chosen[0].modules
    compared = {a for part in passes for a in part}
    sums = sum(count_pass_operations(sizes, part, options) for part in passes)
    pairs = [(a, b) for part in passes for a, each in part.items() for b in each]
    return ComparisonPlan(
        type(model).__name__,
        sum(part.numel() for part in model.parameters()),
        inputs,
        options.all_pairs,
        budget,
        find_free(device),
        [
            PlannedLayer(
                name,
                type(modules[name]).__name__,
                size.n_neurons,
                size.n_calls,
                count_rows(size) // inputs,
                _count_sums(sizes, name, options),
                size.n_bytes,
            )
            for name, size in sizes[0].items()
            if name in compared
        ],
        [_describe_pass(sizes, part, options) for part in passes],
        left_out | dict.fromkeys(idle, NEVER_RAN),
        _find_widest(sizes, pairs, options),
        measure_rate(options),
        sums * EACH // inputs,
        sum(count_match_operations(sizes, *pair, options) for pair in pairs),
        forward.get_total_flops() * len(passes) * EACH // inputs,
    )


def _drop_masks(batch: Any) -> Any:
    inputs = get_inputs(batch)
    if type(inputs) is not dict:
        return inputs if isinstance(inputs, torch.Tensor) else batch
    return {name: value for name, value in inputs.items() if not name.endswith(ATTENTION_MASK)}


def _count_sums(sizes: Sizes, name: str, options: CompareOptions) -> int:
    if options.all_pairs:
        return PairCosts(sizes, options).count_own(0, name)
    size = sizes[0][name]
    return size.n_calls * count_sums(size.n_neurons, size.n_neurons, options)


def _describe_pass(sizes: Sizes, part: Part, options: CompareOptions) -> PlannedPass:
    of_a, of_b = sizes
    if options.all_pairs:
        costs = PairCosts(sizes, options)
        return PlannedPass(*list_both(part), costs.count_pairs(part), costs.count(part))
    pairs = [(of_a[a], of_b[b]) for a, (b,) in part.items()]
    memory = sum(count_in_pass(a, b, options) for a, b in pairs)
    return PlannedPass(*list_both(part), sum(a.n_calls for a, _ in pairs), memory)


def _find_widest(
    sizes: Sizes, pairs: Sequence[tuple[str, str]], options: CompareOptions
) -> PlannedMatch:
    widths = {(a, b): [sizes[0][a].n_neurons, sizes[1][b].n_neurons] for a, b in pairs}
    a, b = max(pairs, key=lambda pair: _count_matching(*widths[pair]))
    kept = options.resampling
    sums = core.gram_bytes(widths[a, b], kept.nulls, kept.folds)
    return PlannedMatch(a, b, sums, _count_matching(*widths[a, b]))


def _count_matching(n_a: int, n_b: int) -> int:
    """Return the bytes that the core takes to match, each side as targets and as predictors."""
    return 2 * BYTES * (n_a**2 + n_b**2 + n_a * n_b)
