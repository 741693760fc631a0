"""A comparison in a folder, by one process or several, which goes on where it was cut off."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from spanmatch.base.errors import UndersampledWarning
from spanmatch.base.progress import show_progress
from spanmatch.comparison import folder as files
from spanmatch.comparison.keys import find_layer, label
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.pair.pair import ActivationPair
from spanmatch.torch.comparing.answers import (
    answer_pair,
    assemble_comparison,
    describe_undersampled,
)
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.collect import collect_pairs
from spanmatch.torch.comparing.collector import Collected
from spanmatch.torch.comparing.layer_pairs import choose_both, pair_layers
from spanmatch.torch.observing.said_of_layers import keep_matching
from spanmatch.torch.resuming.batch_share import BatchShare
from spanmatch.torch.resuming.folder import Outline, claim_folder, read_outline, write_outline
from spanmatch.torch.resuming.ranks import count_local_ranks
from spanmatch.torch.resuming.state import FolderPairs, FolderState, make_outline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from os import PathLike

    from torch import nn

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

    What is there of the same comparison is not done again: models run only for layers whose pair is
    missing, and only spectra that are missing are computed. Killed at any moment, it loses the pass
    over the data, or else the pair or spectrum at work; of several processes all passes.
    `comparison.json` comes last: `Comparison.load` then reads the folder.

    Of several processes each runs over its share of the batches; the pairs are added up, and the
    layers dealt out, largest first. Process 0 alone reads and writes the folder.

    Parameters
    ----------
    folder
        It is made if it is not there.
    config
        What is compared.
    ranks
        The processes, all of which call this.
    progress
        Show bars on standard error.
    say
        Told, in process 0, what is there already.

    Returns
    -------
    Comparison or None
        In process 0, with pairs that are read from the folder when they are asked for; None in the
        others.

    Raises
    ------
    ValueError
        The folder holds another comparison: nothing is changed. Or as `compare`.
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
    state = ranks.run_in_first(lambda: _read_state(folder, config, say))
    outline = state.outline
    if outline is None or state.missing:
        outline = _write_pairs(folder, config, ranks, state, progress)
    _write_answers(folder, config.options, ranks, outline, progress)
    return _finish(folder, config.options, outline) if ranks.rank == 0 else None


def _read_state(folder: Path, config: CompareConfig, say: Callable[[str], object]) -> FolderState:
    claim_folder(folder, config.to_dict())
    outline = read_outline(folder)
    if outline is None:
        return FolderState(None, ())
    keys = outline.neurons
    pairs = files.find_finished_pairs(folder, keys)
    done, count = len(_find_answered(folder, config.options, keys)), len(keys)
    rest = f", and {len(outline.to_run)} layers are to be run" if outline.to_run else ""
    say(f"{folder} holds {len(pairs)} of {count} pairs and {done} of {count} spectra already{rest}")
    return FolderState(outline, tuple(key for key in keys if key not in pairs))


def _write_pairs(
    folder: Path, config: CompareConfig, ranks: Ranks, state: FolderState, progress: bool
) -> Outline:
    """Run both models, and write the pairs that are missing."""
    collected, layers = Collected({}, {}, 0), tuple[str, ...]()
    # What is free may differ between processes, which have to leave out the same layers.
    max_memory = ranks.run_in_first(lambda: _share_memory(config.options.max_memory, ranks))
    sharing = replace(config, options=replace(config.options, max_memory=max_memory))

    def run() -> Outline:
        nonlocal collected, layers
        collected, layers = _run_models(folder, sharing, ranks, state, progress)
        pairs = collected.pairs
        return pairs.outline if isinstance(pairs, FolderPairs) else make_outline(collected)

    found = _merge_outlines(ranks.run_in_each(run))
    check_inputs(found.inputs, config.options.folds)
    if state.outline is not None:
        _check_same(state.outline, found, state.missing_pairs)
    if isinstance(collected.pairs, FolderPairs):
        return found
    outline = ranks.run_in_first(lambda: state.add(found, layers))
    if outline != state.outline:
        ranks.run_in_first(lambda: write_outline(folder, outline))
    for key in state.find_new(found):
        pair = collected.pairs[key] if key in collected.pairs else ActivationPair()
        if ranks.size > 1:
            pair.all_reduce()
        ranks.run_in_first(partial(files.write_pair, folder, key, pair))
    return outline


def _run_models(
    folder: Path, config: CompareConfig, ranks: Ranks, state: FolderState, progress: bool
) -> tuple[Collected, tuple[str, ...]]:
    """Run both models over this process's share of the batches; return all layers of A too."""
    options = config.options
    batches = BatchShare(config.load_batches(), ranks.rank, ranks.size, options.max_batches)
    batches_b = None
    if config.data_b is not None:
        batches_b = BatchShare(config.load_batches_b(), ranks.rank, ranks.size, options.max_batches)
    if len(batches) == 0:
        return Collected({}, {}, 0), ()
    models = config.load_models(batches, batches if batches_b is None else batches_b)
    layers = () if options.all_pairs else tuple(pair_layers(models, options)[0])
    mine = replace(
        _choose_missing(options, models, state.missing) if state.missing else options,
        device=ranks.device,
        # The share ends where they do.
        max_batches=None,
        # Other circular shifts in each process: were all alike, the nulls would be fewer.
        seed=(options.seed + ranks.rank) % 2**64,
    )
    # Of several processes none has pairs that are whole before all have come to their end.
    kept = FolderPairs(folder, state, layers) if ranks.size == 1 else None
    collected = collect_pairs(models, batches, mine, data_b=batches_b, kept=kept, progress=progress)
    return collected, layers


def _share_memory(max_memory: int | None, ranks: Ranks) -> int | None:
    """Return what each of the processes on this machine may take; None: not known."""
    if max_memory is not None or ranks.size == 1:
        return max_memory
    device = torch.device(ranks.device)
    budget = find_budget(None, device)
    return budget if budget is None or device.type == "cuda" else budget // count_local_ranks()


def _choose_missing(
    options: CompareOptions, models: tuple[nn.Module, nn.Module], missing: Sequence[Key]
) -> CompareOptions:
    """Return the options with those layers alone whose pairs are missing."""
    if not options.all_pairs:
        pairs, _ = pair_layers(models, options)
        wanted = _find_modules(map(str, missing), pairs)
        chosen = {name: pairs[name] for name in wanted}
        return _choose_layers(options, chosen, None, [*chosen, *chosen.values()])
    layers, layers_b = (
        _find_modules((key[side] for key in missing), chosen.modules)
        for side, chosen in enumerate(choose_both(models, options))
    )
    return _choose_layers(options, layers, layers_b, [*layers, *layers_b])


def _choose_layers(
    options: CompareOptions,
    layers: Sequence[str] | Mapping[str, str],
    layers_b: Sequence[str] | None,
    names: Collection[str],
) -> CompareOptions:
    """Return the options with these layers alone, and what is said of them."""
    return replace(
        options,
        layers=layers,
        layers_b=layers_b,
        axis=keep_matching(options.axis, names),
        mask=keep_matching(options.mask, names),
    )


def _find_modules(labels: Iterable[str], names: Collection[str]) -> list[str]:
    """Return the modules, among these, that labels are of: of `relu#1`, the second call, `relu`."""
    wanted = {find_layer(name, names) for name in labels}
    return [name for name in names if name in wanted]


def _merge_outlines(outlines: Sequence[Outline]) -> Outline:
    """Return what all processes have seen; one without a batch has seen nothing."""
    filled = [(rank, each) for rank, each in enumerate(outlines) if each.neurons]
    if not filled:
        raise ValueError("there is no batch in `data`: it is empty")
    first_rank, first = filled[0]
    for rank, each in filled[1:]:
        if each.neurons != first.neurons or each.notes.keys() != first.notes.keys():
            raise ValueError(
                f"layers ran otherwise over the batches of rank {rank} than over those of rank "
                f"{first_rank}: compare layers that always run alike"
            )
    inputs = sum(each.inputs for each in outlines)
    return Outline(first.neurons, first.notes, inputs, first.left_out)


def _check_same(outline: Outline, found: Outline, missing: Sequence[Key]) -> None:
    for key in missing:
        if found.neurons.get(key) != outline.neurons[key]:
            raise ValueError(
                f"layer {label(key)} was there in an earlier pass over the data, and is not now, "
                "or has another number of neurons: models or data have changed; choose another "
                "folder"
            )


def _write_answers(
    folder: Path, options: CompareOptions, ranks: Ranks, outline: Outline, progress: bool
) -> None:
    """Write the spectra that are missing: of one layer for each process at a time."""
    missing = ranks.run_in_first(lambda: _sort_by_cost(folder, options, outline))
    with show_progress("Matching layers", progress) as report:
        for begin in range(0, len(missing), ranks.size):
            keys = missing[begin : begin + ranks.size]
            pair = ranks.deal(partial(_read_pairs, folder, keys, ranks.size))
            answers = ranks.run_in_each(partial(_answer, pair, options.center))
            ranks.run_in_first(partial(_write_some, folder, dict(zip(keys, answers, strict=False))))
            if report is not None:
                report(begin + len(keys), len(missing))


def _find_answered(folder: Path, options: CompareOptions, keys: Collection[Key]) -> set[Key]:
    return files.find_finished_answers(
        folder, keys, nulls=options.nulls > 0, intervals=options.folds > 0
    )


def _sort_by_cost(folder: Path, options: CompareOptions, outline: Outline) -> list[Key]:
    """Return the layers without a spectrum, largest first: those at work together cost alike."""
    done = _find_answered(folder, options, outline.neurons)
    missing = [key for key in outline.neurons if key not in done]
    return sorted(missing, key=lambda key: sum(outline.neurons[key]), reverse=True)


def _read_pairs(folder: Path, keys: Sequence[Key], count: int) -> list[ActivationPair | None]:
    pairs = [files.read_pair(folder, key) for key in keys]
    return [*pairs, *[None] * (count - len(pairs))]


def _answer(pair: ActivationPair | None, center: bool) -> LayerAnswer | None:
    return None if pair is None else answer_pair(pair, center=center)


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
    comparison = assemble_comparison(answers, collected, center=options.center)
    files.write_index(folder, comparison)
    if complaint := describe_undersampled(comparison):
        warnings.warn(complaint, UndersampledWarning, stacklevel=3)
    return comparison
