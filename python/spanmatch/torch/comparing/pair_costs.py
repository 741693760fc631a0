"""The memory of all pairs of layers, and their division into passes that fit into a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spanmatch.torch.comparing.budget import deal_layers
from spanmatch.torch.comparing.parts import keep_pairs, list_both

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from spanmatch.torch.comparing.lockstep import Sizes
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Part
    from spanmatch.torch.observing.layer_size import LayerSize

BYTES = 8  # of a float64


class PairCosts:
    """What layers and their pairs take in a pass, in bytes.

    A layer has sums of its own, once for its rows and once for the means of inputs over their
    positions, as it meets layers with the same positions and with others. A pair has products,
    and as many again for each null. For the length of a batch there are what the layers of A give,
    its rows in float64, and those of one layer of B.

    Parameters
    ----------
    sizes
        Of the layers of A and of B.
    options
        What is asked for.
    """

    def __init__(self, sizes: Sizes, options: CompareOptions) -> None:
        self.sizes, self.nulls = sizes, options.resampling.nulls
        # With masks by layer the same positions may be masked differently.
        by_layer = isinstance(options.mask, Mapping)
        self._kinds: tuple[dict[str, tuple[bool, bool]], ...] = tuple(
            {name: _find_kinds(size, others.values(), by_layer) for name, size in each.items()}
            for each, others in (sizes, sizes[::-1])
        )

    def count_pairs(self, part: Part) -> int:
        """Return how many pairs of calls of layers there are."""
        of_a, of_b = self.sizes
        return sum(of_a[a].n_calls * of_b[b].n_calls for a, each in part.items() for b in each)

    def count(self, part: Part) -> int:
        """Return what a pass over these pairs takes."""
        return self.count_sums(part) + self.count_batch(part)

    def count_sums(self, part: Part) -> int:
        """Return what all sums of these pairs take."""
        own = sum(self.count_own(0, a) for a in part)
        own += sum(self.count_own(1, b) for b in list_both(part)[1])
        return own + sum(self.count_between(a, b) for a, each in part.items() for b in each)

    def count_batch(self, part: Part) -> int:
        """Return what there is of the first batch beside the sums."""
        kept = sum(self.sizes[0][a].n_bytes + self._count_rows(0, a) for a in part)
        return kept + max((self._count_rows(1, b) for b in list_both(part)[1]), default=0)

    def count_of_b(self, names: Collection[str]) -> int:
        """Return what layers of B take in a pass, whichever of A they stand against."""
        own = sum(self.count_own(1, b) for b in names)
        return own + max(self._count_rows(1, b) for b in names)

    def count_own(self, side: int, name: str) -> int:
        """Return what the sums of a layer of A (side 0) or B take by themselves."""
        n, calls = self.sizes[side][name].n_neurons, self.sizes[side][name].n_calls
        # Beside the products a shift, sums, a spread, and products with the norms of rows.
        return BYTES * calls * sum(self._kinds[side][name]) * (n * n + 4 * n + 1)

    def count_between(self, a: str, b: str) -> int:
        """Return what the products of two layers take, over all their calls, with the nulls."""
        size_a, size_b = self.sizes[0][a], self.sizes[1][b]
        calls = size_a.n_calls * size_b.n_calls
        n_a, n_b = size_a.n_neurons, size_b.n_neurons
        # Beside the products those with the norms of rows.
        return BYTES * calls * (1 + self.nulls) * (n_a * n_b + n_a + n_b + 1)

    def _count_rows(self, side: int, name: str) -> int:
        size, (rows, means) = self.sizes[side][name], self._kinds[side][name]
        return BYTES * (rows * size.n_values + means * size.n_means)


def deal_pairs(costs: PairCosts, pairs: Part, budget: int | None) -> list[Part]:
    """Deal pairs of layers into passes, of which each takes no more than the budget.

    A pass has some layers of A and some of B. Those of B are split into as many parts as make the
    fewest passes: in few parts many layers of A do not fit beside them, in many each layer of A is
    run once for every part.

    Parameters
    ----------
    costs
        What they take: none of the pairs alone more than the budget.
    pairs
        The layers of A, each with those of B.
    budget
        What a pass may take; None: as much as it likes.
    """
    if budget is None or costs.count(pairs) <= budget:
        return [pairs]
    weights: dict[str, int] = {}
    for a, each in pairs.items():
        for b in each:
            weights[b] = weights.get(b, 0) + costs.count_between(a, b)
    best: list[Part] = []
    for n_parts in range(1, len(weights) + 1):
        if best and n_parts >= len(best):
            break
        dealt = [_deal_rows(costs, pairs, names, budget) for names in _split(weights, n_parts)]
        passes = [part for each in dealt for part in each]
        if all(dealt) and (not best or len(passes) < len(best)):
            best = passes
    return best


def _find_kinds(size: LayerSize, others: Iterable[LayerSize], by_layer: bool) -> tuple[bool, bool]:
    """Return whether a layer may have sums of its rows, and whether it may have some of means."""
    theirs = frozenset(shape for other in others for shape in other.row_shapes)
    rows = {shape for shape, _ in size.row_shapes} & {shape for shape, _ in theirs}
    return bool(rows), by_layer or len(size.row_shapes | theirs) > 1


def _split(weights: Mapping[str, int], count: int) -> list[set[str]]:
    """Split layers into so many parts of about the same weight: the heaviest first."""
    parts, loads = [set[str]() for _ in range(count)], [0] * count
    for name in sorted(weights, key=weights.__getitem__, reverse=True):
        lightest = loads.index(min(loads))
        parts[lightest].add(name)
        loads[lightest] += weights[name]
    return parts


def _deal_rows(costs: PairCosts, pairs: Part, of_b: Collection[str], budget: int) -> list[Part]:
    """Deal the layers of A that stand against some of B; none where one of them does not fit."""
    part = keep_pairs(pairs, lambda _, b: b in of_b)
    room = budget - costs.count_of_b(of_b)
    # Beside all of these layers of B; where it has none of some, that is more than it takes.
    needed = {a: costs.count({a: each}) - costs.count_of_b(each) for a, each in part.items()}
    if max(needed.values()) > room:
        return []
    return [{a: part[a] for a in names} for names in deal_layers(needed, room)]
