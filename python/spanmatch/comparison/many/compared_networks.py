"""Compared networks: a mapping from layers to arrays over networks, with comparisons and pairs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from spanmatch.base.words import suggest
from spanmatch.comparison.many.exchanged_comparison import exchange_comparison
from spanmatch.comparison.many.many_layer import ManyLayer
from spanmatch.comparison.many.network_measures import find_measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.many.network_sums import NetworkSums
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.result import Floats

NetworkPair = tuple[str, str]


class ComparedNetworks(Mapping[str, ManyLayer]):
    """The part of `ManyComparison`, its only subclass, without tables, pictures and files."""

    def __init__(
        self,
        networks: Sequence[str],
        comparisons: Mapping[NetworkPair, Comparison],
        sums: Mapping[Key, NetworkSums] | None = None,
        *,
        reference: str | None = None,
        identical: Sequence[Sequence[str]] = (),
    ) -> None:
        self._networks = tuple(networks)
        _check(self._networks, comparisons, reference)
        self._identical = tuple(map(tuple, identical))
        _check_identical(self._identical, self._networks)
        self._comparisons = dict(comparisons)
        self._sums, self._reference = sums, reference
        keys = (key for comparison in self._comparisons.values() for key in comparison)
        self._layers = _sort_layers(self._comparisons, dict.fromkeys(map(str, keys)))
        self._measures: dict[tuple[str, str], Floats] = {}

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks, in order."""
        return self._networks

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in order, by their names in the first network."""
        return self._layers

    @property
    def reference(self) -> str | None:
        """The only network that the others were compared with; None if all were with all."""
        return self._reference

    @property
    def identical(self) -> tuple[tuple[str, ...], ...]:
        """Groups of networks that are the same model with the same file of weights."""
        return self._identical

    @property
    def comparisons(self) -> Mapping[NetworkPair, Comparison]:
        """The comparison of every two networks, in the order in which they were compared."""
        return MappingProxyType(self._comparisons)

    @property
    def center(self) -> bool:
        """Whether each neuron's mean was subtracted first."""
        return self._first.center

    @property
    def inputs(self) -> int | None:
        """The number of inputs, such as images or texts; None if it is not known."""
        return self._first.inputs

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers at which some networks could not be compared, with the reasons."""
        found: dict[str, dict[str, None]] = {}
        for comparison in self._comparisons.values():
            for layer, reason in comparison.left_out.items():
                found.setdefault(layer, {})[reason] = None
        return MappingProxyType({layer: "; ".join(reasons) for layer, reasons in found.items()})

    def comparison(self, a: str, b: str) -> Comparison:
        """Return the comparison of two networks, with a as A and b as B.

        If they were compared in the other order, the sides are exchanged. Calibrations are then
        dropped, since some measures are not symmetric.

        Raises
        ------
        KeyError
            There is no such network, or the two were not compared.
        """
        self._check_pair(a, b)
        if (a, b) in self._comparisons:
            return self._comparisons[a, b]
        return exchange_comparison(self._comparisons[b, a], self._sums, a, b)

    def pair(self, layer: str, a: str, b: str) -> ActivationPair:
        """Return the pair of two networks at a layer, with a as x and b as y.

        Raises
        ------
        KeyError
            There is no such layer or network, or the two were not compared at this layer.
        ValueError
            The sums are not kept.
        """
        self._check_layer(layer)
        self._check_pair(a, b)
        if self._sums is None:
            raise ValueError("the comparison was made without sums, which pairs are made from")
        there = self._comparisons.get((a, b)) or self._comparisons[b, a]
        if layer not in there:
            raise KeyError(f"networks {a!r} and {b!r} were not compared at layer {layer!r}")
        return self._sums[layer].pair(a, b)

    def __getitem__(self, layer: str) -> ManyLayer:
        self._check_layer(layer)
        answers = {
            pair: comparison.solved(layer)
            for pair, comparison in self._comparisons.items()
            if layer in comparison
        }
        return ManyLayer(
            layer, self._networks, answers, lambda name: self._find_measure(layer, name)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    @property
    def _first(self) -> Comparison:
        return next(iter(self._comparisons.values()))

    def _find_measure(self, layer: str, name: str) -> Floats:
        if (layer, name) not in self._measures:
            compared = [pair for pair, each in self._comparisons.items() if layer in each]
            found = find_measure(
                name, self._networks, compared, lambda a, b: self.pair(layer, a, b)
            )
            found.setflags(write=False)
            self._measures[layer, name] = found
        return self._measures[layer, name]

    def _check_layer(self, layer: object) -> None:
        if layer not in self._layers:
            raise KeyError(f"no layer {layer!r}: {suggest(str(layer), self._layers)}")

    def _check_pair(self, a: str, b: str) -> None:
        for name in (a, b):
            if name not in self._networks:
                raise KeyError(f"no network {name!r}: {suggest(str(name), self._networks)}")
        if (a, b) not in self._comparisons and (b, a) not in self._comparisons:
            why = "" if self._reference is None else f": each was with {self._reference!r} alone"
            raise KeyError(f"networks {a!r} and {b!r} were not compared{why}")


def _check(
    networks: tuple[str, ...],
    comparisons: Mapping[NetworkPair, Comparison],
    reference: str | None,
) -> None:
    if len(set(networks)) < len(networks) or len(networks) < 2:
        raise ValueError(f"the networks are two at least, each named once, got {networks}")
    if not comparisons:
        raise ValueError("no two networks have a layer that could be compared")
    if reference is not None and reference not in networks:
        raise ValueError(f"the reference {reference!r} is none of the networks")
    for a, b in comparisons:
        if a not in networks or b not in networks or a == b or (b, a) in comparisons:
            raise ValueError(f"({a!r}, {b!r}) are not two of the networks, or are there twice")
        if reference is None and networks.index(a) > networks.index(b):
            raise ValueError(f"({a!r}, {b!r}) are in another order than the networks")
        if reference is not None and reference != a:
            raise ValueError(f"({a!r}, {b!r}) does not begin with the reference {reference!r}")


def _check_identical(identical: tuple[tuple[str, ...], ...], networks: tuple[str, ...]) -> None:
    named = [name for group in identical for name in group]
    if len(set(named)) < len(named) or any(len(group) < 2 for group in identical):
        raise ValueError(f"identical networks are groups of two or more, got {identical}")
    if unknown := sorted(set(named) - set(networks)):
        raise ValueError(f"identical networks {unknown} are none of the networks")


def _sort_layers(
    comparisons: Mapping[NetworkPair, Comparison], layers: Mapping[str, None]
) -> tuple[str, ...]:
    """Return the layers in the order of the comparison with the most layers, then the others."""
    longest = max(comparisons.values(), key=len)
    first = tuple(map(str, longest))
    return (*first, *(layer for layer in layers if layer not in first))
