"""The Rust core: arguments in, results out. Use the functions of `spanmatch` instead."""

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
# Critical ε of x and of y; index, -1 where none, and residual of their best partners; pairs, x and
# y, and from which ε on they are pairs.
_OneToOne = tuple[
    _Floats,
    _Floats,
    tuple[_Indices, _Floats],
    tuple[_Indices, _Floats],
    tuple[_Indices, _Indices, _Floats],
]
# Neurons of each side, batches, samples; then shift, sums, spread and products of the shifted rows.
_Parts = tuple[list[int], int, int, _Floats, _Floats, _Floats, NDArray[np.float64]]
# Seed, items, what stands for each null's shifts, nulls (count, n_x * n_y), the folds' parts. Of
# many sides a null has those of each side, one after the other, with all neurons behind it.
_Replicates = tuple[int, int, list[int], NDArray[np.float64], list[_Parts]]
# Sums by the squared norms of the shifted rows of K sides, a and b of x and y: of every neuron, and
# of each norm, with each norm (n + K, K); of each null, of one side after the other, its neurons
# with the norms of each side behind, the neurons behind with its norm, and the norms with it
# (nulls, n + 1 for two sides); of each fold what there is of all (folds, n + K, K).
_Norms = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
_Progress = Callable[[int, int], object]
_Answer = TypeVar("_Answer")
# An answer, and the resolution δ that it was found with.
_With = tuple[_Answer, float]

__version__: str
# A residual of at most so many times the resolution is exact.
EXACT: float
# Rows whose mean becomes a pair's shift.
FIRST: int
# Sums that lead to a Gram stay below so many times samples times largest value squared.
MARGIN: float
# The smallest δ.
RESOLUTION: float
# What every comparison with ε forgives.
TOLERANCE: float

@final
class SparseRows:
    """Samples of which most values are zero: of row i, the columns and values between two starts.

    Columns may be in any order; values of one that is named twice are added.
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

    Its memory is quadratic in the neurons of all sides. Errors call the sides by `sides`; without
    them x and y.
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
        """How many neurons each side has; none before the first batch."""

    @property
    def sides(self) -> list[str]: ...
    @property
    def n_shifted(self) -> list[int]:
        """Of each side, how many neurons have a shift."""

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
        """Return the Gram of two sides, by their numbers: where y comes first, nulls mirrored."""

    def parts(self) -> _Parts: ...
    def replicates(self) -> _Replicates | None:
        """Return nulls and folds; None where there are neither."""

    def norms(self) -> _Norms | None:
        """Return the sums by norms of rows; None without samples, and of old files."""

    def plan(
        self, rows: int, rows_per_item: int | list[int], n_batches: int, n_items: int
    ) -> tuple[list[int], _Indices, int, list[int]]:
        """Return where the rows of a batch go that follows others: sums may be kept elsewhere.

        By how many rows y is shifted for each null, the fold of each row, how many items, and by
        how many of them y is shifted.
        """

    def null(self, index: int) -> Gram:
        """Return the Gram of x and of the y that one null shifts."""

    def of_folds(self, times: list[int], center: bool) -> Gram:
        """Return the sum of the folds, each as many times as said."""

    @staticmethod
    def from_parts(
        parts: _Parts,
        replicates: _Replicates | None = None,
        norms: _Norms | None = None,
        sides: list[str] = ...,
    ) -> Gram:
        """Put together what `parts` gives; of the products, the triangle right of the diagonal."""

    def set_shift(self, shift: _Floats) -> None:
        """Keep rows less another shift, as Grams must share whose sums are to be added."""

    def centered(self) -> NDArray[np.float64]:
        """Products of the centred columns, x then y, symmetric."""

    def centered_null(self, index: int) -> NDArray[np.float64]:
        """Products of the centred columns of x with those of the y that one null shifts."""

    def centered_norms(self) -> tuple[_Three, _Three, _Three] | None:
        """Σ a², Σ a b, Σ b² of the squared norms of centred rows; bounds on rounding.

        Of these, and of the Frobenius norms of the products within x, between, and within y.
        """

    def centered_null_norms(self, index: int) -> tuple[float, float] | None:
        """Σ a b under one null, and a bound on its rounding."""

def spectrum(
    gram: Gram, center: bool, ridge: float | None, keep: bool, progress: _Progress | None = None
) -> tuple[_Floats, _Floats, tuple[_Floats, _Floats], int, float, int]:
    """Critical ε of x and of y, chance levels, samples, resolution δ, and fresh factorisations.

    All are of one state of the Gram. Without `keep` the Gram is left empty.
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
