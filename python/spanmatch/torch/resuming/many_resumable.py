"""Many networks compared in a folder, which goes on where it was cut off.

`config.json` comes first. Each network runs when it is its turn, and leaves its rows in `rows/`,
with `network.json` once it has run over all batches. Then layer by layer come the sums, the notes
on them, and what every two networks tell. `many.json` comes last, and then the rows go.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.atomic import remove_unfinished
from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.base.progress import show_progress
from spanmatch.comparison import layer_files as files
from spanmatch.comparison.many import many_folder
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.comparison.many.network_sums import SUMS, SavedSums, has_sums, write_sums
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.answers import answer_pair
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.network_answers import (
    NetworkAnswers,
    assemble_many,
    warn_of_too_few,
)
from spanmatch.torch.comparing.network_groups import group_networks
from spanmatch.torch.comparing.network_rows import NetworkRows
from spanmatch.torch.comparing.network_runs import RunNetworks, run_network
from spanmatch.torch.resuming.folder import ROWS, claim_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.network_groups import NetworkPair
    from spanmatch.torch.comparing.network_rows import NetworkRun
    from spanmatch.torch.resuming.many_config import ManyConfig


def compare_many_in(
    folder: str | PathLike[str],
    config: ManyConfig,
    *,
    progress: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> ManyComparison:
    """Compare many networks as `compare_many` does, and keep in a folder all that is done.

    What is there of the same comparison is not done again. Killed at any moment, it loses the
    network that runs, the layer that is summed, or what two networks tell of a layer.

    Parameters
    ----------
    folder
        It is made if it is not there.
    config
        What is compared.
    progress
        Show bars on standard error.
    say
        Told what is there already.

    Raises
    ------
    ValueError
        The folder holds another comparison: nothing is changed. Or as `compare_many`.
    OSError
        A file cannot be read or written.
    ModelError
        A network raised an error.

    Warns
    -----
    UndersampledWarning
        As `compare_many`.
    """
    folder = Path(folder)
    claim_folder(folder, config.to_dict())
    if (folder / many_folder.INDEX).is_file():
        many = ManyComparison.load(folder)
        if not config.options.calibrate or _is_calibrated(many):
            say(f"{folder} holds all of it already")
            shutil.rmtree(folder / ROWS, ignore_errors=True)
            return many
    identical = config.find_identical()
    runs = _run_networks(folder, config, progress, say)
    networks = _sum_layers(folder, config, runs, say)
    many = _answer_pairs(folder, config, networks, identical, progress)
    many.save(folder)
    shutil.rmtree(folder / ROWS)
    warn_of_too_few(many, stacklevel=2)
    return many


def _run_networks(
    folder: Path, config: ManyConfig, progress: bool, say: Callable[[str], object]
) -> dict[str, NetworkRun]:
    """Run the networks that have not run to their end, one after the other."""
    runs: dict[str, NetworkRun] = {}
    batches = config.load_batches()
    for network, model in config.networks.items():
        path = _find_rows(folder, network)
        known = NetworkRows(path).read_run()
        if known is not None:
            say(f"{network}: has run already")
            runs[network] = known
            continue
        path.mkdir(parents=True, exist_ok=True)
        remove_unfinished(path)
        runs[network] = run_network(
            network,
            model.load(batches),
            batches,
            layers=config.layers,
            options=config.options,
            folder=path,
            before=runs,
            progress=progress,
        )
        NetworkRows(path).write_run(runs[network])
        say(f"{network}: has run")
    return runs


def _sum_layers(
    folder: Path, config: ManyConfig, runs: dict[str, NetworkRun], say: Callable[[str], object]
) -> RunNetworks:
    """Write the sums of the layers that have none, and the notes on them, which come last."""
    groups = group_networks(tuple(runs), config.reference, config.options.resampling)
    budget = find_budget(config.options.max_memory, torch.device("cpu"))
    networks = RunNetworks(runs, config.layers, groups, config.options, budget)
    check_inputs(networks.inputs, config.options.folds)
    rows = {network: NetworkRows(_find_rows(folder, network)) for network in runs}
    numbers = range(len(next(iter(runs.values())).digests))
    (folder / SUMS).mkdir(exist_ok=True)
    remove_unfinished(folder / SUMS)
    keys = networks.list_keys()
    missing = [key for key in keys if not _is_summed(folder, key)]
    if missing and len(missing) < len(keys):
        say(f"{len(keys) - len(missing)} of {len(keys)} layers are summed already")
    for key in missing:
        layer = networks.sum_layer(key, rows, numbers)
        write_sums(folder, key, layer.sums)
        notes = [[a, b, note] for (a, b), note in layer.notes.items()]
        write_json(_find_notes(folder, key), {"notes": notes})
    return networks


def _answer_pairs(
    folder: Path,
    config: ManyConfig,
    networks: RunNetworks,
    identical: tuple[tuple[str, ...], ...],
    progress: bool,
) -> ManyComparison:
    """Write what is missing of what every two networks tell, and return all of it."""
    options, keys = config.options, networks.list_keys()
    sums = SavedSums(folder, keys)
    notes = {key: _read_notes(folder, key) for key in keys}
    answers = NetworkAnswers({}, {})
    for pair in (each for group in networks.groups for each in group.list_pairs()):
        within = folder / many_folder.name_comparison(pair)
        within.mkdir(parents=True, exist_ok=True)
        answers.told[pair] = {}
        answers.notes[pair] = {key: notes[key][pair] for key in keys if pair in notes[key]}
    wanted = {"nulls": options.nulls > 0, "intervals": options.folds > 0}
    with show_progress("Matching layers", progress) as report:
        for done, key in enumerate(keys, start=1):
            of_layer = sums[key]
            for (a, b), told in answers.told.items():
                if not of_layer.has_pair(a, b):
                    continue
                within = folder / many_folder.name_comparison((a, b))
                if not files.find_finished_answers(
                    within, [key], calibrations=options.calibrate, **wanted
                ):
                    answer = answer_pair(
                        of_layer.pair(a, b),
                        center=options.center,
                        ridge=options.ridge,
                        calibrate=options.calibrate,
                    )
                    files.write_answer(within, key, answer)
                told[key] = files.read_answer(within, key)
            if report is not None:
                report(done, len(keys))
    return assemble_many(
        answers,
        sums,
        inputs=networks.inputs,
        left_out=networks.left_out,
        absent=networks.layers.absent,
        options=options,
        networks=tuple(config.networks),
        reference=config.reference,
        identical=identical,
    )


def _is_calibrated(many: ManyComparison) -> bool:
    return all(len(each.calibrations) == len(each) for each in many.comparisons.values())


def _find_rows(folder: Path, network: str) -> Path:
    return folder / files.name_file(ROWS, network).removesuffix(".safetensors")


def _find_notes(folder: Path, key: Key) -> Path:
    return files.find_path(folder, SUMS, key).with_suffix(".json")


def _is_summed(folder: Path, key: Key) -> bool:
    return _find_notes(folder, key).is_file() and has_sums(folder, key)


def _read_notes(folder: Path, key: Key) -> dict[NetworkPair, str]:
    path = _find_notes(folder, key)
    plain: dict[str, Any] = read_json(path)
    try:
        return {(a, b): str(note) for a, b, note in plain["notes"]}
    except (KeyError, TypeError, ValueError) as error:
        raise describe_damage(path, error) from error
