"""The Rust core, which only computes. Use the functions of `spanmatch` instead."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "EXACT",
    "FIRST",
    "MARGIN",
    "RESOLUTION",
    "TOLERANCE",
    "Gram",
    "SparseRows",
    "__version__",
    "available_memory",
    "chance",
    "gram_bytes",
    "is_match",
    "is_simple",
    "linear_map",
    "maximum_match",
    "minimum_for",
    "minimum_match",
    "minimum_matches",
    "one_to_one",
    "residuals",
    "set_num_threads",
    "simple_cover",
    "spectrum",
    "support",
]

_Three = tuple[float, float, float]
_Floats = NDArray[np.float64]
_Indices = NDArray[np.int64]
_Expression = tuple[NDArray[np.float64], _Floats, _Floats]
# Critical ε of x and of y. For each neuron of x, then of y: the index of its best partner, -1 for
# none, and the residual. The pairs: indices in x, indices in y, and the ε from which on each is a
# pair.
_OneToOne = tuple[
    _Floats,
    _Floats,
    tuple[_Indices, _Floats],
    tuple[_Indices, _Floats],
    tuple[_Indices, _Indices, _Floats],
]
# The numbers of neurons of each side, of batches and of samples; then shift, sums, spread and
# products of the shifted rows.
_Parts = tuple[list[int], int, int, _Floats, _Floats, _Floats, NDArray[np.float64]]
# The seed, the number of items, a hash of each null's shifts, the products of the nulls (count,
# n_x * n_y), and the parts of each fold. With more than two sides, a null holds the products of
# each side in turn with all neurons of later sides.
_Replicates = tuple[int, int, list[int], NDArray[np.float64], list[_Parts]]
# Products with the squared norms of the shifted rows of K sides, summed over rows. All rows: every
# neuron, and the norm of every side, times the norm of every side (n + K, K). Each null, for every
# side but the last: its neurons times the norm of each later side, the neurons of later sides times
# its norm, and its norm times theirs (nulls, n + 1 for two sides). Each fold, as all rows:
# (folds, n + K, K).
_Norms = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
_Progress = Callable[[int, int], object]
_Answer = TypeVar("_Answer")
# An answer, and the resolution δ at which it was found.
_With = tuple[_Answer, float]

__version__: str
# A residual of at most this multiple of the resolution δ counts as exact.
EXACT: float
# The number of first rows whose mean becomes a pair's shift.
FIRST: int
# Sums for a Gram stay below this number times the samples times the largest value squared.
MARGIN: float
# The smallest δ.
RESOLUTION: float
# The tolerance of every comparison of a residual with ε.
TOLERANCE: float

@final
class SparseRows:
    """Samples of which most values are zero, row by row (CSR).

    Row i has the entries of `columns` and `values` from `starts[i]` up to `starts[i + 1]`. Columns
    may be in any order. The values of a column that occurs twice in a row are added.
    """

    def __new__(
        cls, n_neurons: int, starts: _Indices, columns: _Indices, values: _Floats
    ) -> SparseRows: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_values(self) -> int: ...
    def __len__(self) -> int: ...

@final
class Gram:
    """The joint Gram matrix of two or more sides, accumulated over batches.

    Its memory is quadratic in the neurons of all sides. Errors call the sides by the names in
    `sides`, by default x and y.
    """

    def __new__(
        cls, nulls: int = 0, folds: int = 0, seed: int = 0, sides: list[str] = ...
    ) -> Gram: ...
    @property
    def n_batches(self) -> int: ...
    @property
    def n_samples(self) -> int: ...
    @property
    def n_x(self) -> int: ...
    @property
    def n_y(self) -> int: ...
    @property
    def widths(self) -> list[int]:
        """The number of neurons of each side; empty before the first batch."""

    @property
    def sides(self) -> list[str]: ...
    @property
    def n_shifted(self) -> list[int]:
        """The number of neurons of each side that have a shift."""

    @property
    def n_items(self) -> int: ...
    @property
    def n_nulls(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def null_rolls(self) -> list[int]: ...
    @property
    def fold_samples(self) -> list[int]: ...
    @property
    def has_norms(self) -> bool: ...
    def update(
        self,
        samples: Sequence[NDArray[Any] | SparseRows],
        rows_per_item: int | list[int] = ...,
        progress: _Progress | None = None,
    ) -> None: ...
    def merge(self, other: Gram) -> None: ...
    def copy(self) -> Gram: ...
    def pair(self, x: int, y: int) -> Gram:
        """Return the Gram of two sides, given by number; if y comes before x, mirror the nulls."""

    def parts(self) -> _Parts: ...
    def replicates(self) -> _Replicates | None:
        """Return nulls and folds; None if there are neither."""

    def norms(self) -> _Norms | None:
        """Return the sums with norms of rows; None without samples, or from an old file."""

    def plan(
        self, rows: int, rows_per_item: int | list[int], n_batches: int, n_items: int
    ) -> tuple[list[int], _Indices, int, list[int]]:
        """Return the nulls and folds of a batch that follows others, for sums kept elsewhere.

        These are the shift of y in rows for each null, the fold of each row, the number of items,
        and the shift of y in items for each null.
        """

    def null(self, index: int) -> Gram:
        """Return the Gram of x and of y as shifted by one null."""

    def of_folds(self, times: list[int], center: bool) -> Gram:
        """Return the sum of the folds, fold i taken `times[i]` times."""

    @staticmethod
    def from_parts(
        parts: _Parts,
        replicates: _Replicates | None = None,
        norms: _Norms | None = None,
        sides: list[str] = ...,
    ) -> Gram:
        """Return a Gram from its `parts`; only the upper triangle of the products is read."""

    def set_shift(self, shift: _Floats) -> None:
        """Change the shift that is subtracted from rows: Grams to be added must share one."""

    def centered(self) -> NDArray[np.float64]:
        """Return the symmetric products of the centred columns, x then y."""

    def centered_null(self, index: int) -> NDArray[np.float64]:
        """Return the products of the centred columns of x with those of y shifted by one null."""

    def centered_norms(self) -> tuple[_Three, _Three, _Three] | None:
        """Return Σ a², Σ a b and Σ b², with a and b the squared norms of centred rows of x and y.

        Then come bounds on their rounding, and on the rounding of the Frobenius norms of the
        products within x, between x and y, and within y.
        """

    def centered_null_norms(self, index: int) -> tuple[float, float] | None:
        """Return Σ a b under one null, and a bound on its rounding."""

def spectrum(
    gram: Gram, center: bool, ridge: float | None, keep: bool, progress: _Progress | None = None
) -> tuple[_Floats, _Floats, tuple[_Floats, _Floats], int, float, int]:
    """Return critical ε of x and y, chance levels, samples, δ, and how many fresh factorisations.

    All come from one state of the Gram. Without `keep` the Gram is left empty.
    """

def one_to_one(
    gram: Gram, center: bool, ridge: float | None, progress: _Progress | None = None
) -> _With[_OneToOne]: ...
def maximum_match(
    gram: Gram, eps: float, center: bool, ridge: float | None
) -> _With[tuple[_Indices, _Indices]]: ...
def is_match(
    gram: Gram, eps: float, x_index: _Indices, y_index: _Indices, center: bool, ridge: float | None
) -> _With[bool]: ...
def residuals(
    gram: Gram, x_index: _Indices, y_index: _Indices, center: bool, ridge: float | None
) -> _With[tuple[_Floats, _Floats]]: ...
def chance(gram: Gram, center: bool, ridge: float | None) -> tuple[_Floats, _Floats]: ...
def minimum_match(
    gram: Gram, eps: float, neuron: tuple[str, int], seed: int, center: bool, ridge: float | None
) -> _With[tuple[_Indices, _Indices] | None]: ...
def simple_cover(
    gram: Gram,
    eps: float,
    seed: int,
    center: bool,
    ridge: float | None,
    progress: _Progress | None = None,
) -> _With[list[tuple[_Indices, _Indices]]]: ...
def minimum_matches(
    gram: Gram,
    eps: float,
    seed: int,
    center: bool,
    ridge: float | None,
    progress: _Progress | None = None,
) -> _With[list[tuple[_Indices, _Indices]]]: ...
def minimum_for(
    gram: Gram, eps: float, x_index: _Indices, y_index: _Indices, center: bool, ridge: float | None
) -> _With[list[tuple[str, int]]]: ...
def is_simple(
    gram: Gram, eps: float, x_index: _Indices, y_index: _Indices, center: bool, ridge: float | None
) -> _With[bool]: ...
def support(
    gram: Gram, eps: float, center: bool, ridge: float | None, progress: _Progress | None = None
) -> _With[tuple[_Indices, _Indices, NDArray[np.bool_]]]: ...
def linear_map(
    gram: Gram, x_index: _Indices, y_index: _Indices, center: bool, ridge: float | None
) -> _With[tuple[_Expression, _Expression]]: ...
def set_num_threads(count: int) -> None: ...
def available_memory() -> int | None: ...
def gram_bytes(widths: list[int], nulls: int, folds: int) -> int: ...
