"""The networks of an experiment: with initial weights, or with those of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from spanmatch.base.words import suggest
from spanmatch.torch.loading.architectures import ARCHITECTURES
from spanmatch.torch.loading.checkpoints import load_checkpoint
from spanmatch.torch.loading.models import SOURCES, load_model, seed_torch

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.experiment.config import ExperimentConfig
    from spanmatch.torch.loading.data.named import Batches


@dataclass(frozen=True)
class Networks:
    """Networks of one architecture, made for the inputs and classes of the data."""

    arch: str
    arguments: dict[str, Any]
    """Arguments of the function that makes one: `channels` and `classes` for our architectures."""

    def make_initial(self, seed: int) -> nn.Module:
        """Make a network with the random initial weights of a seed."""
        if self.arch in ARCHITECTURES:
            with seed_torch(seed):
                make = ARCHITECTURES[self.arch]
                return make(self.arguments["channels"], self.arguments["classes"]).eval()
        return load_model(self.arch, seed=seed, **self.arguments)

    def make_with_weights(self, path: str | Path) -> nn.Module:
        """Make a network with the weights of a file."""
        if self.arch in ARCHITECTURES:
            network = self.make_initial(0)
            load_checkpoint(network, path)
            return network
        return load_model(self.arch, checkpoint=path, **self.arguments)

    @property
    def layers(self) -> list[str] | None:
        """The layers to compare; None to compare every leaf module of a network."""
        if self.arch not in ARCHITECTURES:
            return None
        return [name for name, _ in self.make_initial(0).named_children()]


def prepare_networks(
    config: ExperimentConfig, held_out: Batches, train: Batches | None
) -> Networks:
    """Return the `Networks` of an experiment, which makes them.

    Raises
    ------
    ValueError
        The architecture does not exist, or it does not take the inputs of the data.
    """
    kind = config.arch.partition(":")[0]
    if ":" not in config.arch and config.arch not in ARCHITECTURES:
        raise ValueError(
            f"there is no architecture {config.arch!r}: "
            f"{suggest(config.arch, ARCHITECTURES, len(ARCHITECTURES))}; models of others are "
            "named as torchvision:resnet18 or file.py:factory"
        )
    if config.arch not in ARCHITECTURES and (train is None or kind not in SOURCES):
        # No arguments: the weights of a checkpoint fit the network as its library makes it.
        return Networks(config.arch, {})
    if kind == "hf":
        raise ValueError(
            f"{config.arch} has no classes to train: give checkpoints, or a function that returns "
            "the model and its classifier, as file.py:factory"
        )
    inputs = next((_get_inputs(batch) for batch in held_out), None)
    if inputs is None:
        raise ValueError(f"there is no batch in {config.data}: it is empty")
    classes = _count_classes(config, held_out if train is None else train)
    if config.arch not in ARCHITECTURES:
        channels = {"in_chans": inputs.shape[1]} if kind == "timm" else {}
        return Networks(config.arch, {"num_classes": classes, **channels})
    if inputs.ndim != 4:
        raise ValueError(
            f"{config.arch} takes images (N, C, H, W), {config.data} has {_format_sizes(inputs)}"
        )
    networks = Networks(config.arch, {"channels": inputs.shape[1], "classes": classes})
    try:
        with torch.no_grad():
            networks.make_initial(0)(inputs[:1])
    except RuntimeError as error:
        raise ValueError(
            f"{config.arch} takes no images of {_format_sizes(inputs[0])}, as {config.data} has: "
            f"small-vgg and small-resnet take small ones ({error})"
        ) from error
    return networks


def _get_inputs(batch: Any) -> Tensor:
    inputs = batch[0] if isinstance(batch, tuple | list) else batch
    if not isinstance(inputs, Tensor):
        raise ValueError(
            f"the batches are of {type(batch).__name__}: the architectures of an experiment take "
            "tensors; name a model of your own, and give its checkpoints"
        )
    return inputs


def _count_classes(config: ExperimentConfig, batches: Batches) -> int:
    known: int | None = getattr(getattr(batches, "examples", None), "classes", None)
    if known is not None:
        return known
    pairs = [split_labelled_batch(batch) for batch in batches]
    if not pairs or None in pairs:
        what = config.data if config.train_data is None else config.train_data
        raise ValueError(
            f"{what} holds no classes: its batches have to be pairs (inputs, targets), the targets "
            "numbers of classes from 0 on"
        )
    return 1 + max(int(pair[1].max()) for pair in pairs if pair is not None)


def split_labelled_batch(batch: Any) -> tuple[Tensor, Tensor] | None:
    """Return a batch as inputs and classes; None if it is no such pair."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        return None
    inputs, targets = batch
    if not isinstance(targets, Tensor) or targets.ndim != 1 or targets.is_floating_point():
        return None
    return inputs, targets


def _format_sizes(inputs: Tensor) -> str:
    return " × ".join(map(str, inputs.shape))


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters of a network."""
    return sum(parameter.numel() for parameter in network.parameters())
