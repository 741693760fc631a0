"""The joint Gram matrix accumulated in float64 on the device of the activations."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

import spanmatch._core as core
from spanmatch.base.constants import FIRST_ROWS, OVERFLOW_MARGIN
from spanmatch.pair.device.tensors import as_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spanmatch.pair.types import Readable

CODE_FACTOR = 6_364_136_223_846_793_005  # Knuth's multiplier for MMIX, as in the core.
# The most values of a block of rows in float64.
BLOCK_VALUES = 2**25


class DeviceSums(NamedTuple):
    """All sums of a Gram after some batches."""

    n_batches: int
    n_items: int
    null_codes: tuple[int, ...]
    """A code for each null, which stands for its circular shifts."""
    n_samples: int
    shift: torch.Tensor
    sums: torch.Tensor
    spread: torch.Tensor
    products: torch.Tensor
    norms: torch.Tensor
    """The products of neurons, and of the squared norms of rows, with the norms of rows, of shape
    (n + K, K) for K sides."""
    nulls: tuple[torch.Tensor, ...]
    """For each side but the last, the products of its neurons with those of later sides, of shape
    (nulls, neurons, later neurons)."""
    null_norms: tuple[torch.Tensor, ...]
    """For each side but the last, and each null, in a row as `multiply_norms` returns it: the
    products of its neurons with the norms of later sides, of later neurons with its norm, and of
    the norms."""
    folds: tuple[FoldSums, ...]


class FoldSums(NamedTuple):
    """The sums of a fold, from which the same shift is subtracted."""

    n_samples: int
    sums: torch.Tensor
    spread: torch.Tensor
    products: torch.Tensor
    norms: torch.Tensor


class Plan(NamedTuple):
    """The nulls and folds of a batch, as `core.Gram.plan` returns them."""

    offsets: list[int]
    """For each null, the rows by which y, or every later side, is shifted circularly."""
    folds: NDArray[np.int64]
    n_items: int
    item_offsets: list[int]
    """The same shifts in items, for which a null's code stands."""


NO_PLAN = Plan([], np.empty(0, np.int64), 0, [])


class DeviceGram:
    """The sums of `spanmatch._core.Gram` on a torch device. The owner must lock it."""

    def __init__(
        self, device: torch.device, widths: Sequence[int], nulls: int = 0, folds: int = 0
    ) -> None:
        n, sides = sum(widths), len(widths)
        self.device, self.widths = device, list(widths)
        # The column after the last one of each side.
        self._ends = list(accumulate(widths))
        # The sums are replaced together and never changed in place, so that an interrupt leaves all
        # of a batch or nothing of it.
        zeros, square = self._make_zeros(n), self._make_zeros(n, n)
        norms = self._make_zeros(n + sides, sides)
        fold = FoldSums(0, zeros, zeros, square, norms)
        # For each side but the last: its width, and the numbers of later neurons and later sides.
        behind = [(width, n - end, sides - at - 1) for at, (width, end) in self._number_leading()]
        self._total = DeviceSums(
            n_batches=0,
            n_items=0,
            null_codes=(0,) * nulls,
            n_samples=0,
            shift=zeros,
            sums=zeros,
            spread=zeros,
            products=square,
            norms=norms,
            nulls=tuple(self._make_zeros(nulls, width, rest) for width, rest, _ in behind),
            null_norms=tuple(
                self._make_zeros(nulls, (width + 1) * others + rest)
                for width, rest, others in behind
            ),
            folds=(fold,) * folds,
        )

    @property
    def n_batches(self) -> int:
        """The number of batches added so far."""
        return self._total.n_batches

    @property
    def n_items(self) -> int:
        """The number of items added so far."""
        return self._total.n_items

    @property
    def n_samples(self) -> int:
        """The number of rows added so far."""
        return self._total.n_samples

    @torch.inference_mode(False)
    @torch.no_grad()
    def update(self, sides: Sequence[Readable], plan: Plan = NO_PLAN) -> bool:
        """Add a batch of the right widths and row counts, and return whether it was added.

        If a value is not finite, or so large that squares may overflow, the sums stay as before.
        """
        here = [as_tensor(side, self.device) for side in sides]
        total, rows = self._total, len(here[0])
        n_samples, shift, sums, spread, products, norms, nulls, null_norms, folds = total[3:]
        if n_samples == 0:
            shift = torch.cat([find_middle(side) for side in here])
        n_samples += rows
        n, n_nulls, first_end = shift.numel(), len(plan.offsets), self._ends[0]
        # A block holds rows of all sides, and for each null those of all sides but the first again.
        height = max(FIRST_ROWS, BLOCK_VALUES // max(1, n + n_nulls * (n - first_end)))
        fold_of_row = torch.from_numpy(plan.folds).to(self.device)
        for first in range(0, rows, height):
            block = torch.cat([side[first : first + height].double() for side in here], 1)
            block -= shift
            sums = sums + block.sum(0)
            spread = torch.maximum(spread, block.abs().amax(0))
            # This is the only wait for the device, and these values are ready early.
            if not bool(((spread + shift.abs()) <= find_limit(n_samples)).all()):
                return False
            products = torch.addmm(products, block.T, block)
            of_rows = find_norms(block, self.widths)
            norms = add_norms(norms, block, of_rows)
            if n_nulls > 0:
                shifted = [
                    _shift_rows(side, first, len(block), plan.offsets).double() for side in here[1:]
                ]
                behind = torch.cat(shifted, 2) - shift[first_end:]
                nulls = self._add_nulls(nulls, block, behind)
                null_norms = self._add_null_norms(null_norms, block, of_rows, behind)
            if folds:
                fold_here = fold_of_row[first : first + height]
                folds = tuple(
                    _add_rows(fold, block[fold_here == number], of_rows[fold_here == number])
                    for number, fold in enumerate(folds)
                )
        self._total = DeviceSums(
            total.n_batches + 1,
            total.n_items + plan.n_items,
            tuple(map(combine_codes, total.null_codes, plan.item_offsets)),
            n_samples,
            shift,
            sums,
            spread,
            products,
            norms,
            nulls,
            null_norms,
            folds,
        )
        return True

    def to_host(self) -> core.Gram:
        """Return the sums on the host."""
        total = self._total
        shift = total.shift.cpu().numpy()

        def take_parts(n_batches: int, sums: FoldSums | DeviceSums) -> core._Parts:
            on_host = (tensor.cpu().numpy() for tensor in (sums.sums, sums.spread, sums.products))
            return self.widths, n_batches, sums.n_samples, shift, *on_host  # type: ignore[return-value]

        replicates = None
        if total.null_codes or total.folds:
            nulls = _join([panel.flatten(1) for panel in total.nulls])
            folds = [take_parts(0, fold) for fold in total.folds]
            # The seed does not matter, since these sums are merged into a Gram that has one.
            replicates = 0, total.n_items, list(total.null_codes), nulls, folds
        of_folds = [fold.norms.cpu().numpy() for fold in total.folds]
        norms = (
            total.norms.cpu().numpy(),
            _join(total.null_norms),
            np.array(of_folds).reshape(-1, *total.norms.shape),
        )
        return core.Gram.from_parts(take_parts(total.n_batches, total), replicates, norms)

    def _add_nulls(
        self, nulls: Sequence[torch.Tensor], block: torch.Tensor, behind: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Return the nulls with the products of a block and the shifted rows of later sides."""
        return tuple(
            torch.baddbmm(
                nulls[at],
                block[:, end - width : end].T.expand(len(behind), -1, -1),
                behind[..., end - self._ends[0] :],
            )
            for at, (width, end) in self._number_leading()
        )

    def _add_null_norms(
        self,
        norms: Sequence[torch.Tensor],
        block: torch.Tensor,
        of_rows: torch.Tensor,
        behind: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        of_behind = find_norms(behind, self.widths[1:])
        return tuple(
            norms[at]
            + multiply_norms(
                block[:, end - width : end],
                of_rows[:, at],
                behind[..., end - self._ends[0] :],
                of_behind[..., at:],
            )
            for at, (width, end) in self._number_leading()
        )

    def _number_leading(self) -> list[tuple[int, tuple[int, int]]]:
        """Return the number, the width and the end of each side but the last."""
        return list(enumerate(zip(self.widths, self._ends, strict=True)))[:-1]

    def _make_zeros(self, *shape: int) -> torch.Tensor:
        with torch.inference_mode(False):
            return torch.zeros(shape, dtype=torch.float64, device=self.device)


def combine_codes(code: int, other: int) -> int:
    """Return the code of circular shifts to which another shift is appended, as in the core.

    >>> combine_codes(combine_codes(0, 3), 5) == combine_codes(combine_codes(0, 5), 3)
    False
    """
    return (code * CODE_FACTOR + other + 1) % 2**64


def _join(of_sides: Sequence[torch.Tensor]) -> NDArray[np.float64]:
    return torch.cat(list(of_sides), 1).cpu().numpy()


def _shift_rows(side: torch.Tensor, first: int, count: int, offsets: list[int]) -> torch.Tensor:
    """Return for each null the shifted rows that stand beside rows `first` to `first + count`."""
    rows = torch.arange(first, first + count) + torch.tensor(offsets)[:, None]
    return side[rows.to(side.device) % len(side)]


def find_norms(rows: torch.Tensor, widths: Sequence[int]) -> torch.Tensor:
    """Return the squared norms of the rows of each side, over the last axis."""
    return torch.stack([measure_rows(side) for side in rows.split(list(widths), -1)], -1)


def measure_rows(rows: torch.Tensor) -> torch.Tensor:
    """Return the squared norm of each row, over the last axis."""
    # Unlike squaring, this makes no copy of the rows.
    return torch.einsum("...j,...j->...", rows, rows)


def add_norms(norms: torch.Tensor, rows: torch.Tensor, of_rows: torch.Tensor) -> torch.Tensor:
    """Add the products of more rows to the products of neurons and norms with norms."""
    return torch.addmm(norms, torch.cat([rows, of_rows], 1).T, of_rows)


def multiply_norms(
    rows: torch.Tensor, norms: torch.Tensor, shifted: torch.Tensor, of_shifted: torch.Tensor
) -> torch.Tensor:
    """Return for each null the products of a side with the norms of later ones, and conversely.

    Parameters
    ----------
    rows, norms
        The rows of the side, and their squared norms.
    shifted, of_shifted
        The rows of later sides as each null shifts them, (nulls, rows, neurons), and their squared
        norms by side, (nulls, rows, sides).

    Returns
    -------
    tensor
        A row for each null: the products of the norm of each later side with the neurons of the
        side; of the norm of the side with all later neurons; and of the norm of the side with the
        later norms.
    """
    of_side = torch.matmul(of_shifted.transpose(1, 2), rows).flatten(1)
    return torch.cat([of_side, torch.matmul(norms, shifted), torch.matmul(norms, of_shifted)], 1)


def _add_rows(fold: FoldSums, rows: torch.Tensor, of_rows: torch.Tensor) -> FoldSums:
    if len(rows) == 0:
        return fold
    n_samples, sums, spread, products, norms = fold
    return FoldSums(
        n_samples + len(rows),
        sums + rows.sum(0),
        torch.maximum(spread, rows.abs().amax(0)),
        torch.addmm(products, rows.T, rows),
        add_norms(norms, rows, of_rows),
    )


def find_middle(side: torch.Tensor) -> torch.Tensor:
    """Return the mean of the first rows, computed from row 0 so that constants are exact."""
    first = side[0].double()
    return first + (side[:FIRST_ROWS].double() - first).sum(0) / min(FIRST_ROWS, len(side))


def find_limit(n_samples: int) -> float:
    """Return the largest value whose squares cannot overflow in a sum of `n_samples`."""
    return float((torch.finfo(torch.float64).max / OVERFLOW_MARGIN / n_samples) ** 0.5)
