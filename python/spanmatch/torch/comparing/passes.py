"""Both models run over all batches: once, or once for every part of the layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spanmatch.comparison.keys import find_layer
from spanmatch.torch.comparing.both_batches import digest
from spanmatch.torch.comparing.collector import Collected
from spanmatch.torch.comparing.one_by_one import OneByOne

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.nulls_and_folds import Resampling
    from spanmatch.torch.comparing.both_batches import BothBatches, BothData
    from spanmatch.torch.comparing.collector import Collector
    from spanmatch.torch.comparing.kept_pairs import KeptPairs
    from spanmatch.torch.comparing.lockstep import Lockstep

    Tick = Callable[[], object]
    """Told that another batch is done."""


def run_pass(
    lockstep: Lockstep, batches: Iterable[BothBatches], collector: Collector, tick: Tick
) -> Collected:
    """Run both models over the batches, and return what the collector has made of them."""
    for batch in batches:
        lockstep.run(batch, collector)
        tick()
    return collector.finish(lockstep.n_inputs)


def run_passes(
    lockstep: Lockstep,
    both: BothData,
    pairs: Mapping[str, str],
    passes: Sequence[Sequence[str]],
    *,
    left_out: Mapping[str, str],
    resampling: Resampling,
    kept: KeptPairs,
    tick: Tick,
) -> Collected:
    """Run both models over the data once for each of several parts of the layers.

    Parameters
    ----------
    lockstep
        Both models; their rows have been traced.
    both
        The data, which are read anew for each pass.
    pairs
        The layers of A, each with its layer of B.
    passes
        The layers of A of every pass.
    left_out
        Why others are in none.
    resampling
        The nulls and folds that each pair keeps.
    kept
        Where the pairs go at the end of each pass.
    tick
        Told of every batch.

    Raises
    ------
    ValueError
        The data are not the same in all passes.
    """
    notes: dict[Key, str] = {}
    digests: list[int] = []
    for number, names in enumerate(passes):
        layers = {a: pairs[a] for a in names}
        lockstep.restart(layers)
        batches = both.read()
        checked = _remember(batches, digests) if number == 0 else _compare(batches, digests)
        found = run_pass(lockstep, checked, OneByOne(layers, resampling), tick)
        to_run = [name for later in passes[number + 1 :] for name in later]
        kept.end_pass(replace(found, left_out=left_out), to_run)
        notes |= found.notes
        # The next pass needs the memory.
        del found
    places = {name: place for place, name in enumerate(pairs)}
    kept.sort(lambda key: places[find_layer(str(key), pairs)])
    return Collected(kept, notes, lockstep.n_inputs, left_out)


def check_read_again(both: BothData, first: BothBatches, n_passes: int) -> None:
    """Raise an error where the data cannot be read once more, or begin otherwise then.

    Raises
    ------
    MemoryError
        They come from an iterator.
    ValueError
        They begin with another batch.
    """
    why = f"the sums of all layers do not fit at once: they take {n_passes} passes over the data"
    again = None if both.is_read_once else next(both.read(), None)
    if again is None:
        raise MemoryError(
            f"{why}, which can be read once only: pass a list or a DataLoader, choose fewer "
            "layers by `layers`, leave out wide ones by `max_neurons`, or allow more by "
            "`max_memory`"
        )
    if digest(again) != digest(first):
        raise ValueError(
            f"{why}, which begin with another batch each time they are read: pass them in one "
            "order, without random changes (shuffle=False), or allow more by `max_memory`"
        )


def _remember(batches: Iterable[BothBatches], digests: list[int]) -> Iterator[BothBatches]:
    for batch in batches:
        digests.append(digest(batch))
        yield batch


def _compare(batches: Iterable[BothBatches], digests: Sequence[int]) -> Iterator[BothBatches]:
    """Yield the batches, if they are those of the first pass."""
    number = 0
    for number, batch in enumerate(batches, start=1):
        if number > len(digests) or digest(batch) != digests[number - 1]:
            raise _describe_difference(number - 1)
        yield batch
    if number < len(digests):
        raise _describe_difference(number)


def _describe_difference(number: int) -> ValueError:
    return ValueError(
        f"batch {number} (counted from 0) is another one in a second pass over the data: pass them "
        "in one order, without random changes (shuffle=False), or allow more by `max_memory`"
    )
