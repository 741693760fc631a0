"""The run of an experiment in a folder: it makes what is missing, then writes the report."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from spanmatch.base.errors import describe_damage
from spanmatch.base.folder_lock import lock_folder
from spanmatch.base.plain_values import take_list
from spanmatch.base.progress import show_progress
from spanmatch.base.tensor_file import check_of, read_as, write
from spanmatch.experiment.comparisons import Comparisons
from spanmatch.experiment.data_sources import (
    list_versions_and_digests,
    load_held_out_data,
    load_training_data,
)
from spanmatch.experiment.folder import Folder
from spanmatch.experiment.networks import Networks, count_parameters, prepare_networks
from spanmatch.experiment.performance import measure_performance
from spanmatch.experiment.plan import list_comparisons, list_networks
from spanmatch.experiment.records import (
    WAY_OUT,
    Epoch,
    Network,
    Performance,
    as_epoch,
    write_network,
)
from spanmatch.experiment.report import write_report
from spanmatch.experiment.training import train
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.loading.data.batches import ChosenBatches
from spanmatch.torch.observing.layers import choose_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import nn

    from spanmatch.experiment.config import ExperimentConfig
    from spanmatch.experiment.plan import PlannedNetwork
    from spanmatch.torch.loading.data.named import Batches

KIND = "Network"


def run_experiment(
    folder: Path,
    config: ExperimentConfig,
    *,
    force: bool = False,
    progress: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> Path:
    """Train, compare and report in a folder; return the path of the report.

    Each network and each comparison is written once it is complete, and then not made again. An
    experiment that is killed loses only the current network or comparison, and the pass over the
    data that sums the missing comparisons.

    Parameters
    ----------
    folder
        The folder, which is made if it does not exist.
    config
        The config of the experiment.
    force
        Whether to delete what an experiment has written there, and do everything again.
    progress
        Whether to show bars on standard error.
    say
        A function that is called with a line for every network and comparison.

    Raises
    ------
    FolderInUseError
        Another process is writing to the folder. This is a ValueError.
    ValueError
        The folder holds another experiment, and is not changed; or the data, the architecture or
        a checkpoint is wrong.
    OSError
        A file cannot be read or written.
    ModelError
        A network raised an error.
    """
    to_train_on, held_out = load_training_data(config), load_held_out_data(config)
    networks = prepare_networks(config, held_out, to_train_on)
    layers = networks.layers if config.layers is None else list(config.layers)
    # A wrong choice of layers must raise before the training, not after it.
    choose_layers(networks.make_initial(0), layers)
    _check_enough(held_out, config)
    files = Folder(folder)
    with lock_folder(folder):
        if force:
            files.clear()
        files.claim(config.to_plain(), list_versions_and_digests(config))
        files.sweep()
        files.networks.mkdir(exist_ok=True)
        training = _Training(config, files, networks, held_out, to_train_on, progress)
        comparisons = Comparisons(config, files, networks, layers, held_out, progress)
        with _use_threads(config.threads):
            for network in list_networks(config):
                if files.network(network.key).is_file():
                    say(f"{network.name}: there already")
                else:
                    say(f"{network.name}: {_say_accuracy(training.make_network(network))}")
            missing = []
            for planned in list_comparisons(config):
                if comparisons.is_there(planned):
                    say(f"{planned.key}: there already")
                else:
                    missing.append(planned)
            for planned in comparisons.make(missing):
                say(f"{planned.key}: compared")
        return write_report(folder)


def _check_enough(held_out: Batches, config: ExperimentConfig) -> None:
    """Raise ValueError if there are too few inputs for the nulls or the folds."""
    if not isinstance(held_out, ChosenBatches):
        return
    check_inputs(len(held_out.chosen), config.folds)
    if config.nulls > 0 and min(len(held_out.chosen), held_out.batch_size) < 2:
        raise ValueError(
            "nulls shift the inputs of a batch against each other, and batches have one input: "
            "give a larger `batch_size`, or a `nulls` of 0"
        )


@dataclass(frozen=True)
class _Training:
    """The training of networks, whose weights and records are written to the folder."""

    config: ExperimentConfig
    files: Folder
    networks: Networks
    held_out: Batches
    to_train_on: Batches | None
    progress: bool

    def make_network(self, planned: PlannedNetwork) -> Network:
        """Train or read a network, measure it, and write its record."""
        untrained = None
        history: list[Epoch] = []
        if planned.seed is not None:
            untrained = self._measure_performance(self.networks.make_initial(planned.seed))
            history = self._train(planned.key, planned.name, planned.seed)
        network = self.networks.make_with_weights(self.files.find_weights(planned))
        trained = self._measure_performance(network)
        known = Network(planned.name, count_parameters(network), tuple(history), trained, untrained)
        write_network(self.files.network(planned.key), known)
        return known

    def _train(self, key: str, name: str, seed: int) -> list[Epoch]:
        """Train a network and write its weights, unless they exist; return its history."""
        path = self.files.weights(key)
        if not path.is_file():
            if self.to_train_on is None:
                raise ValueError(f"there is nothing to train {name} on")
            network = self.networks.make_initial(seed).to(self.config.device)
            with show_progress(f"Training {name}", self.progress) as report:
                epochs = train(network, self.to_train_on, seed, self.config, report)
            tensors = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
            history = [[epoch.loss, epoch.accuracy] for epoch in epochs]
            write(path, KIND, tensors, {"history": history}, of=key)
        check_of(path, key)
        _, values = read_as(path, KIND)
        try:
            return [
                as_epoch(dict(zip(("loss", "accuracy"), epoch, strict=True)))
                for epoch in take_list(values, "history")
            ]
        except (TypeError, ValueError) as error:
            raise describe_damage(path, error, WAY_OUT) from error

    def _measure_performance(self, network: nn.Module) -> Performance | None:
        return measure_performance(network, self.held_out, self.config.device)


def _say_accuracy(network: Network) -> str:
    after = network.trained
    return "there" if after is None else f"accuracy {after.accuracy:.3f} on {after.inputs} inputs"


@contextmanager
def _use_threads(count: int) -> Iterator[None]:
    """Let torch use this number of threads within the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
