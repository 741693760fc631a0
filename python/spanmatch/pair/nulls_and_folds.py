"""Nulls, which shift items circularly, and folds of items, both of which a pair can sum too."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from spanmatch.base.arguments import as_count
from spanmatch.pair.pair import ActivationPair, copy_gram, make_gram, read_gram

if TYPE_CHECKING:
    from collections.abc import Iterator

    import spanmatch._core as core
    from spanmatch.base.arguments import RowsPerItem
    from spanmatch.pair.types import Samples

# With 39 nulls, p is still at most 0.05 if one null reaches the data.
USUAL_NULLS = 39
USUAL_FOLDS = 16


@dataclass(frozen=True)
class Resampling:
    """The number of nulls and folds of a pair, and their seed."""

    nulls: int = 0
    folds: int = 0
    seed: int = 0

    @property
    def anything(self) -> bool:
        """Whether there are nulls or folds."""
        return self.nulls > 0 or self.folds > 0

    def count_beside(self, *widths: int) -> int:
        """Return how many numbers nulls and folds take beside the sums of sides of these widths."""
        between = sum(a * b for a, b in combinations(widths, 2))
        return self.nulls * between + self.folds * sum(widths) ** 2

    def make_pair(self) -> ActivationPair:
        """Return an empty pair with these nulls and folds."""
        return ActivationPair(nulls=self.nulls, folds=self.folds, seed=self.seed)


NO_RESAMPLING = Resampling()


def check_inputs(inputs: int, folds: int) -> None:
    """Raise ValueError if there are fewer inputs than folds."""
    if inputs < folds:
        raise ValueError(
            f"{folds} folds need {folds} inputs at least, got {inputs}: take fewer `folds`"
        )


def read_gram_with_nulls(
    x: Samples | ActivationPair,
    y: Samples | None,
    *,
    nulls: int | None,
    rows_per_item: RowsPerItem,
    seed: int,
    progress: bool,
) -> core.Gram:
    """Return the Gram matrix of two arrays or a pair, with its nulls."""
    if isinstance(x, ActivationPair):
        _check_left_to_pair("nulls", nulls, rows_per_item)
        gram = copy_gram(x, y)
        if gram.n_nulls == 0:
            raise _describe_lack("nulls", USUAL_NULLS)
        return gram
    count = USUAL_NULLS if nulls is None else as_count(nulls, "nulls", 1)
    empty = partial(make_gram, nulls=count, seed=seed)
    return read_gram(x, y, progress, empty=empty, rows_per_item=rows_per_item)


def read_gram_with_folds(
    x: Samples | ActivationPair,
    y: Samples | None,
    *,
    folds: int | None,
    rows_per_item: RowsPerItem,
    seed: int,
    progress: bool,
) -> core.Gram:
    """Return the Gram matrix of two arrays or a pair, with its folds."""
    if isinstance(x, ActivationPair):
        _check_left_to_pair("folds", folds, rows_per_item)
        gram = copy_gram(x, y)
        if not gram.fold_samples:
            raise _describe_lack("folds", USUAL_FOLDS)
        return gram
    count = USUAL_FOLDS if folds is None else as_count(folds, "folds", 2)
    empty = partial(make_gram, folds=count, seed=seed)
    return read_gram(x, y, progress, empty=empty, rows_per_item=rows_per_item)


@contextmanager
def lend_gram_with_folds(x: ActivationPair, y: Samples | None) -> Iterator[core.Gram]:
    """Lend the Gram matrix of a pair with folds, and block updates meanwhile."""
    with x._gram.lock:
        gram = read_gram(x, y)
        if not gram.fold_samples:
            raise _describe_lack("folds", USUAL_FOLDS)
        yield gram


def _check_left_to_pair(name: str, count: int | None, rows_per_item: RowsPerItem) -> None:
    """Raise TypeError if arguments are given that a pair already has from its construction."""
    if count is not None:
        raise TypeError(
            f"a pair has its {name} from the start: make it by ActivationPair({name}=…)"
        )
    check_items_left_to_pair(rows_per_item)


def check_items_left_to_pair(rows_per_item: RowsPerItem) -> None:
    """Raise TypeError if `rows_per_item` is given beside a pair, which knows its items."""
    rows: object = rows_per_item
    if not isinstance(rows, int) or rows != 1:
        raise TypeError("a pair knows its items: pass rows_per_item to its update")


def _describe_lack(name: str, usual: int) -> ValueError:
    return ValueError(
        f"the pair keeps no {name}, which are summed as batches come: make it by "
        f"ActivationPair({name}={usual}) and update it again"
    )
