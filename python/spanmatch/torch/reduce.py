"""The sums of all processes of a group, added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.distributed as dist

from spanmatch import _core
from spanmatch.names import check_counts, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spanmatch.names import Names

Word = TypeVar("Word")


@dataclass(frozen=True)
class Header:
    """What a process says of its pair before any sum is sent."""

    widths: tuple[int, int]
    n_samples: int
    n_batches: int
    shift: NDArray[np.float64]
    names: Names


def all_reduced(
    gram: _core.Gram, names: Names, group: dist.ProcessGroup | None
) -> tuple[_core.Gram, Names]:
    """Return the sum over all processes, the same in each; `gram` stays as it is.

    What is wrong in one process is raised in all: none waits for one that has left.
    """
    _check_group(group)
    n_x, n_batches, n_samples, shift, *_ = gram.parts()
    headers = _of_all(Header((n_x, gram.n_y), n_samples, n_batches, shift, names), group)
    names = reduce(joined, (header.names for header in headers))
    filled = [rank for rank, header in enumerate(headers) if header.n_samples > 0]
    if not filled:
        return gram, names
    first = headers[filled[0]]
    _check_widths(headers, filled, names)

    # Sums add up over rows less one shift.
    moved = gram.copy()
    for rank, complaint in enumerate(_of_all(_shifted(moved, first.shift), group)):
        if complaint is not None:
            raise ValueError(f"rank {rank}: {complaint}")
    sums, spread, products = _total(moved, first.shift.size, group)
    total = _core.Gram.from_parts(
        first.widths[0],
        sum(header.n_batches for header in headers),
        sum(header.n_samples for header in headers),
        first.shift,
        sums,
        spread,
        products,
    )
    return total, names


def _check_group(group: dist.ProcessGroup | None) -> None:
    if not (dist.is_available() and dist.is_initialized()):
        raise ValueError(
            "all_reduce needs a group of processes: start them with torchrun, and call "
            "torch.distributed.init_process_group() in each"
        )
    if dist.get_rank(group) < 0:
        raise ValueError("this process is not in the group")


def _check_widths(headers: list[Header], filled: list[int], names: Names) -> None:
    widths = headers[filled[0]].widths
    for rank in filled:
        if headers[rank].widths != widths:
            here, there = ("{} + {}".format(*pair) for pair in (headers[rank].widths, widths))
            raise ValueError(f"rank {rank} has {here} neurons, but rank {filled[0]} has {there}")
    check_counts(names, *widths)


def _shifted(gram: _core.Gram, shift: NDArray[np.float64]) -> str | None:
    """Give a Gram another shift, or return what hinders."""
    try:
        if gram.n_samples > 0:
            gram.set_shift(shift)
    except ValueError as error:
        return str(error)
    return None


def _of_all(word: Word, group: dist.ProcessGroup | None) -> list[Word]:
    words: list[Word | None] = [None] * dist.get_world_size(group)
    dist.all_gather_object(words, word, group=group)
    return words  # type: ignore[return-value]


def _total(
    gram: _core.Gram, n: int, group: dist.ProcessGroup | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return sums, spread and products of all; a Gram that is empty adds nothing."""
    # NCCL sends what lies on a GPU, other backends what lies on the host.
    on_gpu = dist.get_backend(group) == "nccl"
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    mine = gram.parts()[4:] if gram.n_samples > 0 else (np.zeros(n), np.zeros(n), np.zeros((n, n)))
    sums, spread, products = (torch.from_numpy(part).to(device) for part in mine)
    for tensor, operation in (
        (sums, dist.ReduceOp.SUM),
        (spread, dist.ReduceOp.MAX),
        (products, dist.ReduceOp.SUM),
    ):
        dist.all_reduce(tensor, operation, group)
    return sums.cpu().numpy(), spread.cpu().numpy(), products.cpu().numpy()
