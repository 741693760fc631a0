"""Which layers of many networks are compared, and in which pass over the data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from spanmatch.base.memory import format_bytes
from spanmatch.base.words import count_of
from spanmatch.torch.comparing.budget import deal_layers
from spanmatch.torch.comparing.every_network import EveryNetwork
from spanmatch.torch.comparing.matched_layers import choose_of_network, match_layers
from spanmatch.torch.comparing.present_layers import (
    PresentLayers,
    check_total,
    find_too_large,
    find_wide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.lockstep import Lockstep, Sizes
    from spanmatch.torch.comparing.matched_layers import NetworkLayers
    from spanmatch.torch.comparing.network_groups import NetworkGroup
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Order, Part
    from spanmatch.torch.observing.layers import ChosenLayers


class NetworkPairing:
    """Each layer of the first network with one of every other; it is a `Pairing`.

    Parameters
    ----------
    models
        The networks by name.
    layers
        The layers of all networks, or by network its own.
    groups
        Which networks are compared with which.
    options
        The other options.
    at_once
        Whether sums that do not fit together are an error. Otherwise there are several passes.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers` and `match_layers`.
    """

    def __init__(
        self,
        models: Mapping[str, nn.Module],
        layers: NetworkLayers,
        groups: Sequence[NetworkGroup],
        options: CompareOptions,
        *,
        at_once: bool = False,
    ) -> None:
        self._networks, self._groups, self._options = tuple(models), groups, options
        self._at_once = at_once
        found = {name: choose_of_network(model, name, layers) for name, model in models.items()}
        self.chosen: tuple[ChosenLayers, ...] = tuple(chosen for chosen, _ in found.values())
        names = {network: each for network, (_, each) in found.items()}
        matched = match_layers(names, by_order=isinstance(layers, Mapping))
        self.layers = PresentLayers(matched, self._networks, groups)
        self.whole: Part = {key: each[1:] for key, each in matched.items()}
        self.order: Order = tuple(self.whole), ()

    def deal(
        self, lockstep: Lockstep, sizes: Sizes, budget: int | None, *, tell: bool
    ) -> tuple[dict[str, str], list[Part]]:
        """Implement `Pairing.deal`, and report the memory of the sums."""
        widths = {
            network: {name: size.n_neurons for name, size in each.items()}
            for network, each in zip(self._networks, sizes, strict=True)
        }
        wide = {name: find_wide(each, self._options.max_neurons) for name, each in widths.items()}
        lockstep.leave_out(*wide.values())
        for network, unreadable in zip(self._networks, lockstep.left_out, strict=True):
            self.layers.drop(network, {**unreadable, **wide[network]})
        left_out = self.layers.explain_gone()
        needed = {
            key: self._count_in_pass(key, sizes, widths)
            for key in self.whole
            if key not in left_out
        }
        if self._at_once:
            check_total(sum(needed.values()), budget)
        left_out |= find_too_large(
            needed, budget, {key: self._is_named(lockstep, key) for key in needed}
        )
        self._drop(lockstep, left_out)
        kept = {key: size for key, size in needed.items() if key not in left_out}
        passes = deal_layers(kept, budget)
        if tell:
            self._tell(sum(kept.values()), len(kept), len(passes))
        return (
            {key: left_out[key] for key in self.whole if key in left_out},
            [{key: self.whole[key] for key in names} for names in passes],
        )

    def collect(self, part: Part) -> EveryNetwork:
        """Implement `Pairing.collect`."""
        names = {key: self.layers.names[key] for key in part}
        return EveryNetwork(self._groups, names, self._networks)

    def list_keys(self, part: Part) -> list[Key]:
        """Implement `Pairing.list_keys`."""
        return list(part)

    def list_layers(self, part: Part) -> tuple[list[str], ...]:
        """Implement `Pairing.list_layers`."""
        names = [self.layers.names[key] for key in part]
        return tuple(
            [each[network] for each in names if network in each] for network in self._networks
        )

    def _count_in_pass(
        self, key: str, sizes: Sizes, widths: Mapping[str, Mapping[str, int]]
    ) -> int:
        """Return the bytes of a layer: the sums of its calls, and outputs of all but the last."""
        names = self.layers.names[key]
        found = [
            (at, sizes[at][names[network]])
            for at, network in enumerate(self._networks)
            if network in names and names[network] in sizes[at]
        ]
        if not found:
            return 0
        # Networks with different positions are also compared by means, which may double the sums.
        kinds = 1 + (len({size.row_shapes for _, size in found}) > 1)
        calls = max(size.n_calls for _, size in found)
        outputs = sum(size.n_bytes for at, size in found if at < len(self._networks) - 1)
        return calls * kinds * self.layers.count_sums(key, widths) + outputs

    def _is_named(self, lockstep: Lockstep, key: str) -> bool:
        names = self.layers.names[key]
        return any(
            lockstep.is_named(names[network], at)
            for at, network in enumerate(self._networks)
            if network in names
        )

    def _drop(self, lockstep: Lockstep, left_out: Mapping[str, str]) -> None:
        """Stop reading some layers in all networks."""
        names = {key: self.layers.names[key] for key in left_out}
        lockstep.leave_out(
            *(
                {each[network]: left_out[key] for key, each in names.items() if network in each}
                for network in self._networks
            )
        )

    def _tell(self, size: int, n_layers: int, n_passes: int) -> None:
        """Report on standard error the memory of all networks together."""
        pairs = sum(len(group.list_pairs()) for group in self._groups)
        print(  # noqa: T201
            f"{len(self._networks)} networks: {count_of(pairs, 'pair')} of them at "
            f"{count_of(n_layers, 'layer')}, {format_bytes(size)} of sums and outputs, in "
            f"{count_of(n_passes, 'pass', 'passes')} over the data",
            file=sys.stderr,
        )
