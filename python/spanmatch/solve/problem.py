"""What the core is asked about: the sums of two sides, centred or not, and the ridge."""

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
    """How residuals are measured, as it was asked for."""

    center: bool
    """Whether each neuron's mean is subtracted."""
    ridge: Ridge
    """λ, or how it is found."""

    @classmethod
    def of(cls, center: bool, ridge: Ridge) -> Regularisation:
        """Check what a public function was given, before any long work."""
        return cls(as_center(center), as_ridge(ridge))

    def read(
        self,
        x: Samples | ActivationPair,
        y: Samples | None,
        *,
        rows_per_item: RowsPerItem = 1,
        progress: bool = False,
    ) -> Problem:
        """Return the problem of two arrays or a pair. Arrays are dealt to folds where need be."""
        if isinstance(x, ActivationPair):
            check_items_left_to_pair(rows_per_item)
            if self.ridge == "auto":
                # A copy of all folds would take as long as two spectra.
                with lend_gram_with_folds(x, y) as gram:
                    return self.of_gram(gram)
        if self.ridge != "auto":
            return self.of_gram(read_gram(x, y, progress, rows_per_item=rows_per_item))
        gram = read_gram_with_folds(
            x, y, folds=None, rows_per_item=rows_per_item, seed=0, progress=progress
        )
        return self.of_gram(gram)

    def of_gram(self, gram: core.Gram) -> Problem:
        """Return the problem of sums; of λ that is to be chosen, they have folds."""
        ridge = choose_ridge(gram, self.center) if self.ridge == "auto" else self.ridge
        return Problem(gram, self.center, ridge)


@dataclass(frozen=True)
class Problem:
    """What the core is asked about."""

    gram: core.Gram
    center: bool
    ridge: float | None
    """λ; None: δ²."""

    @property
    def widths(self) -> tuple[int, int]:
        """How many neurons x and y have."""
        return self.gram.n_x, self.gram.n_y

    def of_gram(self, gram: core.Gram) -> Problem:
        """Return the same question to other sums."""
        return replace(self, gram=gram)
