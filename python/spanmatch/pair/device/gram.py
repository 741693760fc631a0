"""The joint Gram matrix accumulated on a device, in float64, where the activations lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

import spanmatch._core as core
from spanmatch.base.constants import FIRST_ROWS, OVERFLOW_MARGIN
from spanmatch.pair.device.tensors import as_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spanmatch.pair.types import Readable

CODE_FACTOR = 6_364_136_223_846_793_005  # Knuth's multiplier for MMIX, which the core takes too
# Values of float64 that a block of rows may take.
BLOCK_VALUES = 2**25


class DeviceSums(NamedTuple):
    """All that a Gram holds, as of one moment."""

    n_batches: int
    n_items: int
    null_codes: tuple[int, ...]
    """For each null a number that stands for its circular shifts."""
    n_samples: int
    shift: torch.Tensor
    sums: torch.Tensor
    spread: torch.Tensor
    products: torch.Tensor
    norms: torch.Tensor
    """The products of neurons, and of the squared norms of rows, with these norms, (n + 2, 2)."""
    nulls: torch.Tensor
    null_norms: torch.Tensor
    """Of each null the products of neurons with the norms of the other side; then of the norms."""
    folds: tuple[FoldSums, ...]


class FoldSums(NamedTuple):
    """What a fold holds, less the same shift."""

    n_samples: int
    sums: torch.Tensor
    spread: torch.Tensor
    products: torch.Tensor
    norms: torch.Tensor


class Plan(NamedTuple):
    """Where the rows of a batch go, as `core.Gram.plan` tells."""

    offsets: list[int]
    """For each null by how many rows y is shifted circularly."""
    folds: NDArray[np.int64]
    n_items: int
    item_offsets: list[int]
    """By how many items, whatever rows they have: what a null's code stands for."""


NO_PLAN = Plan([], np.empty(0, np.int64), 0, [])


class DeviceGram:
    """The sums of `spanmatch._core.Gram`, on a device of torch's. Not locked: its owner is."""

    def __init__(
        self, device: torch.device, n_x: int, n_y: int, nulls: int = 0, folds: int = 0
    ) -> None:
        n = n_x + n_y
        self.device, self.n_x, self.n_y = device, n_x, n_y
        # Replaced as a whole, and nothing in it changed: an interruption finds all of a batch or
        # nothing of it.
        zeros, square = self._make_zeros(n), self._make_zeros(n, n)
        norms = self._make_zeros(n + 2, 2)
        fold = FoldSums(0, zeros, zeros, square, norms)
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
            nulls=self._make_zeros(nulls, n_x, n_y),
            null_norms=self._make_zeros(nulls, n + 1),
            folds=(fold,) * folds,
        )

    @property
    def n_batches(self) -> int:
        """How many batches have come."""
        return self._total.n_batches

    @property
    def n_items(self) -> int:
        """How many items have come."""
        return self._total.n_items

    @property
    def n_samples(self) -> int:
        """How many rows have come."""
        return self._total.n_samples

    @torch.inference_mode(False)
    @torch.no_grad()
    def update(self, x: Readable, y: Readable, plan: Plan = NO_PLAN) -> bool:
        """Add a batch of the right widths and row counts, or return False, and stay as before.

        False: a value is not finite or so large that squares may overflow.
        """
        x, y = as_tensor(x, self.device), as_tensor(y, self.device)
        total = self._total
        n_samples, shift, sums, spread, products, norms, nulls, null_norms, folds = total[3:]
        if n_samples == 0:
            shift = torch.cat([find_middle(x), find_middle(y)])
        n_samples += len(x)
        # A block holds rows of both, and of y once more for each null.
        height = max(FIRST_ROWS, BLOCK_VALUES // max(1, shift.numel() + len(nulls) * self.n_y))
        fold_of_row = torch.from_numpy(plan.folds).to(self.device)
        for first in range(0, len(x), height):
            block = torch.cat([side[first : first + height].double() for side in (x, y)], 1)
            block -= shift
            sums = sums + block.sum(0)
            spread = torch.maximum(spread, block.abs().amax(0))
            # The only wait for the device, and only for what is quickly found.
            if not bool(((spread + shift.abs()) <= find_limit(n_samples)).all()):
                return False
            products = torch.addmm(products, block.T, block)
            of_rows = find_norms(block, self.n_x)
            norms = add_norms(norms, block, of_rows)
            if len(nulls) > 0:
                shifted = (
                    _shift_rows(y, first, len(block), plan.offsets).double() - shift[self.n_x :]
                )
                x_rows = block[:, : self.n_x]
                nulls = torch.baddbmm(nulls, x_rows.T.expand(len(nulls), -1, -1), shifted)
                null_norms = null_norms + multiply_norms(x_rows, of_rows[:, 0], shifted)
            if folds:
                here = fold_of_row[first : first + height]
                folds = tuple(
                    _add_rows(fold, block[here == number], of_rows[here == number])
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
            return self.n_x, n_batches, sums.n_samples, shift, *on_host  # type: ignore[return-value]

        replicates = None
        if len(total.nulls) > 0 or total.folds:
            nulls, folds = total.nulls.cpu().numpy(), [take_parts(0, fold) for fold in total.folds]
            # The seed is that of the Gram which these are added to.
            replicates = 0, total.n_items, list(total.null_codes), nulls, folds
        n = total.shift.numel()
        of_folds = [fold.norms.cpu().numpy() for fold in total.folds]
        norms = (
            total.norms.cpu().numpy(),
            total.null_norms.cpu().numpy(),
            np.array(of_folds).reshape(-1, n + 2, 2),
        )
        return core.Gram.from_parts(take_parts(total.n_batches, total), replicates, norms)

    def _make_zeros(self, *shape: int) -> torch.Tensor:
        with torch.inference_mode(False):
            return torch.zeros(shape, dtype=torch.float64, device=self.device)


def combine_codes(code: int, other: int) -> int:
    """Return what stands for some circular shifts and others after them, as the core does.

    >>> combine_codes(combine_codes(0, 3), 5) == combine_codes(combine_codes(0, 5), 3)
    False
    """
    return (code * CODE_FACTOR + other + 1) % 2**64


def _shift_rows(y: torch.Tensor, first: int, count: int, offsets: list[int]) -> torch.Tensor:
    """Return for each null the rows of y that meet `count` rows of x, the first of them `first`."""
    rows = torch.arange(first, first + count) + torch.tensor(offsets)[:, None]
    return y[rows.to(y.device) % len(y)]


def find_norms(rows: torch.Tensor, n_x: int) -> torch.Tensor:
    """Return the squared norms of the rows of x and of y, shape (rows, 2)."""
    return torch.stack([measure_rows(rows[:, :n_x]), measure_rows(rows[:, n_x:])], 1)


def measure_rows(rows: torch.Tensor) -> torch.Tensor:
    """Return the squared norm of each row, over the last axis."""
    # No copy of the rows is made, as their squares would be.
    return torch.einsum("...j,...j->...", rows, rows)


def add_norms(norms: torch.Tensor, rows: torch.Tensor, of_rows: torch.Tensor) -> torch.Tensor:
    """Return the products of neurons and norms with norms, with those of more rows."""
    return torch.addmm(norms, torch.cat([rows, of_rows], 1).T, of_rows)


def multiply_norms(x: torch.Tensor, norms_x: torch.Tensor, shifted: torch.Tensor) -> torch.Tensor:
    """Return for each null the products of x with the norms of y, of y with those of x, and theirs.

    `shifted` are the rows of y that meet those of x under each null, (nulls, rows, n_y).
    """
    norms_y = measure_rows(shifted)
    of_y = torch.matmul(norms_x, shifted)
    return torch.cat([norms_y @ x, of_y, (norms_y @ norms_x)[:, None]], 1)


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
    """Return the mean of the first rows, as an offset from the first: exact for constants."""
    first = side[0].double()
    return first + (side[:FIRST_ROWS].double() - first).sum(0) / min(FIRST_ROWS, len(side))


def find_limit(n_samples: int) -> float:
    """Return how large a value may be without its squares overflowing."""
    return float((torch.finfo(torch.float64).max / OVERFLOW_MARGIN / n_samples) ** 0.5)
