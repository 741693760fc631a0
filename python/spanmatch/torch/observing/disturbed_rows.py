"""The changed inputs of a batch for the trace of items: the rows of some inputs are disturbed.

Each input is disturbed in half of the runs, and no two inputs in the same runs. So a row of an
output belongs to the one input that was disturbed in every run in which the row changed. A row
that depends on several inputs changes in more than half of the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, count, islice
from math import comb
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from spanmatch.torch.observing.graph_batch import GraphBatch
from spanmatch.torch.observing.items import EDGES, ROWS
from spanmatch.torch.observing.perturbed_inputs import NOISE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.torch.observing.items import BatchItems, RowCounts

SINGLE_TENSOR = ""  # the name of a batch that is a single tensor
BOUNDS = "ptr"  # torch_geometric's name of the bounds between graphs


def plan_runs(n_inputs: int) -> Tensor:
    """Return the inputs that are disturbed in each run, as booleans inputs × runs.

    >>> plan_runs(3).int().tolist()
    [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    """
    n_runs = next(n for n in count(2, 2) if comb(n, n // 2) >= n_inputs)
    plan = torch.zeros(n_inputs, n_runs, dtype=torch.bool)
    for at, runs in enumerate(islice(combinations(range(n_runs), n_runs // 2), n_inputs)):
        plan[at, list(runs)] = True
    return plan


def list_disturbed(inputs: Any, items: BatchItems) -> list[dict[str, RowCounts]]:
    """Return groups of tensors to disturb together, by name, with the inputs of their rows.

    In a batch of graphs all tensors with rows of nodes, edges or graphs are disturbed together,
    since their names tell them apart. In other batches each tensor is disturbed alone, since it
    may have the same number of rows by accident.
    """
    parts = inputs if isinstance(inputs, Mapping) else {SINGLE_TENSOR: inputs}
    found: dict[str, RowCounts] = {}
    for name, part in parts.items():
        if not isinstance(part, Tensor) or not part.ndim or name == BOUNDS:
            continue
        kinds = items.find_kinds(part.shape[0])
        # Tensors of edges have "edge" in their name.
        own = [each for each in kinds if ("edge" in name) == (each.kind == EDGES)]
        if kinds:
            found[name] = (own or kinds)[0]
    if items.kinds[0].kind == ROWS:
        return [{name: counts} for name, counts in found.items()]
    return [found] if found else []


def disturb_rows(
    inputs: Any, rows: Mapping[str, RowCounts], chosen: Tensor, seed: int
) -> Any | None:
    """Return the inputs with the rows of some of them disturbed; None if that changes nothing.

    Noise is added to floats. In all other tensors, each row becomes a random row of the same input:
    they may hold indices, so no new value must appear.

    Parameters
    ----------
    inputs
        A tensor, or a mapping of arguments.
    rows
        The tensors that are disturbed, and the input of each of their rows.
    chosen
        The inputs that are disturbed.
    seed
        The seed of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    if isinstance(inputs, Tensor):
        changed = _disturb(inputs, rows[SINGLE_TENSOR].counts, chosen, generator)
        return None if torch.equal(changed, inputs) else changed
    values = dict(inputs)
    for name, counts in rows.items():
        values[name] = _disturb(inputs[name], counts.counts, chosen, generator)
    if all(torch.equal(values[name], inputs[name]) for name in rows):
        return None
    return inputs.put(values) if isinstance(inputs, GraphBatch) else values


def _disturb(
    part: Tensor, counts: Sequence[int], chosen: Tensor, generator: torch.Generator
) -> Tensor:
    sizes = torch.tensor(counts)
    owners = torch.arange(len(sizes)).repeat_interleave(sizes)
    touched = chosen[owners]
    if part.is_floating_point():
        noise = torch.randn(part.shape, generator=generator).to(part.device, part.dtype)
        spread = part.float().std(unbiased=False)
        scale = NOISE * (float(spread) if 0 < float(spread) < torch.inf else 1.0)
        return torch.where(_stand(touched, part), part + scale * noise, part)
    begins = (sizes.cumsum(0) - sizes)[owners]
    drawn = begins + (torch.rand(len(owners), generator=generator) * sizes[owners]).long()
    here = torch.where(touched, drawn, torch.arange(len(owners)))
    return part[here.to(part.device)]


def _stand(rows: Tensor, part: Tensor) -> Tensor:
    """Return values of rows in a shape that broadcasts over the other axes."""
    return rows.to(part.device).reshape(-1, *(1,) * (part.ndim - 1))
