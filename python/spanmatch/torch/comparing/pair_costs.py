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
    """The bytes that layers and their pairs take in a pass.

    A layer has its own sums: once for its rows, if it meets layers with the same positions, and
    once for the means of inputs over their positions, if it meets others. A pair has products, and
    as many again for each null. During a batch there are also the outputs of the layers of A, their
    rows in float64, and the rows of one layer of B.

    Parameters
    ----------
    sizes
        The sizes of the layers of A and of B.
    options
        The options of the comparison.
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
        """Return the number of pairs of calls of layers."""
        of_a, of_b = self.sizes
        return sum(of_a[a].n_calls * of_b[b].n_calls for a, each in part.items() for b in each)

    def count(self, part: Part) -> int:
        """Return the bytes of a pass over these pairs."""
        return self.count_sums(part) + self.count_batch(part)

    def count_sums(self, part: Part) -> int:
        """Return the bytes of all sums of these pairs."""
        own = sum(self.count_own(0, a) for a in part)
        own += sum(self.count_own(1, b) for b in list_both(part)[1])
        return own + sum(self.count_between(a, b) for a, each in part.items() for b in each)

    def count_batch(self, part: Part) -> int:
        """Return the bytes of the first batch beside the sums."""
        kept = sum(self.sizes[0][a].n_bytes + self._count_rows(0, a) for a in part)
        return kept + max((self._count_rows(1, b) for b in list_both(part)[1]), default=0)

    def count_of_b(self, names: Collection[str]) -> int:
        """Return the bytes of layers of B in a pass, whichever layers of A they are paired with."""
        own = sum(self.count_own(1, b) for b in names)
        return own + max(self._count_rows(1, b) for b in names)

    def count_own(self, side: int, name: str) -> int:
        """Return the bytes of a layer's own sums, for A (side 0) or B."""
        n, calls = self.sizes[side][name].n_neurons, self.sizes[side][name].n_calls
        # Beside the products a shift, sums, a spread, and products with the norms of rows.
        return BYTES * calls * sum(self._kinds[side][name]) * (n * n + 4 * n + 1)

    def count_between(self, a: str, b: str) -> int:
        """Return the bytes of the products of two layers, over all their calls, with the nulls."""
        size_a, size_b = self.sizes[0][a], self.sizes[1][b]
        calls = size_a.n_calls * size_b.n_calls
        n_a, n_b = size_a.n_neurons, size_b.n_neurons
        # Beside the products those with the norms of rows.
        return BYTES * calls * (1 + self.nulls) * (n_a * n_b + n_a + n_b + 1)

    def _count_rows(self, side: int, name: str) -> int:
        size, (rows, means) = self.sizes[side][name], self._kinds[side][name]
        return BYTES * (rows * size.n_values + means * size.n_means)


def deal_pairs(costs: PairCosts, pairs: Part, budget: int | None) -> list[Part]:
    """Divide pairs of layers into passes, none of which takes more than the budget.

    A pass has some layers of A and some of B. The layers of B are split into the number of parts
    that makes the fewest passes. With few parts, few layers of A fit beside one; with many, each
    layer of A runs once for every part.

    Parameters
    ----------
    costs
        The bytes of layers and pairs. No pair alone takes more than the budget.
    pairs
        The layers of A, each with those of B.
    budget
        The bytes that a pass may take; None for no limit.
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
    """Split layers into this number of parts of about equal weight, the heaviest first."""
    parts, loads = [set[str]() for _ in range(count)], [0] * count
    for name in sorted(weights, key=weights.__getitem__, reverse=True):
        lightest = loads.index(min(loads))
        parts[lightest].add(name)
        loads[lightest] += weights[name]
    return parts


def _deal_rows(costs: PairCosts, pairs: Part, of_b: Collection[str], budget: int) -> list[Part]:
    """Divide the layers of A paired with some of B; none if one of them does not fit."""
    part = keep_pairs(pairs, lambda _, b: b in of_b)
    room = budget - costs.count_of_b(of_b)
    # Beside all of these layers of B; where it has none of some, that is more than it takes.
    needed = {a: costs.count({a: each}) - costs.count_of_b(each) for a, each in part.items()}
    if max(needed.values()) > room:
        return []
    return [{a: part[a] for a in names} for names in deal_layers(needed, room)]
