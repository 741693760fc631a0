"""The run of models over the data, which returns the sums of their layers."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from spanmatch.base.progress import show_progress
from spanmatch.torch.comparing.batch_digest import BatchLog
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.kept_pairs import TemporaryPairs
from spanmatch.torch.comparing.lockstep import Lockstep
from spanmatch.torch.comparing.model_batches import ModelData
from spanmatch.torch.comparing.pairing import choose_pairing
from spanmatch.torch.comparing.passes import run_pass, run_passes
from spanmatch.torch.observing.traced_batches import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from torch import nn

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.collector import Collected, Kept, Summed
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.pairing import Pairing


def collect_pairs(
    models: tuple[nn.Module, nn.Module],
    data: Iterable[Any],
    options: CompareOptions,
    *,
    data_b: Iterable[Any] | None = None,
    only: Collection[tuple[str, str]] | None = None,
    kept: Callable[[], Kept[ActivationPair]] | None = None,
    log: BatchLog | None = None,
    budget: int | None = None,
    progress: bool,
) -> Collected[ActivationPair]:
    """Run both models over the data, and return the pairs of their layers.

    Each output is added to its pair at once, so memory does not grow with the data. If the sums of
    all layers do not fit, the models run over the data several times, each time for some of the
    layers, whose pairs are then written to files.

    Parameters
    ----------
    models
        A and B.
    data, options
        As `compare` takes them.
    data_b
        The batches of B; None for those of A.
    only
        The pairs to compare, if all pairs of layers are asked for; None for all of them.
    kept
        A function that returns the store of the pairs of several passes; None for a temporary
        folder.
    log
        The log of the batches; None if no log is kept.
    budget
        The bytes that the sums may take; None to find it from `options` and the free memory.
    progress
        Show a bar on standard error, and the memory of all pairs.

    Raises
    ------
    MemoryError
        The sums do not fit, and the data can be read only once; or the sums of a layer that was
        named do not fit.
    """
    return collect(
        models,
        choose_pairing(models, options, only),
        ModelData(data, data_b, options.max_batches),
        options,
        kept=kept or TemporaryPairs,
        log=log,
        budget=budget,
        progress=progress,
    )


def collect(
    models: Sequence[nn.Module],
    pairing: Pairing[Summed],
    data: ModelData,
    options: CompareOptions,
    *,
    names: Sequence[str] = (),
    kept: Callable[[], Kept[Summed]],
    log: BatchLog | None = None,
    budget: int | None = None,
    progress: bool,
) -> Collected[Summed]:
    """Run any number of models over the data, and return the sums of their layers.

    Parameters
    ----------
    models
        The models, which run on each batch one after the other.
    pairing
        Which of their layers are compared.
    data
        The batches of the models.
    names
        The names of the models in errors; none for two models.
    kept
        A function that returns the store of the sums of several passes.
    options, log, budget, progress
        As `collect_pairs` takes them.

    Raises
    ------
    MemoryError
        As `collect_pairs`.
    """
    batches = data.read()
    lockstep = Lockstep(models, pairing.chosen, options, names)
    first = next(batches, None)
    if first is None:
        raise ValueError("there is no batch in data: it is empty, or was read before")
    ahead = read_ahead(first, batches, lockstep.count_ahead(first))
    bar = show_progress(_name_bar(len(models)), progress and can_draw_bars())
    with lockstep.observing(), bar as report:
        left_out, passes = dict[str, str](), [pairing.whole]
        if options.trace:
            sizes = lockstep.trace(ahead)
            if budget is None:
                budget = find_budget(options.max_memory, lockstep.find_device())
            left_out, passes = pairing.deal(lockstep, sizes, budget, tell=progress)
        tick = _count_batches(report, data.count(), len(passes))
        if len(passes) > 1:
            return run_passes(
                lockstep,
                data,
                pairing,
                passes,
                left_out=left_out,
                kept=kept(),
                log=BatchLog() if log is None else log,
                tick=tick,
            )
        batches = chain(ahead, batches)
        if log is not None:
            batches = log.note(batches)
        collected = run_pass(lockstep, batches, pairing.collect(passes[0]), tick)
    return replace(collected, left_out=left_out)


def _name_bar(n_models: int) -> str:
    return "Running both models" if n_models == 2 else f"Running {n_models} models"


def _count_batches(
    report: Callable[[int, int], None] | None, n_batches: int | None, n_passes: int
) -> Callable[[], object]:
    """Return a function to call after every batch, which moves a bar."""
    done = count(1)
    if report is None or n_batches is None:
        return lambda: None
    return lambda: report(next(done), n_batches * n_passes)


def can_draw_bars() -> bool:
    """Tell whether bars are wanted, and rich is installed to draw them."""
    return sys.stderr.isatty() and find_spec("rich") is not None
