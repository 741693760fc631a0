"""The sums of the layers of many networks, which run side by side over the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.torch.comparing.collect import collect
from spanmatch.torch.comparing.kept_sums import TemporarySums
from spanmatch.torch.comparing.left_out import explain_unreadable
from spanmatch.torch.comparing.model_batches import ModelData
from spanmatch.torch.comparing.network_pairing import NetworkPairing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import nn

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.matched_layers import NetworkLayers
    from spanmatch.torch.comparing.network_groups import NetworkGroup, SummedLayer
    from spanmatch.torch.comparing.options import CompareOptions


@dataclass(frozen=True)
class SummedNetworks:
    """The sums of many networks, after their runs over the data."""

    layers: Mapping[Key, SummedLayer]
    inputs: int
    """The number of inputs of each network."""
    left_out: Mapping[str, str]
    """The layers at which no two networks can be compared, with the reasons."""
    absent: Mapping[str, Mapping[str, str]]
    """For each layer, why some networks cannot read it."""

    def explain_left_out(self, a: str, b: str) -> dict[str, str]:
        """Return the layers at which two networks cannot be compared, with the reasons."""
        reasons = {
            layer: explain_unreadable(why.get(a), why.get(b)) or self.left_out.get(layer, "")
            for layer, why in self.absent.items()
        }
        return {layer: reason for layer, reason in reasons.items() if reason}


def sum_in_step(
    models: Mapping[str, nn.Module],
    data: Iterable[Any],
    layers: NetworkLayers,
    groups: Sequence[NetworkGroup],
    options: CompareOptions,
    *,
    at_once: bool = False,
    progress: bool,
) -> SummedNetworks:
    """Run all networks on each batch, and return the sums of their layers.

    Parameters
    ----------
    models
        The networks by name.
    data, layers
        As `compare_many` takes them.
    groups
        Which networks are compared with which, and the nulls and folds of their sums.
    options
        The other options.
    at_once
        Whether sums that do not fit together are an error. Otherwise the networks run over the data
        several times, and layers that do not fit alone are left out.
    progress
        Report the memory of the networks, and show a bar, on standard error.

    Raises
    ------
    TypeError, ValueError, ModelError
        As `compare_many`.
    MemoryError
        As `compare_many`; or with `at_once` all sums together do not fit.
    """
    pairing = NetworkPairing(models, layers, groups, options, at_once=at_once)
    found = collect(
        tuple(models.values()),
        pairing,
        ModelData(data, None, options.max_batches, len(models)),
        options,
        names=tuple(models),
        kept=TemporarySums,
        progress=progress,
    )
    return SummedNetworks(found.pairs, found.inputs, found.left_out, pairing.layers.absent)
