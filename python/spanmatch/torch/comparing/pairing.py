"""Which layers of A are compared with which layers of B: one with one, or every one with all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from spanmatch.base.memory import format_bytes
from spanmatch.base.words import count_of
from spanmatch.comparison.keys import label
from spanmatch.torch.comparing.all_pairs import AllPairs
from spanmatch.torch.comparing.budget import count_in_pass, deal_layers
from spanmatch.torch.comparing.collector import Summed
from spanmatch.torch.comparing.layer_pairs import choose_both, pair_layers
from spanmatch.torch.comparing.left_out import (
    leave_out_large_pairs,
    leave_out_of_pairs,
    leave_out_wide,
)
from spanmatch.torch.comparing.one_by_one import OneByOne
from spanmatch.torch.comparing.pair_costs import PairCosts, deal_pairs
from spanmatch.torch.comparing.parts import keep_pairs, list_both

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import nn

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.collector import Collector
    from spanmatch.torch.comparing.lockstep import Lockstep, Sizes
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Order, Part
    from spanmatch.torch.observing.layers import ChosenLayers


class Pairing(Protocol[Summed]):
    """The layers to compare, and how passes over the data do so."""

    chosen: tuple[ChosenLayers, ...]
    """The layers of every model."""
    whole: Part
    """The part with all layers that are compared."""
    order: Order
    """The layers of A in the order of the result, and those of B if its keys name them."""

    def deal(
        self, lockstep: Lockstep, sizes: Sizes, budget: int | None, *, tell: bool
    ) -> tuple[dict[str, str], list[Part]]:
        """Leave out layers that cannot be compared; return the reasons, and the part of every pass.

        Raises
        ------
        MemoryError
            A layer that was named does not fit into the budget, in bytes.
        """

    def collect(self, part: Part) -> Collector[Summed]:
        """Return the collector of a pass."""

    def list_keys(self, part: Part) -> list[Key]:
        """Return the keys of the layers of a pass."""

    def list_layers(self, part: Part) -> tuple[list[str], ...]:
        """Return the layers of every model that a pass reads."""


def choose_pairing(
    models: tuple[nn.Module, nn.Module],
    options: CompareOptions,
    only: Collection[tuple[str, str]] | None = None,
) -> Pairing[ActivationPair]:
    """Return the pairing of the layers of two models; for all pairs, `only` some of them if given.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers` and `pair_layers`.
    """
    return (
        AllAgainstAll(models, options, only)
        if options.all_pairs
        else EachAgainstOne(models, options)
    )


class EachAgainstOne:
    """Each layer of A against one of B."""

    def __init__(self, models: tuple[nn.Module, nn.Module], options: CompareOptions) -> None:
        self._options = options
        self._pairs, chosen = pair_layers(models, options)
        self.chosen: tuple[ChosenLayers, ...] = chosen
        self.whole: Part = {a: (b,) for a, b in self._pairs.items()}
        self.order: Order = tuple(self._pairs), ()

    def deal(
        self,
        lockstep: Lockstep,
        sizes: Sizes,
        budget: int | None,
        *,
        tell: bool,  # noqa: ARG002
    ) -> tuple[dict[str, str], list[Part]]:
        """Implement `Pairing.deal`."""
        left_out = leave_out_of_pairs(lockstep, sizes, self._pairs, self._options, budget)
        # Of a layer that does not run there is nothing; the collector tells if it runs in one
        # alone.
        needed = {
            a: count_in_pass(sizes[0][a], sizes[1][b], self._options)
            if a in sizes[0] and b in sizes[1]
            else 0
            for a, b in self._pairs.items()
            if a not in left_out
        }
        passes = deal_layers(needed, budget)
        return left_out, [{a: self.whole[a] for a in names} for names in passes]

    def collect(self, part: Part) -> Collector[ActivationPair]:
        """Implement `Pairing.collect`."""
        return OneByOne({a: self._pairs[a] for a in part}, self._options.resampling)

    def list_keys(self, part: Part) -> list[Key]:
        """Implement `Pairing.list_keys`."""
        return list(part)

    def list_layers(self, part: Part) -> tuple[list[str], ...]:
        """Implement `Pairing.list_layers`."""
        return list_both(part)


class AllAgainstAll:
    """Every layer of A against every one of B, or some of these pairs."""

    def __init__(
        self,
        models: tuple[nn.Module, nn.Module],
        options: CompareOptions,
        only: Collection[tuple[str, str]] | None,
    ) -> None:
        self._options = options
        self.chosen: tuple[ChosenLayers, ...] = choose_both(models, options)
        names_a, names_b = (tuple(each.modules) for each in self.chosen)
        self.order: Order = names_a, names_b
        whole = dict.fromkeys(names_a, names_b)
        self.whole: Part = whole if only is None else keep_pairs(whole, lambda a, b: (a, b) in only)

    def deal(
        self, lockstep: Lockstep, sizes: Sizes, budget: int | None, *, tell: bool
    ) -> tuple[dict[str, str], list[Part]]:
        """Implement `Pairing.deal`, and report the memory of all pairs."""
        left_out = leave_out_wide(lockstep, sizes, self._options)
        of_a, of_b = sizes = lockstep.drop_left_out(sizes)
        pairs = keep_pairs(self.whole, lambda a, b: a in of_a and b in of_b)
        costs = PairCosts(sizes, self._options)
        if budget is not None:
            too_large = leave_out_large_pairs(lockstep, costs, pairs, budget)
            left_out |= {label(pair): reason for pair, reason in too_large.items()}
            pairs = keep_pairs(pairs, lambda a, b: (a, b) not in too_large)
        passes = deal_pairs(costs, pairs, budget)
        if tell:
            _tell(costs, pairs, len(passes))
        return left_out, passes

    def collect(self, part: Part) -> Collector[ActivationPair]:
        """Implement `Pairing.collect`."""
        return AllPairs(part, self._options.resampling)

    def list_keys(self, part: Part) -> list[Key]:
        """Implement `Pairing.list_keys`."""
        return [(a, b) for a, each in part.items() for b in each]

    def list_layers(self, part: Part) -> tuple[list[str], ...]:
        """Implement `Pairing.list_layers`."""
        return list_both(part)


def _tell(costs: PairCosts, pairs: Part, n_passes: int) -> None:
    """Report on standard error the memory of all pairs."""
    n_a, n_b = (
        sum(each[name].n_calls for name in names)
        for each, names in zip(costs.sizes, list_both(pairs), strict=True)
    )
    beside = f" with {count_of(costs.nulls, 'null')}" if costs.nulls else ""
    print(  # noqa: T201
        f"all pairs: {costs.count_pairs(pairs)} of {n_a} and {n_b} layers{beside}, "
        f"{format_bytes(costs.count_sums(pairs))} of sums and "
        f"{format_bytes(costs.count_batch(pairs))} for a batch, in "
        f"{n_passes} pass{'es' * (n_passes > 1)} over the data",
        file=sys.stderr,
    )
