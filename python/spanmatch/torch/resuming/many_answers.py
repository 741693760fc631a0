"""The results for every two of many networks at each layer, in a folder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spanmatch.base.progress import show_progress
from spanmatch.comparison import layer_files as files
from spanmatch.comparison.keys import Key
from spanmatch.comparison.many.many_folder import name_comparison
from spanmatch.comparison.many.network_sums import SavedSums
from spanmatch.torch.comparing.answers import answer_pair
from spanmatch.torch.comparing.network_answers import NetworkAnswers
from spanmatch.torch.comparing.network_groups import NetworkPair
from spanmatch.torch.resuming.many_sums import read_notes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanmatch.comparison.many.network_sums import NetworkSums
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.torch.comparing.network_runs import RunNetworks
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.ranks import Ranks


def write_answers(
    folder: Path, options: CompareOptions, ranks: Ranks, networks: RunNetworks, *, progress: bool
) -> None:
    """Write the results of pairs of networks that are missing, one pair per process at a time."""
    pairs = [each for group in networks.groups for each in group.list_pairs()]
    missing = ranks.run_in_first(
        lambda: _list_missing(folder, networks.list_keys(), pairs, options)
    )
    sums = SavedSums(folder, networks.list_keys())
    with show_progress("Matching layers", progress) as report:
        done = 0
        for key, of_layer in missing.items():
            # In process 0 alone, and once for all pairs.
            read: list[NetworkSums] = []
            ranks.run_in_first(partial(_read_sums, sums, key, read))
            for begin in range(0, len(of_layer), ranks.size):
                some = of_layer[begin : begin + ranks.size]
                given = ranks.deal(partial(_take_pairs, read, some, ranks.size))
                answers = ranks.run_in_each(partial(_answer, given, options))
                ranks.run_in_first(partial(_write_some, folder, key, some, answers))
                done += len(some)
                if report is not None:
                    report(done, sum(map(len, missing.values())))


def read_answers(folder: Path, networks: RunNetworks) -> NetworkAnswers:
    """Return the results from the folder, which must be complete."""
    keys, answers = networks.list_keys(), NetworkAnswers({}, {})
    notes = {key: read_notes(folder, key) for key in keys}
    for pair in (each for group in networks.groups for each in group.list_pairs()):
        within = folder / name_comparison(pair)
        there = files.find_finished_answers(
            within, keys, nulls=False, intervals=False, calibrations=False
        )
        answers.told[pair] = {key: files.read_answer(within, key) for key in keys if key in there}
        answers.notes[pair] = {key: notes[key][pair] for key in keys if pair in notes[key]}
    return answers


def _list_missing(
    folder: Path, keys: Sequence[Key], pairs: Sequence[NetworkPair], options: CompareOptions
) -> dict[Key, list[NetworkPair]]:
    """Return for each layer the pairs of networks that have sums, but no results yet."""
    done: dict[NetworkPair, set[Key]] = {}
    for pair in pairs:
        within = folder / name_comparison(pair)
        within.mkdir(parents=True, exist_ok=True)
        done[pair] = files.find_finished_answers(
            within,
            keys,
            nulls=options.nulls > 0,
            intervals=options.folds > 0,
            calibrations=options.calibrate,
        )
    sums, missing = SavedSums(folder, keys), dict[Key, list[NetworkPair]]()
    for key in keys:
        of_layer = [pair for pair in pairs if key not in done[pair]]
        if of_layer:
            has_pair = sums[key].has_pair
            missing[key] = [pair for pair in of_layer if has_pair(*pair)]
    return missing


def _read_sums(sums: SavedSums, key: Key, into: list[NetworkSums]) -> None:
    into.append(sums[key])


def _take_pairs(
    read: Sequence[NetworkSums], some: Sequence[NetworkPair], count: int
) -> list[ActivationPair | None]:
    """Return the next pairs, at most one for each process."""
    return [*(read[0].pair(*pair) for pair in some), *[None] * (count - len(some))]


def _answer(pair: ActivationPair | None, options: CompareOptions) -> LayerAnswer | None:
    if pair is None:
        return None
    return answer_pair(
        pair, center=options.center, ridge=options.ridge, calibrate=options.calibrate
    )


def _write_some(
    folder: Path, key: Key, some: Sequence[NetworkPair], answers: Sequence[LayerAnswer | None]
) -> None:
    for pair, answer in zip(some, answers, strict=False):
        if answer is not None:
            files.write_answer(folder / name_comparison(pair), key, answer)
