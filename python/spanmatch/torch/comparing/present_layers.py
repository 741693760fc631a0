"""The layers that can be compared in each network, and the reasons why others cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.memory import format_bytes
from spanmatch.torch.comparing.left_out import explain_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanmatch.torch.comparing.network_groups import NetworkGroup


class PresentLayers:
    """The layers of all networks, without those that some networks cannot read.

    Parameters
    ----------
    matched
        The names of each layer in every network, by its name in the first: see `match_layers`.
    networks
        The names of the networks.
    groups
        Which networks are compared with which.
    """

    def __init__(
        self,
        matched: Mapping[str, Sequence[str]],
        networks: Sequence[str],
        groups: Sequence[NetworkGroup],
    ) -> None:
        self.networks, self.groups = tuple(networks), groups
        self.names = {key: dict(zip(networks, each, strict=True)) for key, each in matched.items()}
        """For each layer, its name in each network that reads it."""
        self.absent: dict[str, dict[str, str]] = {key: {} for key in matched}
        """For each layer, why other networks do not read it."""

    def drop(self, network: str, reasons: Mapping[str, str]) -> None:
        """Stop reading layers in one network, by their names there."""
        for key, names in self.names.items():
            if network in names and names[network] in reasons:
                self.absent[key][network] = reasons[names[network]]
                del names[network]

    def explain_gone(self) -> dict[str, str]:
        """Return the layers at which no two networks can be compared, with the reasons."""
        return {key: self._explain(key) for key in self.names if not self._has_pair(key)}

    def count_sums(self, key: str, widths: Mapping[str, Mapping[str, int]]) -> int:
        """Return the bytes of the sums of one call of a layer.

        Parameters
        ----------
        key
            The layer.
        widths
            The numbers of neurons of the layers of each network, by their names there.
        """
        of_layer = {
            network: widths[network][name]
            for network, name in self.names[key].items()
            if name in widths[network]
        }
        return sum(group.count_bytes(of_layer) for group in self.groups)

    def _has_pair(self, key: str) -> bool:
        return any(len(self.names[key].keys() & group.networks) > 1 for group in self.groups)

    def _explain(self, key: str) -> str:
        reasons = self.absent[key]
        if len(reasons) == len(self.networks) and len(set(reasons.values())) == 1:
            return next(iter(reasons.values()))
        return "; ".join(f"in {network}: {reason}" for network, reason in reasons.items())


def find_wide(widths: Mapping[str, int], max_neurons: int | None) -> dict[str, str]:
    """Return which layers of a network have more neurons than are allowed, and so say why."""
    if max_neurons is None:
        return {}
    return {name: explain_width(n) for name, n in widths.items() if n > max_neurons}


def find_too_large(
    needed: Mapping[str, int], budget: int | None, is_named: Mapping[str, bool]
) -> dict[str, str]:
    """Return the layers whose sums take more than the budget, with this reason.

    Raises
    ------
    MemoryError
        The user named one of them, or there is no other layer.
    """
    if budget is None:
        return {}
    too_large = {
        key: f"its sums and outputs take {format_bytes(size)}, of {format_bytes(budget)} that may "
        "be used: allow more by `max_memory`, if there is more, give smaller batches, or compare "
        "all networks with one `reference`"
        for key, size in needed.items()
        if size > budget
    }
    for key, reason in too_large.items():
        if is_named[key] or too_large.keys() == needed.keys():
            raise MemoryError(f"layer {key!r}: {reason}")
    return too_large


def check_total(needed: int, budget: int | None) -> None:
    """Raise MemoryError if all layers together take more than the budget."""
    if budget is not None and needed > budget:
        raise MemoryError(
            f"the sums and outputs of all layers take {format_bytes(needed)} at once, of "
            f"{format_bytes(budget)} that may be used"
        )
