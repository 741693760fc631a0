"""The same data again: rolled for nulls, dealt to folds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from spanmatch.base.arguments import as_count
from spanmatch.pair.pair import ActivationPair, empty_gram, gram_of

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.base.arguments import RowsPerItem
    from spanmatch.pair.types import Samples


@dataclass(frozen=True)
class Keeps:
    """What pairs keep beside their sums."""

    nulls: int = 0
    folds: int = 0
    seed: int = 0

    @property
    def anything(self) -> bool:
        """Whether there are nulls or folds."""
        return self.nulls > 0 or self.folds > 0

    def empty_pair(self) -> ActivationPair:
        """Return a pair that keeps these."""
        return ActivationPair(nulls=self.nulls, folds=self.folds, seed=self.seed)


NOTHING = Keeps()


@dataclass(frozen=True)
class Kind:
    """What a pair may keep beside its own sums."""

    name: str
    """As the argument is called."""
    usual: int
    """How many, where nothing is said."""
    least: int
    """How many, at least, where there are to be any."""


# With 39, p < 0.05 leaves room for one null that reaches the data.
NULLS = Kind("nulls", 39, 1)
FOLDS = Kind("folds", 16, 2)


def check_inputs(inputs: int, folds: int) -> None:
    """Raise ValueError where there are fewer inputs than folds to deal them among."""
    if inputs < folds:
        raise ValueError(f"{folds} folds need {folds} inputs at least, got {inputs}: take fewer")


def gram_with(
    kind: Kind,
    x: Samples | ActivationPair,
    y: Samples | None,
    *,
    count: int | None,
    rows_per_item: RowsPerItem,
    seed: int,
    progress: bool,
) -> core.Gram:
    """Return the Gram, which keeps nulls or folds, of two arrays or a pair."""
    name = kind.name
    if not isinstance(x, ActivationPair):
        count = kind.usual if count is None else as_count(count, name, kind.least)
        empty = partial(empty_gram, seed=seed, **{name: count})
        return gram_of(x, y, progress, empty=empty, rows_per_item=rows_per_item)
    if count is not None:
        raise TypeError(
            f"a pair has its {name} from the start: make it by ActivationPair({name}=…)"
        )
    if not isinstance(rows_per_item, int) or rows_per_item != 1:
        raise TypeError("a pair knows its items: pass rows_per_item to its update")
    # Of one moment, whatever is added meanwhile.
    gram = gram_of(x, y).copy()
    if not (gram.n_nulls if kind is NULLS else gram.fold_samples):
        raise ValueError(
            f"the pair keeps no {name}, which are summed as batches come: make it by "
            f"ActivationPair({name}={kind.usual}) and update it again"
        )
    return gram
