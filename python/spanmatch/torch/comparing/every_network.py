"""The collector of many networks: the sums of every layer, over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.errors import prefix_errors
from spanmatch.comparison.keys import Key, name_call
from spanmatch.torch.comparing.collector import Call, Collected
from spanmatch.torch.comparing.network_groups import LayerOfNetworks, SummedLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanmatch.torch.comparing.network_groups import NetworkGroup
    from spanmatch.torch.observing.activations import Activations


class EveryNetwork:
    """The collector that sums every layer over all networks.

    Parameters
    ----------
    groups
        Which networks are compared with which.
    layers
        For each layer, by its name in the first network, its name in each network that reads it.
    networks
        All networks, in the order in which they run.
    """

    def __init__(
        self,
        groups: Sequence[NetworkGroup],
        layers: Mapping[str, Mapping[str, str]],
        networks: Sequence[str],
    ) -> None:
        self._groups, self._layers, self._networks = groups, layers, networks
        last = networks[-1]
        self._key_in_last = {names[last]: key for key, names in layers.items() if last in names}
        self._outputs: dict[str, dict[Call, Activations]] = {}
        self._calls: dict[str, int] = {}
        self._sums: dict[Call, LayerOfNetworks] = {}

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Take the outputs of all networks but the last; each is released once it is summed."""
        self._outputs = dict(zip(self._networks, outputs, strict=False))

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Add an output of the last network, together with those of the others."""
        key = self._key_in_last[layer]
        outputs = self._take_outputs(key, call)
        self._add(key, call, {**outputs, self._networks[-1]: activations})

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Add the layers that the last network does not read.

        Raises
        ------
        ValueError
            A layer did not run equally often in all networks.
        """
        self._calls = {}
        for key, names in self._layers.items():
            counts = {
                network: of_network.get(names[network], 0)
                for network, of_network in zip(self._networks, calls, strict=True)
                if network in names
            }
            check_counts(key, counts)
            count = next(iter(counts.values()))
            if count == 0:
                continue
            self._calls[key] = count
            if self._networks[-1] not in names:
                for call in range(count):
                    self._add(key, call, self._take_outputs(key, call))
        self._outputs = {}

    def finish(self, inputs: int, /) -> Collected[SummedLayer]:
        """Return the sums, by the layer's name in the first network."""
        sums: dict[Key, SummedLayer] = {
            name_call(key, call, count): self._sums[key, call].finish()
            for key, count in self._calls.items()
            for call in range(count)
        }
        return Collected(sums, {}, inputs)

    def _take_outputs(self, key: str, call: int) -> dict[str, Activations]:
        """Remove and return the outputs of the networks but the last."""
        taken: dict[str, Activations] = {}
        for network, name in self._layers[key].items():
            if network == self._networks[-1]:
                continue
            output = self._outputs[network].pop((name, call), None)
            if output is None:
                raise ValueError(
                    f"layer {key!r} ran more often in network {self._networks[-1]!r} than in "
                    f"{network!r}"
                )
            taken[network] = output
        return taken

    def _add(self, key: str, call: int, outputs: Mapping[str, Activations]) -> None:
        if (key, call) not in self._sums:
            self._sums[key, call] = LayerOfNetworks(self._groups)
        with prefix_errors(f"layer {key!r}"):
            self._sums[key, call].add({name: outputs[name] for name in self._layers[key]})


def check_counts(key: str, counts: Mapping[str, int]) -> None:
    """Raise ValueError if a layer did not run equally often in all networks."""
    first = next(iter(counts))
    for network, count in counts.items():
        if count != counts[first]:
            raise ValueError(
                f"layer {key!r} ran {counts[first]} times in network {first!r}, but {count} times "
                f"in {network!r}"
            )
