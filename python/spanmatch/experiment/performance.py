"""The loss and accuracy of a network on inputs that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from spanmatch.experiment.networks import split_labelled_batch
from spanmatch.experiment.records import Performance
from spanmatch.experiment.training import Tally, describe_wrong_classes

if TYPE_CHECKING:
    from spanmatch.torch.loading.data.named import Batches


def measure_performance(network: nn.Module, batches: Batches, device: str) -> Performance | None:
    """Return accuracy and loss; None without classes in the data, or scores for them."""
    network = network.to(device).eval()
    tally = Tally()
    with torch.inference_mode():
        for batch in batches:
            pair = split_labelled_batch(batch)
            if pair is None:
                return None
            inputs, targets = (part.to(device) for part in pair)
            outputs = network(inputs)
            if describe_wrong_classes(outputs, targets):
                return None
            tally.add(outputs, targets, nn.functional.cross_entropy(outputs, targets))
    return Performance(tally.accuracy, tally.loss, tally.inputs) if tally.inputs else None
