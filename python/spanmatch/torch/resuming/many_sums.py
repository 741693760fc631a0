"""The sums of the layers of many networks in a folder, with their notes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.base.plain_values import take_list, take_texts
from spanmatch.comparison.layer_files import find_path
from spanmatch.comparison.many.network_sums import SUMS, NetworkSums, has_sums, write_sums
from spanmatch.pair.activation_set import ActivationSet
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.network_groups import SummedLayer, group_networks
from spanmatch.torch.comparing.network_runs import RunNetworks
from spanmatch.torch.resuming.ranks import count_local_ranks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.nulls_and_folds import Resampling
    from spanmatch.torch.comparing.network_groups import NetworkPair
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.many_config import ManyConfig
    from spanmatch.torch.resuming.network_shares import NetworkShares
    from spanmatch.torch.resuming.ranks import Ranks


def sum_layers(
    folder: Path,
    config: ManyConfig,
    ranks: Ranks,
    shares: NetworkShares,
    say: Callable[[str], object],
) -> RunNetworks:
    """Write the sums of the layers that have none; the notes on a layer come last."""
    # Free memory may differ between processes, which must leave out the same layers.
    budget = ranks.run_in_first(lambda: _share_memory(config.options))
    kept = config.options.resampling
    # Each process has its own circular shifts: with equal ones, fewer nulls would differ.
    kept = replace(kept, seed=(kept.seed + ranks.rank) % 2**64)
    groups = group_networks(tuple(shares.runs), config.reference, kept)
    networks = RunNetworks(shares.runs, config.layers, groups, config.options, budget)
    check_inputs(networks.inputs, config.options.folds)
    keys = networks.list_keys()
    missing = ranks.run_in_first(lambda: _list_missing(folder, keys))
    if missing and len(missing) < len(keys):
        say(f"{len(keys) - len(missing)} of {len(keys)} layers are summed already")
    for key in missing:
        layer = _sum_in_each(ranks, networks, key, shares, kept)
        ranks.run_in_first(partial(_write_layer, folder, key, layer))
    return networks


def read_notes(folder: Path, key: Key) -> dict[NetworkPair, str]:
    """Return the notes on pairs of networks at a layer.

    Raises
    ------
    FileError
        The file of the notes is missing or damaged.
    """
    path = _find_notes(folder, key)
    plain: dict[str, Any] = read_json(path)
    try:
        notes = [take_texts({"note": each}, "note") for each in take_list(plain, "notes")]
        return {(a, b): note for a, b, note in notes}
    except ValueError as error:
        raise describe_damage(path, error, "delete it, and give the command again") from error


def _share_memory(options: CompareOptions) -> int | None:
    """Return the bytes for sums of one of the processes on this machine; None if not known."""
    budget = find_budget(options.max_memory, torch.device("cpu"))
    return None if budget is None else budget // count_local_ranks()


def _list_missing(folder: Path, keys: list[Key]) -> list[Key]:
    (folder / SUMS).mkdir(exist_ok=True)
    return [key for key in keys if not _is_summed(folder, key)]


def _sum_in_each(
    ranks: Ranks, networks: RunNetworks, key: Key, shares: NetworkShares, kept: Resampling
) -> SummedLayer:
    """Return the sums of a layer over the batches of all processes, equal in each process."""
    mine: list[SummedLayer] = []

    def sum_share() -> tuple[list[tuple[str, ...]], dict[NetworkPair, str]] | None:
        """Sum the batches of this process, and exchange with the others which sets have sums."""
        if shares.n_batches == 0:
            return None
        layer = networks.sum_layer(key, shares.rows, range(shares.n_batches))
        mine.append(layer)
        return [acts.sides for acts in layer.sums.sets], dict(layer.notes)

    told = [each for each in ranks.run_in_each(sum_share) if each is not None]
    sides, notes = told[0]
    for others in told[1:]:
        if others != told[0]:
            raise ValueError(
                f"layer {key!r}: positions agree in the batches of some processes, and differ in "
                "those of others: compare by one process, or layers that always run alike"
            )
    if ranks.size == 1:
        return mine[0]
    empty = [ActivationSet(s, nulls=kept.nulls, folds=kept.folds, seed=kept.seed) for s in sides]
    sets = list(mine[0].sums.sets) if mine else empty
    for acts in sets:
        acts.all_reduce()
    return SummedLayer(NetworkSums(sets), notes)


def _write_layer(folder: Path, key: Key, layer: SummedLayer) -> None:
    write_sums(folder, key, layer.sums)
    notes = [[a, b, note] for (a, b), note in layer.notes.items()]
    write_json(_find_notes(folder, key), {"notes": notes})


def _find_notes(folder: Path, key: Key) -> Path:
    return find_path(folder, SUMS, key).with_suffix(".json")


def _is_summed(folder: Path, key: Key) -> bool:
    return _find_notes(folder, key).is_file() and has_sums(folder, key)
