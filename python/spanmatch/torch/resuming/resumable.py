"""A comparison in a folder, by one process or several, which goes on where it was cut off."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base.errors import UndersampledWarning
from spanmatch.base.progress import progress_bar
from spanmatch.comparison import folder as file
from spanmatch.comparison.keys import label
from spanmatch.pair.nulls_and_folds import Keeps, check_inputs
from spanmatch.pair.pair import ActivationPair
from spanmatch.torch.comparing.collect import Collected
from spanmatch.torch.comparing.compare import assembled, collect, solve, undersampled
from spanmatch.torch.comparing.layer_pairs import layer_pairs
from spanmatch.torch.observing.layers import chosen_layers
from spanmatch.torch.resuming.batch_share import Share
from spanmatch.torch.resuming.folder import Outline, claim, read_outline, write_outline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from os import PathLike

    from torch import nn

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.resuming.config import CompareConfig
    from spanmatch.torch.resuming.ranks import Ranks

    Choice = tuple[LayerChoice | Mapping[str, str], LayerChoice]


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
    over the data, or else the pair or spectrum at work. `comparison.json` comes last:
    `Comparison.load` then reads the folder.

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
    state = ranks.first(lambda: _begun(folder, config, say))
    outline = state.outline
    if outline is None or state.pairs:
        outline = _reduced(folder, config, ranks, state, progress)
    _solved(folder, config, ranks, outline, progress)
    return _finished(folder, config, outline) if ranks.rank == 0 else None


@dataclass(frozen=True)
class _State:
    """What is there."""

    outline: Outline | None
    pairs: tuple[Key, ...]
    """Those that the outline lists, and that are missing."""


def _begun(folder: Path, config: CompareConfig, say: Callable[[str], object]) -> _State:
    claim(folder, config.recorded())
    outline = read_outline(folder)
    if outline is None:
        return _State(None, ())
    keys = outline.neurons
    pairs = file.finished_pairs(folder, keys)
    done, count = len(_answered(folder, config, keys)), len(keys)
    say(f"{folder} holds {len(pairs)} of {count} pairs and {done} of {count} spectra already")
    return _State(outline, tuple(key for key in keys if key not in pairs))


def _reduced(
    folder: Path, config: CompareConfig, ranks: Ranks, state: _State, progress: bool
) -> Outline:
    """Run both models, and write the pairs that are missing."""
    found = Collected({}, {}, 0)

    def run() -> Outline:
        nonlocal found
        found = _collected(config, ranks, state, progress)
        neurons = {key: (pair.n_x, pair.n_y) for key, pair in found.pairs.items()}
        return Outline(neurons, found.notes, found.inputs)

    seen = _joined(ranks.each(run))
    check_inputs(seen.inputs, config.folds)
    outline = seen if state.outline is None else state.outline
    _check_same(outline, seen, state.pairs)
    if state.outline is None:
        ranks.first(lambda: write_outline(folder, seen))
    for key in state.pairs or outline.neurons:
        pair = found.pairs[key] if key in found.pairs else ActivationPair()
        if ranks.size > 1:
            pair.all_reduce()
        ranks.first(partial(file.write_pair, folder, key, pair))
    return outline


def _collected(config: CompareConfig, ranks: Ranks, state: _State, progress: bool) -> Collected:
    """Run both models over this process's share."""
    batches = Share(config.batches(), ranks.rank, ranks.size, config.max_batches)
    if len(batches) == 0:
        return Collected({}, {}, 0)
    models = config.models()
    layers, layers_b = _choice(config, models, state.pairs)
    return collect(
        *models,
        batches,
        layers=layers,
        layers_b=layers_b,
        all_pairs=config.all_pairs,
        device=ranks.device,
        mask=config.mask,
        axis=config.axis,
        max_batches=None,
        # Other rolls in each process: a roll in all alike would be fewer nulls.
        keeps=Keeps(config.nulls, config.folds, (config.seed + ranks.rank) % 2**64),
        progress=progress,
    )


def _choice(
    config: CompareConfig, models: tuple[nn.Module, nn.Module], missing: Sequence[Key]
) -> Choice:
    """Return the layers to look at: all that are chosen, or those whose pairs are missing."""
    if not missing:
        return config.layers, config.layers_b
    if config.all_pairs:
        choices = config.layers, config.layers if config.layers_b is None else config.layers_b
        layers, layers_b = (
            _modules((key[side] for key in missing), chosen_layers(model, choice).modules)
            for side, (model, choice) in enumerate(zip(models, choices, strict=True))
        )
        return layers, layers_b
    pairs = layer_pairs(*models, config.layers, config.layers_b)
    return {name: pairs[name] for name in _modules(map(str, missing), pairs)}, None


def _modules(labels: Iterable[str], names: Collection[str]) -> list[str]:
    """Return the modules, among these, that labels are of: of `relu#1`, the second call, `relu`."""
    wanted = {name if name in names else name.rpartition("#")[0] for name in labels}
    return [name for name in names if name in wanted]


def _joined(outlines: Sequence[Outline]) -> Outline:
    """Return what all processes have seen; one without a batch has seen nothing."""
    filled = [(rank, each) for rank, each in enumerate(outlines) if each.neurons]
    if not filled:
        raise ValueError("there is no batch in data: it is empty")
    first_rank, first = filled[0]
    for rank, each in filled[1:]:
        if each.neurons != first.neurons or each.notes.keys() != first.notes.keys():
            raise ValueError(
                f"layers ran otherwise over the batches of rank {rank} than over those of rank "
                f"{first_rank}: compare layers that always run alike"
            )
    return Outline(first.neurons, first.notes, sum(each.inputs for each in outlines))


def _check_same(outline: Outline, seen: Outline, missing: Sequence[Key]) -> None:
    for key in missing:
        if seen.neurons.get(key) != outline.neurons[key]:
            raise ValueError(
                f"layer {label(key)} was there in an earlier pass over the data, and is not now, "
                "or has another number of neurons: models or data have changed; choose another "
                "folder"
            )


def _solved(
    folder: Path, config: CompareConfig, ranks: Ranks, outline: Outline, progress: bool
) -> None:
    """Write the spectra that are missing: of one layer for each process at a time."""
    missing = ranks.first(lambda: _by_cost(folder, config, outline))
    with progress_bar("Matching layers", progress) as report:
        for begin in range(0, len(missing), ranks.size):
            keys = missing[begin : begin + ranks.size]
            pair = ranks.deal(partial(_pairs, folder, keys, ranks.size))
            answers = ranks.each(partial(_answer, pair, config.center))
            ranks.first(partial(_write_answers, folder, dict(zip(keys, answers, strict=False))))
            if report is not None:
                report(begin + len(keys), len(missing))


def _answered(folder: Path, config: CompareConfig, keys: Collection[Key]) -> set[Key]:
    return file.finished_answers(folder, keys, nulls=config.nulls > 0, intervals=config.folds > 0)


def _by_cost(folder: Path, config: CompareConfig, outline: Outline) -> list[Key]:
    """Return the layers without a spectrum, largest first: those at work together cost alike."""
    done = _answered(folder, config, outline.neurons)
    missing = [key for key in outline.neurons if key not in done]
    return sorted(missing, key=lambda key: sum(outline.neurons[key]), reverse=True)


def _pairs(folder: Path, keys: Sequence[Key], count: int) -> list[ActivationPair | None]:
    pairs = [file.read_pair(folder, key) for key in keys]
    return [*pairs, *[None] * (count - len(pairs))]


def _answer(pair: ActivationPair | None, center: bool) -> LayerAnswer | None:
    if pair is None:
        return None
    return solve({"": pair}, center=center, progress=False)[""]


def _write_answers(folder: Path, answers: Mapping[Key, LayerAnswer | None]) -> None:
    for key, answer in answers.items():
        if answer is not None:
            file.write_solved(folder, key, answer)


def _finished(folder: Path, config: CompareConfig, outline: Outline) -> Comparison:
    keys = outline.neurons
    answers = {key: file.read_solved(folder, key) for key in keys}
    found = Collected(file.SavedPairs(folder, keys), outline.notes, outline.inputs)
    comparison = assembled(answers, found, center=config.center)
    file.write_index(folder, comparison)
    if complaint := undersampled(comparison):
        warnings.warn(complaint, UndersampledWarning, stacklevel=3)
    return comparison
