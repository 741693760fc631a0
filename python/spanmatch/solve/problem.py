"""The input of the core: the sums of two sides, centring and the ridge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spanmatch.base.arguments import as_center, as_ridge
from spanmatch.pair.nulls_and_folds import (
    check_items_left_to_pair,
    lend_gram_with_folds,
    read_gram_with_folds,
)
from spanmatch.pair.pair import ActivationPair, read_gram
from spanmatch.solve.choose_ridge import choose_ridge

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples


@dataclass(frozen=True)
class Regularisation:
    """The centring and the ridge that a public function was given."""

    center: bool
    """Whether each neuron's mean is subtracted."""
    ridge: Ridge
    """λ, None, or "auto"."""

    @classmethod
    def of(cls, center: bool, ridge: Ridge) -> Regularisation:
        """Check the arguments of a public function before any long work."""
        return cls(as_center(center), as_ridge(ridge))

    def read(
        self,
        x: Samples | ActivationPair,
        y: Samples | None,
        *,
        rows_per_item: RowsPerItem = 1,
        progress: bool = False,
    ) -> Problem:
        """Return the problem of two arrays or a pair. For "auto", arrays are dealt to folds."""
        if isinstance(x, ActivationPair):
            check_items_left_to_pair(rows_per_item)
            if self.ridge == "auto":
                # Do not copy the Gram, since a copy of all folds takes as long as two spectra.
                with lend_gram_with_folds(x, y) as gram:
                    return self.of_gram(gram)
        if self.ridge != "auto":
            return self.of_gram(read_gram(x, y, progress, rows_per_item=rows_per_item))
        gram = read_gram_with_folds(
            x, y, folds=None, rows_per_item=rows_per_item, seed=0, progress=progress
        )
        return self.of_gram(gram)

    def of_gram(self, gram: core.Gram) -> Problem:
        """Return the problem of sums, which must have folds if λ is to be chosen."""
        ridge = choose_ridge(gram, self.center) if self.ridge == "auto" else self.ridge
        return Problem(gram, self.center, ridge)


@dataclass(frozen=True)
class Problem:
    """The input of the core."""

    gram: core.Gram
    center: bool
    ridge: float | None
    """λ; None for δ²."""

    @property
    def widths(self) -> tuple[int, int]:
        """The numbers of neurons of x and y."""
        return self.gram.n_x, self.gram.n_y

    def of_gram(self, gram: core.Gram) -> Problem:
        """Return the same problem with other sums."""
        return replace(self, gram=gram)
