"""The networks of a comparison of many: models, and checkpoints of one architecture."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base.natural_order import order_naturally
from spanmatch.base.words import count_of
from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.cli.network_names import find_network, name_networks
from spanmatch.torch.resuming.config import NamedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Networks:
    """The networks by name, in their order, and the one that all others are compared with."""

    by_name: Mapping[str, NamedModel]
    reference: str | None


def find_networks(
    models: Sequence[str], arch: str | None, checkpoints: Sequence[str], reference: str | None
) -> Networks:
    """Return the networks that arguments name.

    Models come first, in their order, and then the checkpoints of `arch`. Without `arch` there are
    as many checkpoints as models, or none.

    Raises
    ------
    WrongUsage
        These do not go together, a pattern matches no file, or there are fewer than two networks.
    FileNotFoundError
        A checkpoint is not there.
    """
    files = [file for given in checkpoints for file in _find_files(given)]
    if arch is not None and not files:
        raise WrongUsage("--arch is the model that checkpoints are of: name these by --checkpoint")
    if arch is not None:
        networks = [*map(NamedModel, models), *(NamedModel(arch, file) for file in files)]
    elif files and len(files) != len(models):
        raise WrongUsage(
            f"there are {count_of(len(models), 'model')} and {count_of(len(files), 'checkpoint')}, "
            "which are given in the same order, one for each; where checkpoints are of one model, "
            "name it by --arch"
        )
    else:
        of_each = files or [None] * len(models)
        networks = [NamedModel(*each) for each in zip(models, of_each, strict=True)]
    if len(networks) < 2:
        raise WrongUsage(
            f"{count_of(len(networks), 'network')} cannot be compared: name two or more"
        )
    by_name = name_networks(networks)
    return Networks(by_name, None if reference is None else find_network(reference, by_name))


def _find_files(given: str) -> list[str]:
    """Return the files that a name or a pattern means, sorted as people count."""
    if Path(given).is_file():
        return [given]
    if not has_magic(given):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), given)
    found = [path for path in glob(given, recursive=True) if Path(path).is_file()]  # noqa: PTH207
    if not found:
        raise WrongUsage(f"--checkpoint {given} matches no file")
    return sorted(found, key=order_naturally)
