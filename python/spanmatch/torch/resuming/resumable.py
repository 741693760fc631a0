"""A comparison in a folder that can be resumed, by one process or several."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from spanmatch.base.errors import UndersampledWarning
from spanmatch.base.progress import show_progress
from spanmatch.comparison import layer_files as files
from spanmatch.comparison.folder import write_index
from spanmatch.pair.pair import ActivationPair
from spanmatch.solve.layer_answer import calibrate_answer
from spanmatch.torch.comparing.answers import (
    answer_pair,
    assemble_comparison,
    describe_undersampled,
)
from spanmatch.torch.comparing.batch_digest import LIMIT
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.collector import Collected
from spanmatch.torch.resuming.folder import Outline, claim_folder, read_outline, write_outline
from spanmatch.torch.resuming.ranks import count_local_ranks
from spanmatch.torch.resuming.share import Share
from spanmatch.torch.resuming.state import FolderState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from os import PathLike

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.config import CompareConfig
    from spanmatch.torch.resuming.ranks import Ranks


def compare_in(
    folder: str | PathLike[str],
    config: CompareConfig,
    ranks: Ranks,
    *,
    progress: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> Comparison | None:
    """Compare two models as `compare` does, and keep in a folder all that is done.

    Parts of the same comparison that the folder holds are not computed again: models run only for
    layers whose pair is missing, and only missing spectra are computed. A process that is killed
    loses only its current step: the pass over the data, or the pair or spectrum in work. Several
    processes lose all passes, since their pairs are added up after the last one. `comparison.json`
    is written last, and then `Comparison.load` reads the folder.

    With several processes, each runs the models over its share of the batches. The pairs are added
    up, and the layers are divided among the processes, largest first. Process 0 alone reads and
    writes the folder.

    Parameters
    ----------
    folder
        The folder of the comparison, which is made if it does not exist.
    config
        The models, the data and the options.
    ranks
        The processes. All of them must call this function.
    progress
        Show bars on standard error.
    say
        Called in process 0 with a sentence on what the folder holds already.

    Returns
    -------
    Comparison or None
        In process 0 the comparison, whose pairs are read from the folder when they are asked for.
        None in the other processes.

    Raises
    ------
    FolderInUseError
        Another process is at work in the folder. A ValueError.
    ValueError
        The folder holds another comparison, and nothing is changed; or as `compare`.
    OSError
        A file cannot be read or written.
    ModelError
        A model raised an error.
    RankError
        Another process failed.

    Warns
    -----
    UndersampledWarning
        As `compare`, in process 0.
    """
    folder = Path(folder)
    with ranks.hold(folder):
        state = ranks.run_in_first(lambda: _read_state(folder, config, say))
        outline = state.outline
        if outline is None or state.missing:
            outline = _write_pairs(folder, config, ranks, state, progress)
        _write_answers(folder, config.options, ranks, outline, progress)
        return _finish(folder, config.options, outline) if ranks.rank == 0 else None


def _read_state(folder: Path, config: CompareConfig, say: Callable[[str], object]) -> FolderState:
    claim_folder(folder, config.to_dict())
    state, outline = FolderState(config.options.folds), read_outline(folder)
    if outline is None:
        return state
    keys = outline.neurons
    pairs = files.find_finished_pairs(folder, keys)
    solved, calibrated = (
        len(_find_answered(folder, config.options, keys, calibrations=each))
        for each in (False, True)
    )
    of_all = f" of {len(keys)}"
    done = f"{len(pairs)}{of_all} pairs and {solved}{of_all} spectra"
    if config.options.calibrate:
        done += f", {calibrated}{of_all} calibrated,"
    what = "pairs of layers" if config.options.all_pairs else "layers"
    rest = f", and {len(outline.to_run)} {what} are to be run" if outline.to_run else ""
    say(f"{folder} holds {done} already{rest}")
    missing = tuple(key for key in keys if key not in pairs)
    return replace(state, outline=outline, missing_pairs=missing)


def _write_pairs(
    folder: Path, config: CompareConfig, ranks: Ranks, state: FolderState, progress: bool
) -> Outline:
    """Run both models, and write the pairs that are missing."""
    # Free memory may differ between processes, which must leave out the same layers.
    budget = ranks.run_in_first(lambda: _share_memory(config.options, ranks))
    share = Share(folder, config, ranks, state, budget, progress)
    found = _merge_outlines(ranks.run_in_each(share.run))
    if share.is_written:
        return found
    outline = ranks.run_in_first(lambda: state.add(found, share.order))
    if outline != state.outline:
        ranks.run_in_first(lambda: write_outline(folder, outline))
    for key in state.find_new(found):
        pair = share.pairs[key] if key in share.pairs else ActivationPair()
        if ranks.size > 1:
            pair.all_reduce()
        ranks.run_in_first(partial(files.write_pair, folder, key, pair))
    return outline


def _share_memory(options: CompareOptions, ranks: Ranks) -> int | None:
    """Return the bytes for sums of one of the processes on this machine; None if not known."""
    device = torch.device(ranks.device)
    budget = find_budget(options.max_memory, device)
    return budget if budget is None or device.type == "cuda" else budget // count_local_ranks()


def _merge_outlines(outlines: Sequence[Outline]) -> Outline:
    """Combine the outlines of all processes; one without a batch has none."""
    filled = [(rank, each) for rank, each in enumerate(outlines) if each.neurons]
    if not filled:
        raise ValueError("there is no batch in `data`: it is empty")
    first_rank, first = filled[0]
    for rank, each in filled[1:]:
        if each.neurons != first.neurons or each.notes.keys() != first.notes.keys():
            raise ValueError(
                f"layers ran differently over the batches of rank {rank} than over those of rank "
                f"{first_rank}: compare layers that always run alike"
            )
    digests = [each.digest for _, each in filled if each.digest is not None]
    return replace(
        first,
        inputs=sum(each.inputs for each in outlines),
        digest=sum(digests) % LIMIT if len(digests) == len(filled) else None,
    )


def _write_answers(
    folder: Path, options: CompareOptions, ranks: Ranks, outline: Outline, progress: bool
) -> None:
    """Write the missing spectra, for one layer per process at a time."""
    missing = ranks.run_in_first(lambda: _sort_by_cost(folder, options, outline))
    with show_progress("Matching layers", progress) as report:
        for begin in range(0, len(missing), ranks.size):
            keys = missing[begin : begin + ranks.size]
            given = ranks.deal(partial(_read_given, folder, keys, options, ranks.size))
            answers = ranks.run_in_each(partial(_answer, given, options))
            ranks.run_in_first(partial(_write_some, folder, dict(zip(keys, answers, strict=False))))
            if report is not None:
                report(begin + len(keys), len(missing))


def _find_answered(
    folder: Path, options: CompareOptions, keys: Collection[Key], *, calibrations: bool
) -> set[Key]:
    return files.find_finished_answers(
        folder,
        keys,
        nulls=options.nulls > 0,
        intervals=options.folds > 0,
        calibrations=calibrations,
    )


def _sort_by_cost(folder: Path, options: CompareOptions, outline: Outline) -> list[Key]:
    """Return the layers without a spectrum, largest first, so that concurrent ones cost alike."""
    done = _find_answered(folder, options, outline.neurons, calibrations=options.calibrate)
    missing = [key for key in outline.neurons if key not in done]
    return sorted(missing, key=lambda key: sum(outline.neurons[key]), reverse=True)


def _read_given(
    folder: Path, keys: Sequence[Key], options: CompareOptions, count: int
) -> list[tuple[ActivationPair, LayerAnswer | None] | None]:
    """Return a pair for each process, and its answer if only the calibration is missing."""
    solved = _find_answered(folder, options, keys, calibrations=False)
    given = [
        (files.read_pair(folder, key), files.read_answer(folder, key) if key in solved else None)
        for key in keys
    ]
    return [*given, *[None] * (count - len(given))]


def _answer(
    given: tuple[ActivationPair, LayerAnswer | None] | None, options: CompareOptions
) -> LayerAnswer | None:
    if given is None:
        return None
    pair, known = given
    if known is not None:
        calibration = calibrate_answer(known, pair, center=options.center)
        return replace(known, calibration=calibration)
    return answer_pair(
        pair, center=options.center, ridge=options.ridge, calibrate=options.calibrate
    )


def _write_some(folder: Path, answers: Mapping[Key, LayerAnswer | None]) -> None:
    for key, answer in answers.items():
        if answer is not None:
            files.write_answer(folder, key, answer)


def _finish(folder: Path, options: CompareOptions, outline: Outline) -> Comparison:
    keys = outline.neurons
    answers = {key: files.read_answer(folder, key) for key in keys}
    collected = Collected(
        files.SavedPairs(folder, keys), outline.notes, outline.inputs, outline.left_out
    )
    comparison = assemble_comparison(answers, collected, options)
    write_index(folder, comparison)
    if complaint := describe_undersampled(comparison):
        warnings.warn(complaint, UndersampledWarning, stacklevel=3)
    return comparison
