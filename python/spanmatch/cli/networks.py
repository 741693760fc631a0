"""The networks of a comparison of many: models, and checkpoints of one architecture."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base.natural_order import order_naturally
from spanmatch.base.words import count_of, list_names
from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.cli.network_names import SHOWN, find_network, name_networks
from spanmatch.torch.resuming.config import NamedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Networks:
    """The networks by name, in their order, and the reference, None to compare every two."""

    by_name: Mapping[str, NamedModel]
    reference: str | None


def find_networks(
    models: Sequence[str], arch: str | None, checkpoints: Sequence[str], reference: str | None
) -> Networks:
    """Return the networks that arguments name.

    Models come first, in their order, and then the checkpoints of `arch`. Without `arch` there must
    be one checkpoint for each model, or none.

    Raises
    ------
    WrongUsage
        Arguments cannot be combined, a pattern matches no file, or there are fewer than two
        networks.
    FileNotFoundError
        A checkpoint does not exist.
    """
    if arch is not None and not checkpoints:
        raise WrongUsage("--arch is the model of all checkpoints: give these by --checkpoint")
    if arch is None and checkpoints:
        _check_one_for_each(models, checkpoints)
    files = [file for given in checkpoints for file in _find_files(given)]
    if arch is not None:
        networks = [*map(NamedModel, models), *(NamedModel(arch, file) for file in files)]
    else:
        of_each: Sequence[str | None] = files or [None] * len(models)
        networks = [NamedModel(*each) for each in zip(models, of_each, strict=True)]
    if len(networks) < 2:
        raise WrongUsage(
            f"{count_of(len(networks), 'network')} cannot be compared: name two or more"
        )
    by_name = name_networks(networks)
    if reference is not None:
        reference = find_network("--reference", reference, by_name)
    return Networks(by_name, reference)


def find_layers(
    given: Sequence[str] | None, networks: Mapping[str, NamedModel]
) -> tuple[str, ...] | dict[str, tuple[str, ...]] | None:
    """Return the layers of all networks, or with `--layers NETWORK=GLOB` those of each.

    Globs without a network apply to all networks without globs of their own.

    Raises
    ------
    WrongUsage
        There is no such network, or a network has no layers.
    """
    # A glob of layers holds no equals sign, so the last one ends the name of the network.
    parts = [text.rpartition("=") for text in given or ()]
    of_all = tuple(pattern for _, equals, pattern in parts if not equals)
    own: dict[str, tuple[str, ...]] = {}
    for name, equals, pattern in parts:
        if equals:
            network = find_network("--layers", name, networks)
            own[network] = (*own.get(network, ()), pattern)
    if not own:
        return of_all or None
    missing = [repr(name) for name in networks if name not in own and not of_all]
    if missing:
        raise WrongUsage(
            f"--layers chooses nothing for {list_names(missing, SHOWN)}: give NETWORK=GLOB for "
            "each, or a GLOB alone for the rest"
        )
    return {name: own.get(name, of_all) for name in networks}


def _check_one_for_each(models: Sequence[str], checkpoints: Sequence[str]) -> None:
    """Raise WrongUsage if there is not exactly one checkpoint for each model."""
    way_out = "where checkpoints are of one model, name it by --arch"
    if len(checkpoints) != len(models):
        raise WrongUsage(
            f"there are {count_of(len(models), 'model')} and "
            f"{count_of(len(checkpoints), 'checkpoint')}, which are given in the same order, one "
            f"for each; {way_out}"
        )
    pattern = next((given for given in checkpoints if _is_pattern(given)), None)
    if pattern is not None:
        raise WrongUsage(
            f"--checkpoint {pattern} may be several files, and each model takes one; {way_out}"
        )


def _is_pattern(given: str) -> bool:
    return has_magic(given) and not Path(given).is_file()


def _find_files(given: str) -> list[str]:
    """Return the files that a name or a pattern matches, in natural order."""
    if not _is_pattern(given):
        if not Path(given).is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), given)
        return [given]
    found = [path for path in glob(given, recursive=True) if Path(path).is_file()]  # noqa: PTH207
    if not found:
        raise WrongUsage(f"--checkpoint {given} matches no file")
    return sorted(found, key=order_naturally)
