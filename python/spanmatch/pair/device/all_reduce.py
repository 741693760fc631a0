"""The addition of the sums of all processes of a group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.distributed as dist

import spanmatch._core as core
from spanmatch.pair.device.gram import combine_codes
from spanmatch.pair.names import check_counts, merge_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spanmatch.pair.names import Label, Names

    GramSums = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

Value = TypeVar("Value")


@dataclass(frozen=True)
class Header:
    """A description of the sums of a process, which is sent before them."""

    widths: list[int]
    n_samples: int
    n_batches: int
    shift: NDArray[np.float64]
    names: Names
    seed: int
    null_codes: list[int]
    n_items: int
    kept: tuple[int, int]
    """The numbers of nulls and of folds."""
    has_norms: bool


def all_reduce(
    gram: core.Gram, names: Names, labels: Sequence[Label], group: dist.ProcessGroup | None
) -> tuple[core.Gram, Names]:
    """Return the sum over all processes, the same in each; `gram` stays as it is.

    An error in one process is raised in all, so that none waits for a process that has left.
    """
    _check_same([label.side for label in labels], "sides", group)
    _, n_batches, n_samples, shift, *_ = gram.parts()
    kept = gram.n_nulls, len(gram.fold_samples)
    header = Header(
        gram.widths,
        n_samples,
        n_batches,
        shift,
        names,
        gram.seed,
        gram.null_rolls,
        gram.n_items,
        kept,
        gram.has_norms,
    )
    headers = _gather(header, group)
    merge = partial(merge_names, labels=labels)
    names = reduce(merge, (header.names for header in headers))
    filled = [rank for rank, header in enumerate(headers) if header.n_samples > 0]
    if not filled:
        return gram, names
    first = headers[filled[0]]
    _check_widths(headers, filled)
    check_counts(names, first.widths, labels)
    _check_kept(headers, filled)

    # Sums can be added only if all processes have subtracted the same shift from their rows.
    moved = gram.copy()
    for rank, complaint in enumerate(_gather(_set_shift(moved, first.shift), group)):
        if complaint is not None:
            raise ValueError(f"rank {rank}: {complaint}")
    sums, spread, products = _reduce_sums(_get_sums(moved, first.shift.size), group)
    total = core.Gram.from_parts(
        (
            first.widths,
            sum(header.n_batches for header in headers),
            sum(header.n_samples for header in headers),
            first.shift,
            sums,
            spread,
            products,
        ),
        _reduce_nulls_and_folds(moved, headers, first, group) if any(first.kept) else None,
        # If one process has no norms, as after reading an old file, the sum has none either.
        _reduce_norms(moved, first, group)
        if all(headers[rank].has_norms for rank in filled)
        else None,
        gram.sides,
    )
    return total, names


def _check_same(mine: object, what: str, group: dist.ProcessGroup | None) -> None:
    """Raise ValueError in all processes if a value differs from that of the first process."""
    _check_group(group)
    first, *others = _gather(mine, group)
    for rank, other in enumerate(others, start=1):
        if other != first:
            raise ValueError(f"rank {rank} has other {what} than rank 0: {other} and {first}")


def _check_group(group: dist.ProcessGroup | None) -> None:
    if not (dist.is_available() and dist.is_initialized()):
        raise ValueError(
            "all_reduce needs a group of processes: start them with torchrun, and call "
            "torch.distributed.init_process_group() in each"
        )
    if dist.get_rank(group) < 0:
        raise ValueError("this process is not in the group")


def _check_widths(headers: list[Header], filled: list[int]) -> None:
    widths = headers[filled[0]].widths
    for rank in filled:
        if headers[rank].widths != widths:
            here, there = (" + ".join(map(str, each)) for each in (headers[rank].widths, widths))
            raise ValueError(f"rank {rank} has {here} neurons, but rank {filled[0]} has {there}")


def _check_kept(headers: list[Header], filled: list[int]) -> None:
    """Raise ValueError if ranks differ in nulls or folds; a rank without batches may have none."""
    first = headers[filled[0]].kept
    for rank, header in enumerate(headers):
        if header.kept != first and (header.n_samples > 0 or any(header.kept)):
            here, there = ("{} nulls and {} folds".format(*n) for n in (header.kept, first))
            raise ValueError(f"rank {rank} keeps {here}, but rank {filled[0]} keeps {there}")


def _set_shift(gram: core.Gram, shift: NDArray[np.float64]) -> str | None:
    """Give a Gram matrix another shift, or return why that fails."""
    try:
        if gram.n_samples > 0:
            gram.set_shift(shift)
    except ValueError as error:
        return str(error)
    return None


def _gather(value: Value, group: dist.ProcessGroup | None) -> list[Value]:
    """Return the value of every process, by rank."""
    values: list[Value | None] = [None] * dist.get_world_size(group)
    dist.all_gather_object(values, value, group=group)
    return values  # type: ignore[return-value]


def _get_sums(gram: core.Gram, n: int) -> GramSums:
    """Return sums, spread and products, which are zero for an empty Gram."""
    if gram.n_samples == 0:
        return np.zeros(n), np.zeros(n), np.zeros((n, n))
    return gram.parts()[4:]


def _reduce_nulls_and_folds(
    gram: core.Gram, headers: list[Header], first: Header, group: dist.ProcessGroup | None
) -> core._Replicates:
    """Return the nulls and folds, summed over all processes."""
    widths, (n_nulls, n_folds) = first.widths, first.kept
    n = sum(widths)
    mine = gram.replicates() if gram.n_samples > 0 else None
    between = sum(a * b for a, b in combinations(widths, 2))
    nulls, parts = (np.zeros((n_nulls, between)), []) if mine is None else mine[3:]
    samples = [each[2] for each in parts] or [0] * n_folds
    folds = [each[4:] for each in parts] or [_get_sums(gram, n)] * n_folds
    nulls = _reduce(nulls, dist.ReduceOp.SUM, group)
    counts = np.sum(_gather(samples, group), axis=0)
    reduced = [_reduce_sums(sums, group) for sums in folds]
    parts_of_folds: list[core._Parts] = [
        (widths, 0, int(count), first.shift, *sums)
        for count, sums in zip(counts, reduced, strict=True)
    ]
    n_items = sum(header.n_items for header in headers)
    return headers[0].seed, n_items, _combine_codes(headers), nulls, parts_of_folds


def _reduce_norms(gram: core.Gram, first: Header, group: dist.ProcessGroup | None) -> core._Norms:
    """Return the sums with norms of rows, summed over all processes."""
    n, sides, (n_nulls, n_folds) = sum(first.widths), len(first.widths), first.kept
    shape = n + sides, sides
    # A null holds for every two sides a product for each of their neurons, and one of the norms.
    of_null = sum(a + b + 1 for a, b in combinations(first.widths, 2))
    nothing = np.zeros(shape), np.zeros((n_nulls, of_null)), np.zeros((n_folds, *shape))
    own, nulls, folds = gram.norms() or nothing
    return (
        _reduce(own, dist.ReduceOp.SUM, group),
        _reduce(nulls, dist.ReduceOp.SUM, group),
        _reduce(folds, dist.ReduceOp.SUM, group),
    )


def _combine_codes(headers: list[Header]) -> list[int]:
    """Return a code for each null, which is the same for nulls with equal shifts in all processes.

    The codes of ranks are combined as though their pairs had been merged in order of rank.
    """
    of_ranks = [header.null_codes for header in headers if header.n_samples > 0]
    return [reduce(combine_codes, codes) for codes in zip(*of_ranks, strict=True)]


def _reduce_sums(mine: GramSums, group: dist.ProcessGroup | None) -> GramSums:
    """Return sums, spread and products over all processes."""
    sums, spread, products = mine
    return (
        _reduce(sums, dist.ReduceOp.SUM, group),
        _reduce(spread, dist.ReduceOp.MAX, group),
        _reduce(products, dist.ReduceOp.SUM, group),
    )


def _reduce(
    mine: NDArray[np.float64], operation: dist.ReduceOp.RedOpType, group: dist.ProcessGroup | None
) -> NDArray[np.float64]:
    # NCCL sends only tensors on a GPU. Other backends send tensors on the host.
    on_gpu = dist.get_backend(group) == "nccl"
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    tensor = torch.from_numpy(mine.copy()).to(device)
    dist.all_reduce(tensor, operation, group)
    reduced: NDArray[np.float64] = tensor.cpu().numpy()
    return reduced
