"""Runs of the models over all batches: once, or once for every part of the layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spanmatch.comparison.keys import find_place
from spanmatch.torch.comparing.batch_digest import digest_batch
from spanmatch.torch.comparing.collector import Collected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.batch_digest import BatchLog
    from spanmatch.torch.comparing.collector import Collector, Kept, Summed
    from spanmatch.torch.comparing.lockstep import Lockstep
    from spanmatch.torch.comparing.model_batches import ModelBatches, ModelData
    from spanmatch.torch.comparing.pairing import Pairing
    from spanmatch.torch.comparing.parts import Part

    Tick = Callable[[], object]
    """Called after every batch."""


def run_pass(
    lockstep: Lockstep, batches: Iterable[ModelBatches], collector: Collector[Summed], tick: Tick
) -> Collected[Summed]:
    """Run all models over the batches, and return the sums of the collector."""
    for batch in batches:
        lockstep.run(batch, collector)
        tick()
    return collector.finish(lockstep.n_inputs)


def run_passes(
    lockstep: Lockstep,
    data: ModelData,
    pairing: Pairing[Summed],
    passes: Sequence[Part],
    *,
    left_out: Mapping[str, str],
    kept: Kept[Summed],
    log: BatchLog,
    tick: Tick,
) -> Collected[Summed]:
    """Run all models over the data once for each of several parts of the layers.

    Parameters
    ----------
    lockstep
        The models; their rows have been traced.
    data
        The data, which are read anew for each pass.
    pairing
        Which layers of the models are compared.
    passes
        The part of every pass.
    left_out
        The layers that are in no pass, with the reasons.
    kept
        The store for the sums at the end of each pass.
    log
        The log of the batches.
    tick
        Called after every batch.

    Raises
    ------
    MemoryError
        The data come from an iterator, which can be read only once.
    TypeError, ValueError
        The data are not the same in all passes, or this cannot be checked.
    """
    # Every pass starts with the same state of random numbers, as a single pass would.
    lockstep.restart(*pairing.list_layers(pairing.whole))
    _check_read_again(data, len(passes))
    notes: dict[Key, str] = {}
    for number, part in enumerate(passes):
        lockstep.restart(*pairing.list_layers(part))
        batches = data.read()
        checked = log.note(batches) if number == 0 else log.compare(batches)
        found = run_pass(lockstep, checked, pairing.collect(part), tick)
        to_run = [key for later in passes[number + 1 :] for key in pairing.list_keys(later)]
        kept.end_pass(replace(found, left_out=left_out), to_run)
        notes |= found.notes
        # The next pass needs the memory.
        del found
    sums = kept.finish(lambda key: find_place(key, *pairing.order))
    return Collected(sums, notes, lockstep.n_inputs, left_out)


def _check_read_again(data: ModelData, n_passes: int) -> None:
    """Check that the data can be read again, and begin with the same batch."""
    why = f"the sums of all layers do not fit at once: they take {n_passes} passes over the data"
    firsts = [] if data.is_read_once else [next(data.read(), None) for _ in range(2)]
    if None in firsts or not firsts:
        raise MemoryError(
            f"{why}, which can be read once only: pass a list or a DataLoader, choose fewer "
            "layers by `layers`, leave out wide ones by `max_neurons`, or allow more by "
            "`max_memory`"
        )
    if digest_batch(firsts[0]) != digest_batch(firsts[1]):
        raise ValueError(
            f"{why}, which begin with another batch each time they are read: pass them in one "
            "order, without random changes (shuffle=False), or allow more by `max_memory`"
        )
