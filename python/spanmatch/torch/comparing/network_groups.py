"""Groups of networks that are summed together, and their sums of one layer.

All pairs of a group come from one joint Gram matrix. If two networks of a group have outputs with
different positions, the means over positions are their samples, as in `compare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from spanmatch.comparison.many.network_sums import NetworkSums
from spanmatch.pair.activation_set import ActivationSet
from spanmatch.pair.nulls_and_folds import NO_RESAMPLING, Resampling
from spanmatch.torch.comparing.same_samples import compare_positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spanmatch.torch.observing.activations import Activations

NetworkPair = tuple[str, str]


@dataclass(frozen=True)
class NetworkGroup:
    """Networks that are all compared with each other, and the nulls and folds of their sums."""

    networks: tuple[str, ...]
    resampling: Resampling = NO_RESAMPLING

    def list_pairs(self) -> list[NetworkPair]:
        """Return all pairs of networks, in their order.

        >>> NetworkGroup(("a", "b", "c")).list_pairs()
        [('a', 'b'), ('a', 'c'), ('b', 'c')]
        """
        return list(combinations(self.networks, 2))

    def count_bytes(self, widths: Mapping[str, int]) -> int:
        """Return the bytes of the sums of a layer with these numbers of neurons in the networks.

        While a batch is added, there are two copies of the sums.
        """
        of_group = [widths[name] for name in self.networks if name in widths]
        return 2 * 8 * (sum(of_group) ** 2 + self.resampling.count_beside(*of_group))


def group_networks(
    networks: Sequence[str], reference: str | None, resampling: Resampling
) -> list[NetworkGroup]:
    """Return one group of all networks, or of the reference with each of the others.

    >>> [group.networks for group in group_networks("abc", "b", NO_RESAMPLING)]
    [('b', 'a'), ('b', 'c')]
    """
    if reference is None:
        return [NetworkGroup(tuple(networks), resampling)]
    others = (name for name in networks if name != reference)
    return [NetworkGroup((reference, name), resampling) for name in others]


@dataclass(frozen=True)
class SummedLayer:
    """The sums of one layer of many networks, and notes on pairs of networks."""

    sums: NetworkSums
    notes: Mapping[NetworkPair, str]


class LayerOfNetworks:
    """One call of a layer in many networks, summed batch by batch."""

    def __init__(self, groups: Iterable[NetworkGroup]) -> None:
        self._groups = [_GroupSums(group) for group in groups]

    def add(self, outputs: Mapping[str, Activations]) -> None:
        """Add the output of the layer in each network for a batch.

        Raises
        ------
        ValueError
            The outputs are not of the same samples; their positions agree only in some batches; or
            a value is not finite.
        """
        for group in self._groups:
            group.add(outputs)

    def finish(self) -> SummedLayer:
        """Return the sums of all batches."""
        sets = [each for group in self._groups for each in group.list_sets()]
        notes = {pair: note for group in self._groups for pair, note in group.notes.items()}
        return SummedLayer(NetworkSums(sets), notes)


class _GroupSums:
    """The sums of a group: over positions if networks share them, and of the means of all."""

    def __init__(self, group: NetworkGroup) -> None:
        self._group = group
        self._alike: list[list[str]] | None = None
        self._rows: dict[tuple[str, ...], ActivationSet] = {}
        self._means: ActivationSet | None = None
        self.notes: dict[NetworkPair, str] = {}

    def add(self, outputs: Mapping[str, Activations]) -> None:
        of_group = {name: outputs[name] for name in self._group.networks if name in outputs}
        if len(of_group) < 2:
            return
        alike = _part_by_positions(of_group)
        if self._alike is None:
            self._alike, self.notes = alike, self._describe(of_group, alike)
        elif self._alike != alike:
            raise ValueError("their positions agree in some batches, and differ in others")
        for names in alike:
            if len(names) > 1:
                self._add_rows({name: of_group[name] for name in names})
        if len(alike) > 1:
            if self._means is None:
                self._means = self._make_set(of_group)
            self._means.update({name: each.means() for name, each in of_group.items()})

    def list_sets(self) -> list[ActivationSet]:
        """Return the sums over positions first, since their pairs take precedence over means."""
        return [*self._rows.values(), *([] if self._means is None else [self._means])]

    def _add_rows(self, outputs: Mapping[str, Activations]) -> None:
        names = tuple(outputs)
        if names not in self._rows:
            self._rows[names] = self._make_set(outputs)
        # Only nulls and folds need the items, and counting under a mask takes time.
        counted = self._group.resampling.anything
        self._rows[names].update(
            {name: each.rows() for name, each in outputs.items()},
            rows_per_item=outputs[names[0]].rows_per_item if counted else 1,
        )

    def _make_set(self, names: Iterable[str]) -> ActivationSet:
        kept = self._group.resampling
        return ActivationSet(list(names), nulls=kept.nulls, folds=kept.folds, seed=kept.seed)

    def _describe(
        self, outputs: Mapping[str, Activations], alike: list[list[str]]
    ) -> dict[NetworkPair, str]:
        part_of = {name: at for at, names in enumerate(alike) for name in names}
        return {
            (a, b): compare_positions(outputs[a], outputs[b])
            for a, b in self._group.list_pairs()
            if a in outputs and b in outputs and part_of[a] != part_of[b]
        }


def _part_by_positions(outputs: Mapping[str, Activations]) -> list[list[str]]:
    """Divide networks into sets that agree in their positions and masks."""
    parts: list[list[str]] = []
    for name, each in outputs.items():
        for part in parts:
            if not compare_positions(outputs[part[0]], each):
                part.append(name)
                break
        else:
            parts.append([name])
    return parts
