"""The content of an experiment's folder, and the numbers for figures and claims."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, get_args

import numpy as np

from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_values import take, take_text
from spanmatch.comparison.comparison import Comparison
from spanmatch.experiment.config import ExperimentConfig, get_value_types
from spanmatch.experiment.config_file import ABSENT, read_recorded, read_values
from spanmatch.experiment.folder import Folder
from spanmatch.experiment.plan import list_comparisons, list_networks
from spanmatch.experiment.records import WAY_OUT, read_layer_details, read_network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from spanmatch.experiment.plan import ComparisonKind, PlannedComparison, PlannedNetwork
    from spanmatch.experiment.records import LayerDetails, Network
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.one_to_one import OneToOne
    from spanmatch.results.spectrum import MatchSpectrum


@dataclass(frozen=True)
class Compared:
    """A comparison of the experiment."""

    planned: PlannedComparison
    comparison: Comparison
    details: dict[str, LayerDetails]

    @property
    def name(self) -> str:
        """What was compared, such as `seed 0, seed 1`."""
        a, b = self.planned.a, self.planned.b
        return a if a == b else f"{a}, {b}"


@dataclass(frozen=True)
class Findings:
    """All results of an experiment."""

    config: ExperimentConfig
    versions: dict[str, str]
    networks: tuple[Network, ...]
    compared: tuple[Compared, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers, in the order of the networks."""
        return tuple(map(str, self.compared[0].comparison.layers))

    def of(self, kind: ComparisonKind) -> list[Compared]:
        """Return the comparisons of a kind."""
        return [each for each in self.compared if each.planned.kind == kind]

    def spectra(self, kind: ComparisonKind, layer: str) -> list[MatchSpectrum]:
        """Return the spectrum of a layer in each comparison of a kind."""
        return [each.comparison[layer] for each in self.of(kind)]

    def similarity(self, kind: ComparisonKind, layer: str, eps: ArrayLike) -> NDArray[np.float64]:
        """Return s(ε) of a layer, comparisons × ε."""
        return np.array([each.similarity(eps) for each in self.spectra(kind, layer)])

    def areas(self, kind: ComparisonKind, layer: str) -> NDArray[np.float64]:
        """Return the area of a layer in each comparison of a kind."""
        return np.array([each.area for each in self.spectra(kind, layer)])

    def answers(self, layer: str) -> list[LayerAnswer]:
        """Return all results on a layer, one for each pair of trained networks."""
        return [each.comparison.solved(layer) for each in self.of("trained")]

    def one_to_one(self, layer: str) -> list[OneToOne]:
        """Return the one-to-one pairs in a layer, for each pair of trained networks.

        Empty if a pair of networks lacks them, as in a folder of an old version.
        """
        found = [each.one_to_one for each in self.answers(layer)]
        known = [each for each in found if each is not None]
        return known if len(known) == len(found) else []

    def null_areas(self, layer: str) -> NDArray[np.float64]:
        """Return the areas of a layer's nulls over all pairs; empty if there are none."""
        areas = [each.nulls.area for each in self.answers(layer) if each.nulls is not None]
        return np.concatenate([np.empty(0), *areas])

    def chance(self, layer: str) -> float:
        """Return the lowest median chance level of a layer over pairs; nan if no neuron lives."""
        levels = [each.chance_level for each in self.answers(layer)]
        living = [level for level in levels if not np.isnan(level)]
        return min(living, default=float("nan"))

    def is_map(self, layer: str) -> bool:
        """Tell whether a layer is convolutional, so that its samples are positions of maps."""
        first = self.compared[0].comparison
        return first.inputs is not None and first[layer].n_samples > first.inputs


def read_findings(path: Path) -> Findings:
    """Read the folder of an experiment.

    Raises
    ------
    OSError
        There is no config, or a file cannot be read.
    ValueError
        A part of the experiment is missing, or a file is damaged.
    """
    folder = Folder(path)
    config, versions = _read_config(folder)
    again = f"give the command again: spanmatch experiment --config {folder.config} --out {path}"
    for network in list_networks(config):
        if not folder.network(network.key).is_file():
            raise FileError(f"{folder.network(network.key)} is missing; {again}")
    for planned in list_comparisons(config):
        if (
            not folder.has_comparison(planned.key)
            or not folder.layer_details(planned.key).is_file()
        ):
            raise FileError(f"{folder.comparison(planned.key)} is missing, or not whole; {again}")
    return Findings(
        config,
        versions,
        tuple(_read_network(folder, each) for each in list_networks(config)),
        tuple(_read_compared(folder, planned) for planned in list_comparisons(config)),
    )


def _read_config(folder: Folder) -> tuple[ExperimentConfig, dict[str, str]]:
    """Return the config, and the versions of the libraries that made the results."""
    path = folder.config
    values, recorded = ABSENT | read_values(path), read_recorded(path)
    try:
        for name, of_type in get_value_types().items():
            # Values that are None are not written, so they may be missing.
            if NoneType not in get_args(of_type):
                take(values, name)
        versions = {name: take_text(recorded, name) for name in ("spanmatch", "torch")}
        return ExperimentConfig(**values), versions
    except ValueError as error:
        raise describe_damage(path, error, "redo the experiment with --force") from error


def _read_network(folder: Folder, planned: PlannedNetwork) -> Network:
    path = folder.network(planned.key)
    network = read_network(path)
    if network.name != planned.name:
        raise describe_damage(path, f"it tells of {network.name!r}, not {planned.name!r}", WAY_OUT)
    return network


def _read_compared(folder: Folder, planned: PlannedComparison) -> Compared:
    comparison = Comparison.load(folder.comparison(planned.key))
    details = read_layer_details(folder.layer_details(planned.key))
    if list(details) != list(map(str, comparison.layers)):
        path = folder.layer_details(planned.key)
        raise describe_damage(path, "its layers are those of another comparison", WAY_OUT)
    return Compared(planned, comparison, details)
