"""Two sides of activations, reduced batch by batch to all that a match depends on."""

from __future__ import annotations

from typing import Any

from spanmatch import _core
from spanmatch.arguments import Samples, as_samples
from spanmatch.progress import progress_bar


class ActivationPair:
    """The activations of two sides on the same inputs, accumulated over batches.

    What a match depends on is the joint Gram matrix of both sides (design: the theory depends on
    the data only through [X Y]ᵀ[X Y]). It adds up over batches, in any order, so a pair takes
    (n_x + n_y)² float64 of memory however many samples it has seen. Row i of `x` and row i of `y`
    belong to the same sample. The first batch sets both widths.

    Several threads may update or merge into one pair: each call is atomic, one waits for the other.
    A call that raises leaves the pair as it was.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> pair = sm.ActivationPair()
    >>> for _ in range(3):
    ...     x = rng.standard_normal((100, 4), dtype=np.float32)
    ...     pair.update(x, x @ rng.standard_normal((4, 2), dtype=np.float32))
    >>> pair
    ActivationPair(4 + 2 neurons, 300 samples)
    """

    __slots__ = ("_gram",)

    def __init__(self) -> None:
        self._gram = _core.Gram()

    @property
    def n_samples(self) -> int:
        """How many rows the pair has seen."""
        return self._gram.n_samples

    @property
    def n_x(self) -> int:
        """How many neurons side x has; 0 before the first batch."""
        return self._gram.n_x

    @property
    def n_y(self) -> int:
        """How many neurons side y has; 0 before the first batch."""
        return self._gram.n_y

    def update(self, x: Samples, y: Samples) -> None:
        """Add a batch.

        Parameters
        ----------
        x, y
            Arrays of shape (samples, n_x) and (samples, n_y): float16, float32 or float64, with any
            strides. They are read where they lie and widened block by block, never copied whole.

        Raises
        ------
        TypeError
            A side is not an array of floats.
        ValueError
            A side has not two axes, no rows, or another width than before; the sides' row counts
            differ; a value is NaN or infinite; a sum of squares leaves the range of float64.
        """
        self._gram.update(as_samples(x, "x"), as_samples(y, "y"))

    def merge(self, other: ActivationPair) -> None:
        """Add all that `other` has seen, as though its batches had come here.

        Raises
        ------
        TypeError
            `other` is not a pair.
        ValueError
            Its widths differ.
        """
        if not isinstance(other, ActivationPair):
            raise TypeError(f"merge needs an ActivationPair, got {type(other).__name__}")
        self._gram.merge(other._gram)

    def __add__(self, other: ActivationPair) -> ActivationPair:
        """Return a new pair that has seen what both have."""
        if not isinstance(other, ActivationPair):
            return NotImplemented
        total = self.__copy__()
        total.merge(other)
        return total

    def __copy__(self) -> ActivationPair:
        copy = ActivationPair()
        copy._gram = self._gram.copy()
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> ActivationPair:
        return self.__copy__()

    def __repr__(self) -> str:
        return f"ActivationPair({self.n_x} + {self.n_y} neurons, {self.n_samples} samples)"


def gram_of(x: Samples | ActivationPair, y: Samples | None, progress: bool = False) -> _core.Gram:
    """Return the Gram matrix of what a public function was given: two arrays or a pair."""
    if isinstance(x, ActivationPair):
        if y is not None:
            raise TypeError("a pair holds both sides already: pass it alone, without y")
        if x.n_samples == 0:
            raise ValueError("the pair is empty: update it with at least one batch")
        return x._gram
    if y is None:
        raise TypeError("y is missing: pass two arrays, x and y, or one ActivationPair")
    if isinstance(y, ActivationPair):
        raise TypeError("y is a pair, which holds both sides: pass it alone, as x")
    x_samples, y_samples = as_samples(x, "x"), as_samples(y, "y")
    gram = _core.Gram()
    with progress_bar("Reading samples", progress) as report:
        gram.update(x_samples, y_samples, report)
    return gram
