"""The comparisons of an experiment: one pass over the data sums all, then each is solved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.errors import prefix_errors
from spanmatch.base.memory import format_bytes
from spanmatch.base.progress import show_progress
from spanmatch.comparison.comparison import Comparison
from spanmatch.experiment.layer_details import find_layer_details
from spanmatch.experiment.plan import list_networks
from spanmatch.experiment.records import write_layer_details
from spanmatch.results.calibration import LEVEL
from spanmatch.solve.undersampled import silence_undersampled_warnings
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.compare import compare
from spanmatch.torch.comparing.network_answers import compare_two
from spanmatch.torch.comparing.network_groups import NetworkGroup
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.comparing.summed_networks import sum_in_step
from spanmatch.torch.observing.model_error import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from spanmatch.experiment.config import ExperimentConfig
    from spanmatch.experiment.folder import Folder
    from spanmatch.experiment.networks import Networks
    from spanmatch.experiment.plan import ComparedNetwork, PlannedComparison
    from spanmatch.torch.comparing.summed_networks import SummedNetworks
    from spanmatch.torch.loading.data.named import Batches


@dataclass(frozen=True)
class Comparisons:
    """The comparisons of an experiment, which are made and written here.

    Parameters
    ----------
    config, files, networks
        The config, the folder and the networks of the experiment.
    layers
        The layers to compare, as in `compare`.
    held_out
        The data on which the networks are compared.
    progress
        Whether to show bars on standard error.
    """

    config: ExperimentConfig
    files: Folder
    networks: Networks
    layers: list[str] | None
    held_out: Batches
    progress: bool

    def is_there(self, planned: PlannedComparison) -> bool:
        """Tell whether everything about a comparison is written."""
        return (
            self.files.has_comparison(planned.key)
            and self.files.layer_details(planned.key).is_file()
        )

    def make(self, missing: Sequence[PlannedComparison]) -> Iterator[PlannedComparison]:
        """Make some comparisons, or what is missing of them, and yield each once it is written.

        Raises
        ------
        ValueError, ModelError, MemoryError
            As in `compare`. The message names the networks.
        OSError
            A file cannot be written.
        """
        # Layer details need the pairs: a comparison that was saved without them is made again.
        compared = [
            each for each in missing if self._keeps_pairs and self.files.has_comparison(each.key)
        ]
        for planned in compared:
            self._look_inside(planned, Comparison.load(self.files.comparison(planned.key)))
            yield planned
        to_compare = [each for each in missing if each not in compared]
        for planned, comparison in self._compare(to_compare):
            self._write(planned, comparison)
            yield planned

    @property
    def _keeps_pairs(self) -> bool:
        return self.config.keep == "pairs"

    def _compare(
        self, missing: Sequence[PlannedComparison]
    ) -> Iterator[tuple[PlannedComparison, Comparison]]:
        """Yield comparisons from one pass over the data, or from several if memory is short."""
        if not missing:
            return
        summed = self._sum_if_it_fits(missing)
        if summed is not None:
            for planned in missing:
                yield planned, self._tell(planned, summed)
        elif len(missing) == 1:
            yield missing[0], self._compare_alone(missing[0])
        else:
            half = len(missing) // 2
            yield from self._compare(missing[:half])
            yield from self._compare(missing[half:])

    def _sum_if_it_fits(self, missing: Sequence[PlannedComparison]) -> SummedNetworks | None:
        """Run each network over the data; None if the networks or their sums do not fit."""
        # Each comparison has its own group, since the last bits of nulls depend on which networks
        # are summed together. Results must not depend on which comparisons are still missing, or
        # on how many fit into memory.
        groups = [
            NetworkGroup(self._label_both(each), self._find_options(each.kind).resampling)
            for each in missing
        ]
        try:
            return sum_in_step(
                self._load_each(missing),
                self.held_out,
                self.layers,
                groups,
                self._find_options("trained"),
                at_once=True,
                progress=self.progress,
            )
        except MemoryError:
            return None

    def _tell(self, planned: PlannedComparison, summed: SummedNetworks) -> Comparison:
        return compare_two(
            summed,
            *self._label_both(planned),
            self._find_options(planned.kind),
            progress=self.progress,
        )

    def _compare_alone(self, planned: PlannedComparison) -> Comparison:
        """Compare two networks whose sums may take several passes."""
        a, b = self._label_both(planned)
        kinds = (TypeError, ValueError, MemoryError, ModelError)
        model_a, model_b = map(self._load, planned.networks)
        with silence_undersampled_warnings(), prefix_errors(f"{a} (A) and {b} (B)", kinds):
            return compare(
                model_a,
                model_b,
                self.held_out,
                **self._list_options(planned.kind),
                progress=self.progress,
            )

    def _find_options(self, kind: str) -> CompareOptions:
        return CompareOptions(**self._list_options(kind))

    def _list_options(self, kind: str) -> dict[str, Any]:
        """Return the arguments for `compare`."""
        # The report shows no nulls and no intervals for the controls.
        asked, config = kind == "trained", self.config
        return {
            "layers": self.layers,
            "device": config.device,
            "center": config.center,
            "ridge": config.ridge,
            "mask": config.mask,
            "nulls": config.nulls if asked else 0,
            "folds": config.folds if asked else 0,
        }

    def _load_each(self, missing: Sequence[PlannedComparison]) -> dict[str, nn.Module]:
        """Load the networks of some comparisons, by the names that errors give them.

        Raises
        ------
        MemoryError
            The networks do not fit into memory together.
        """
        networks = dict.fromkeys(chain.from_iterable(each.networks for each in missing))
        models: dict[str, nn.Module] = {}
        for network in networks:
            model = models[self._label(network)] = self._load(network)
            if len(models) == 1:
                _check_room(model, len(networks), self.config.device)
        return models

    def _load(self, network: ComparedNetwork) -> nn.Module:
        if not network.is_trained:
            seeds = {f"seed {seed}": seed for seed in self.config.seeds}
            return self.networks.make_initial(seeds[network.name])
        planned = next(each for each in list_networks(self.config) if each.name == network.name)
        return self.networks.make_with_weights(self.files.find_weights(planned))

    def _label_both(self, planned: PlannedComparison) -> tuple[str, str]:
        a, b = map(self._label, planned.networks)
        return a, b

    def _label(self, network: ComparedNetwork) -> str:
        """Return the name that errors give a network, which no other network may share."""
        if not network.is_trained:
            return f"{network.name} at its start"
        return f"checkpoint {network.name}" if self.config.checkpoints else network.name

    def _write(self, planned: PlannedComparison, comparison: Comparison) -> None:
        """Write a comparison and the details of its layers."""
        # Too few nulls, as from a few inputs in one batch, allow no calibration.
        if comparison.nulls and all(each.least_p <= LEVEL for each in comparison.nulls.values()):
            with silence_undersampled_warnings():  # The report warns about each layer.
                comparison = comparison.with_calibrations()
        comparison = comparison.without_replicates()
        if self._keeps_pairs:
            self._save(planned, comparison)
            comparison = Comparison.load(self.files.comparison(planned.key))
        self._look_inside(planned, comparison)

    def _look_inside(self, planned: PlannedComparison, comparison: Comparison) -> None:
        """Write layer details; first save the comparison here if it does not keep its pairs."""
        # The report shows no simple matches and no cores for the controls.
        eps = self.config.eps if planned.kind == "trained" else ()
        with show_progress(f"Looking inside {planned.key}", self.progress) as report:
            layers = find_layer_details(comparison, eps, report)
        if not self._keeps_pairs:
            self._save(planned, comparison.without_pairs())
        write_layer_details(self.files.layer_details(planned.key), layers)

    def _save(self, planned: PlannedComparison, comparison: Comparison) -> None:
        folder = self.files.comparison(planned.key)
        folder.mkdir(parents=True, exist_ok=True)
        comparison.save(folder)


def _check_room(model: nn.Module, count: int, device: str) -> None:
    """Raise MemoryError if this number of models does not fit on the CPU or on the device."""
    tensors = chain(model.parameters(), model.buffers())
    needed = count * sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    for place in ("cpu", device):
        budget = find_budget(None, torch.device(place))
        if budget is not None and needed > budget:
            raise MemoryError(f"{count} networks take {format_bytes(needed)}")
