"""The data of an experiment, and the hashes of its files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from spanmatch._core import __version__
from spanmatch.torch.loading.data.batches import ChosenBatches
from spanmatch.torch.loading.data.named import has_splits, load_data
from spanmatch.torch.loading.digests import hash_named_file
from spanmatch.torch.loading.tokenizers import find_tokenizer

if TYPE_CHECKING:
    from spanmatch.experiment.config import ExperimentConfig
    from spanmatch.torch.loading.data.named import Batches


def load_held_out_data(config: ExperimentConfig) -> Batches:
    """Return the data on which networks are compared.

    A function of the user is asked for the split "test" only if it is also asked for "train".
    """
    both = (
        config.train_data is None
        and not config.checkpoints
        and has_splits(config.data) is not False
    )
    found = _load(config.data, config, split="test" if both else None, limit=config.limit)
    if isinstance(found, ChosenBatches):
        # Nulls shift inputs against each other, so neighbours must not all be of one class.
        return found.shuffle(torch.Generator().manual_seed(0))
    return found


def load_training_data(config: ExperimentConfig) -> Batches | None:
    """Return the data on which networks are trained; None if no network is trained.

    Raises
    ------
    ValueError
        `data` has no part that is held out from training.
    """
    if config.checkpoints:
        return None
    if config.train_data is not None:
        split = "train" if has_splits(config.train_data) else None
        return _load(config.train_data, config, split=split, limit=None)
    if has_splits(config.data) is False:
        raise ValueError(
            f"{config.data} has no part for training: say by `train_data` what networks are "
            "trained on, or give checkpoints"
        )
    return _load(config.data, config, split="train", limit=None)


def list_versions_and_digests(config: ExperimentConfig) -> dict[str, str]:
    """Return versions, and the SHA-256 of each file that the config names.

    The content of folders, and of modules that are imported by name, is not hashed.
    """
    named = {
        "arch": config.arch,
        "data": config.data,
        "train_data": config.train_data,
        **{f"checkpoint_{number}": path for number, path in enumerate(config.checkpoints, start=1)},
    }
    digests = {
        f"{name}_sha256": digest
        for name, value in named.items()
        if (digest := hash_named_file(value))
    }
    return {"spanmatch": __version__, "torch": torch.__version__, **digests}


def _load(name: str, config: ExperimentConfig, split: str | None, limit: int | None) -> Batches:
    # A function of the user chooses its own batch size.
    batch_size = None if has_splits(name) is None else config.batch_size
    tokenizer = find_tokenizer(name, [config.arch])
    given = {} if tokenizer is None else {"tokenizer": tokenizer}
    found = load_data(name, batch_size=batch_size, split=split, limit=limit, **given)
    return replace(found, none_alone=True) if isinstance(found, ChosenBatches) else found
