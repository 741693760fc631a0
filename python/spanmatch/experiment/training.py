"""Reproducible training of a classifier from a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from spanmatch.experiment.networks import split_labelled_batch
from spanmatch.experiment.records import Epoch
from spanmatch.torch.loading.data.batches import ChosenBatches

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.experiment.config import ExperimentConfig
    from spanmatch.torch.loading.data.named import Batches

MOMENTUM = 0.9
MOVED = 8  # Images move by up to side / 8, as by 4 of 32 pixels in He et al. 2016.


def train(
    network: nn.Module,
    batches: Batches,
    seed: int,
    config: ExperimentConfig,
    report: Callable[[int, int], object] | None,
) -> list[Epoch]:
    """Train a network in place, and return the loss and accuracy of every epoch.

    The method is stochastic gradient descent, whose rate warms up and anneals (Smith and Topin,
    "Super-Convergence", 2017). The seed decides the order, the augmentation and dropout. Batches
    from a function of the user keep their order.

    Raises
    ------
    ValueError
        The batches have no classes, or classes that the network does not have; or the loss is no
        longer finite.
    """
    optimiser = torch.optim.SGD(
        network.parameters(),
        config.learning_rate,
        MOMENTUM,
        weight_decay=config.weight_decay,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.epochs * max(1, len(batches))
    )
    generator = torch.Generator().manual_seed(seed)
    history = []
    # Modules such as dropout draw from torch's global generators, whose state is restored after.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network.train()
        for epoch in range(config.epochs):
            order = batches.shuffle(generator) if isinstance(batches, ChosenBatches) else batches
            tally = Tally()
            for batch in order:
                inputs, targets = _split_batch(batch, config)
                if config.augment:
                    inputs = _augment(inputs, generator)
                outputs = network(inputs)
                if wrong := describe_wrong_classes(outputs, targets):
                    raise ValueError(f"{config.arch} cannot be trained on these classes: {wrong}")
                loss = nn.functional.cross_entropy(outputs, targets)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                tally.add(outputs.detach(), targets, loss.detach())
            history.append(Epoch(tally.loss, tally.accuracy))
            if not math.isfinite(tally.loss):
                raise ValueError(
                    f"training of seed {seed} failed in epoch {epoch + 1}: the loss is "
                    f"{tally.loss}; choose a lower learning rate than {config.learning_rate}"
                )
            if report is not None:
                report(epoch + 1, config.epochs)
    network.eval()
    return history


class Tally:
    """Sums over batches."""

    def __init__(self) -> None:
        self.inputs, self._right, self._loss = 0, 0, 0.0

    def add(self, outputs: Tensor, targets: Tensor, loss: Tensor) -> None:
        """Add a batch and the mean of its losses."""
        self.inputs += len(targets)
        self._right += int((outputs.argmax(dim=1) == targets).sum())
        self._loss += float(loss) * len(targets)

    @property
    def accuracy(self) -> float:
        """The part of the inputs that was labelled correctly."""
        return self._right / self.inputs

    @property
    def loss(self) -> float:
        """The mean loss per input."""
        return self._loss / self.inputs


def describe_wrong_classes(outputs: Any, targets: Tensor) -> str:
    """Return why outputs cannot be scores for the targets' classes; "" if they can."""
    if not isinstance(outputs, Tensor) or outputs.ndim != 2:
        return "it returns no tensor of scores (inputs, classes)"
    if len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < outputs.shape[1]:
        return f"it has {outputs.shape[1]} classes, and the data class {int(targets.max())}"
    return ""


def _split_batch(batch: Any, config: ExperimentConfig) -> tuple[Tensor, Tensor]:
    pair = split_labelled_batch(batch)
    if pair is None:
        raise ValueError(
            f"{config.train_data or config.data} cannot be trained on: its batches have to be "
            "pairs (inputs, targets), the targets numbers of classes"
        )
    inputs, targets = pair
    return inputs.to(config.device), targets.to(config.device)


def _augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror about half of the images, and move the whole batch by a few pixels."""
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.to(images.device)[:, None, None, None], images.flip(3), images)
    height, width = images.shape[2:]
    up, left = (
        int(torch.randint(0, 2 * (side // MOVED) + 1, (), generator=generator))
        for side in (height, width)
    )
    padded = nn.functional.pad(images, [width // MOVED] * 2 + [height // MOVED] * 2)
    return padded[:, :, up : up + height, left : left + width]
