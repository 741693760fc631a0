"""More than chance: what matches when y is shifted circularly against x, and how rare that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from spanmatch.base.arguments import as_rows_per_item
from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import read_gram_with_nulls
from spanmatch.pair.pair import ActivationPair
from spanmatch.pair.samples import as_samples
from spanmatch.pair.types import BFloat16
from spanmatch.results.nulls import NullSpectra
from spanmatch.solve.choose_ridge import silence_ridge_warnings
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.problem import Problem, Regularisation
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    import spanmatch._core as core
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.results.spectrum import MatchSpectrum


def null_spectra(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    nulls: int | None = None,
    rows_per_item: RowsPerItem = 1,
    seed: int = 0,
    center: bool = False,
    ridge: Ridge = None,
    progress: bool = False,
) -> NullSpectra:
    """Find the spectra of x against y shifted by whole items: unrelated networks' matches.

    A circular shift pairs each item of x with another item of y. It keeps all that makes rows alike
    without any relation between the networks: each side's own products, the positive means, the
    smoothness and the fixed positions of maps, how many items there are. It breaks what the sides
    share of an item. So two networks that see the same inputs differ from the null even if both are
    untrained: more than chance is not yet more than any two networks share.

    Items must come in an order that says nothing: shuffle them first. Where neighbours are alike,
    as the frames of a video, a shift by a few leaves some relation, and matches look less rare.
    Where items have other lengths than each other, rows meet rows of other positions. If some
    positions are special, as the first token of a text is, unrelated networks then seem related: in
    such a simulation p was at most 0.05 in 60 % of the draws. Give items of one length, or leave
    such positions out. A batch of few items has few shifts: with 19 nulls and 30 batches of 3
    items, p was at most 0.05 in 16 % of the draws of unrelated networks, with 8 items in 6 %.

    Parameters
    ----------
    x, y, center, ridge, progress
        As for `spectrum`. A pair must be made with `nulls`. With `ridge="auto"` each null has a λ
        of its own, chosen as that of the data is: for arrays alone, since the nulls of a pair have
        no folds.
    nulls
        How many, of two arrays; None: 39. An array of n items has n - 1 circular shifts.
    rows_per_item
        Where items begin, of two arrays: see `ActivationPair.update`.
    seed
        What circular shifts follow from, of two arrays.

    Returns
    -------
    NullSpectra
        A sequence of `MatchSpectrum`, one for each null.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`; a pair without nulls, or with `nulls`; items do not make up the rows.

    Warns
    -----
    UndersampledWarning
        As `spectrum`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> x = 1 + rng.random((400, 8))
    >>> y = 1 + rng.random((400, 8))
    >>> found = sm.null_spectra(x, y, nulls=5)
    >>> len(found)
    5
    >>> bool(abs(found.chance_level - np.median(sm.spectrum(x, y).chance)) < 0.02)
    True
    """
    how = Regularisation.of(center, ridge)
    if how.ridge == "auto":
        refuse_auto_of_pair(x)
    gram = read_gram_with_nulls(
        x, y, nulls=nulls, rows_per_item=rows_per_item, seed=seed, progress=progress
    )
    if how.ridge == "auto":
        problem = how.read(x, y, rows_per_item=rows_per_item)
        found = solve_rolled(
            x, y, gram, how, rows_per_item, chosen=problem.ridge, progress=progress
        )
        least = problem.ridge if found.ridges is None else float(found.ridges.min())
        warn_if_undersampled(gram.n_samples, max(problem.widths), least)
        return found
    problem = how.of_gram(gram)
    warn_if_undersampled(gram.n_samples, max(problem.widths), problem.ridge)
    return solve_nulls(problem, progress=progress)


@overload
def p_value(
    x: ActivationPair,
    y: float | None = None,
    *,
    center: bool = ...,
    ridge: Ridge = ...,
    progress: bool = ...,
) -> float: ...
@overload
def p_value(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    eps: float | None = None,
    *,
    nulls: int | None = ...,
    rows_per_item: RowsPerItem = ...,
    seed: int = ...,
    center: bool = ...,
    ridge: Ridge = ...,
    progress: bool = ...,
) -> float: ...
@overload
def p_value(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    eps: ArrayLike | None = None,
    *,
    nulls: int | None = ...,
    rows_per_item: RowsPerItem = ...,
    seed: int = ...,
    center: bool = ...,
    ridge: Ridge = ...,
    progress: bool = ...,
) -> float | Floats: ...


def p_value(
    x: Samples | ActivationPair,
    y: Samples | float | None = None,
    eps: ArrayLike | None = None,
    *,
    nulls: int | None = None,
    rows_per_item: RowsPerItem = 1,
    seed: int = 0,
    center: bool = False,
    ridge: Ridge = None,
    progress: bool = False,
) -> float | Floats:
    """Tell how often unrelated networks match as well: the p-value of the area, or of s(ε).

    p = (1 + nulls that match at least as well) / (1 + nulls), the add-one rule of Phipson and Smyth
    (2010): valid at any number of nulls, and never 0. To be below 0.05 it needs 20 nulls or more.
    A null that repeats another's shifts counts once.

    The p-value of the area is uniform where the networks are unrelated. That of s(ε) may only be
    too large: s(ε) moves in steps, and often the nulls' is the same. What the null keeps and breaks
    `null_spectra` tells. The p-value is of these two networks, and what says how surely *inputs*
    could have led to the match by chance: for a claim about training, compare several networks.

    Parameters
    ----------
    x, y, nulls, rows_per_item, seed, center, ridge, progress
        As for `null_spectra`.
    eps
        A number in [0, 1), or an array of them; None: the p-value of the area. A pair holds both
        sides, so there is no y to give: a second argument is then eps, and `p_value(pair, 0.2)` is
        `p_value(pair, eps=0.2)`. Arrays of samples have two axes: with a pair they are refused.

    Returns
    -------
    float or array
        In (0, 1]; an array has the shape of `eps`.

    Raises
    ------
    TypeError, ValueError
        As `null_spectra`; `eps` as `MatchSpectrum.similarity`.

    Warns
    -----
    UndersampledWarning
        As `spectrum`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((400, 8))
    >>> sm.p_value(x, x + rng.standard_normal((400, 8)), nulls=99)
    0.01
    >>> pair = sm.ActivationPair(nulls=19)
    >>> pair.update(x, rng.standard_normal((400, 8)))
    >>> sm.p_value(pair) > 0.05
    True
    """
    if isinstance(x, ActivationPair) and y is not None and getattr(y, "ndim", 0) < 2:
        if eps is not None:
            raise TypeError(
                "eps is given twice: a pair holds both sides already, so that a second argument is "
                "eps, as in p_value(pair, 0.2)"
            )
        y, eps = None, y
    how = Regularisation.of(center, ridge)
    if how.ridge == "auto":
        refuse_auto_of_pair(x)
    gram = read_gram_with_nulls(
        x,
        y,  # type: ignore[arg-type]
        nulls=nulls,
        rows_per_item=rows_per_item,
        seed=seed,
        progress=progress,
    )
    if how.ridge == "auto":
        problem = how.read(x, y, rows_per_item=rows_per_item)  # type: ignore[arg-type]
    else:
        problem = how.of_gram(gram)
    warn_if_undersampled(gram.n_samples, max(problem.widths), problem.ridge)
    observed = find_spectrum(problem)
    observed.similarity(0.0 if eps is None else eps)  # what is wrong with eps, before long work
    if how.ridge == "auto":
        found = solve_rolled(
            x, y, gram, how, rows_per_item, chosen=problem.ridge, progress=progress
        )
    else:
        found = solve_nulls(problem, progress=progress)
    return found.p_value(observed, eps)


def solve_nulls(problem: Problem, *, progress: bool = False) -> NullSpectra:
    """Return the spectra of the nulls that a Gram keeps: one at least."""
    gram = problem.gram
    nulls = (problem.of_gram(gram.null(index)) for index in range(gram.n_nulls))
    return _solve_each(nulls, gram, progress)


def refuse_auto_of_pair(x: object) -> None:
    """Raise ValueError where the ridge of nulls is to be chosen, and x is a pair."""
    if isinstance(x, ActivationPair):
        raise ValueError(
            'ridge="auto" chooses λ anew for each null, and the nulls of a pair have no folds to '
            'choose it by: give a number, as that of spectrum(pair, ridge="auto").ridge, or arrays'
        )


def solve_rolled(
    x: Any,
    y: Any,
    gram: core.Gram,
    how: Regularisation,
    rows_per_item: RowsPerItem,
    *,
    chosen: float | None,
    progress: bool = False,
) -> NullSpectra:
    """Return the spectra of the nulls of two arrays, each with a λ of its own.

    `chosen` is the λ of the data.

    y is rolled as the nulls of the Gram are, and each time the rows are dealt to folds.
    """
    shifts, *_ = gram.plan(gram.n_samples, as_rows_per_item(rows_per_item), 0, 0)
    nulls = (how.read(x, _roll(y, shift), rows_per_item=rows_per_item) for shift in shifts)
    # Of unrelated sides a λ at the edge is to be expected.
    with silence_ridge_warnings():
        return _solve_each(nulls, gram, progress, chosen)


def _roll(y: Samples, shift: int) -> Any:
    samples = as_samples(y, "y")
    if not isinstance(samples, np.ndarray):
        return samples.roll(-shift, 0)
    rolled = np.roll(samples, -shift, axis=0)
    # What is read as integers are the bits of bfloat16.
    return BFloat16(rolled) if rolled.dtype == np.uint16 else rolled


def _solve_each(
    nulls: Iterable[Problem], gram: core.Gram, progress: bool, chosen: float | None = None
) -> NullSpectra:
    spectra: list[MatchSpectrum] = []
    with show_progress("Matching nulls", progress) as report:
        for null in nulls:
            spectra.append(find_spectrum(null))
            if report is not None:
                report(len(spectra), gram.n_nulls)
    return NullSpectra.of(spectra, gram.null_rolls, chosen=chosen)
