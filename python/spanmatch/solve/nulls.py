"""Permutation nulls by circular shift, and p-values."""

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
    """Find the match spectra of permutation nulls: what unrelated networks would match.

    A null pairs each item of x, such as an image with all its positions, with another item of y: it
    shifts y circularly by whole items. The shift keeps everything that makes two layers alike
    without a relation between the networks: the products within each side, positive means, the
    smoothness and the fixed positions of maps, and the number of items. It breaks only what the
    sides share about an item. Two untrained networks that see the same inputs are also more alike
    than the nulls, so a match above chance is not yet a result of training.

    The nulls are valid under three conditions.

    - The order of the items says nothing: shuffle them first. If neighbours are alike, as frames
      of a video are, a short shift leaves some relation, and p-values are too large.
    - Items have the same length, or no special positions. With different lengths rows meet rows of
      other positions. If some are special, as the first token of a text is, unrelated networks seem
      related: in a simulation p was at most 0.05 in 60 % of the draws.
    - Batches have enough items, since a batch of n items has only n - 1 shifts. In a simulation of
      unrelated networks with 19 nulls and 30 batches, p was at most 0.05 in 16 % of the draws with
      3 items in a batch, and in 6 % with 8 items.

    Parameters
    ----------
    x, y, center, ridge, progress
        As for `spectrum`. A pair must have been made with `nulls`. `ridge="auto"` chooses λ for
        each null as for the data; it needs two arrays, since the nulls of a pair have no folds.
    nulls
        The number of nulls, for two arrays; None is 39. An array of n items has n - 1 shifts.
    rows_per_item
        Which rows of two arrays belong to one item: see `ActivationPair.update`.
    seed
        The seed of the circular shifts of two arrays.

    Returns
    -------
    NullSpectra
        A sequence of `MatchSpectrum`, one for each null.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; the pair has no nulls; `nulls` is given beside a pair; `rows_per_item`
        does not add up to the number of rows.

    Warns
    -----
    UndersampledWarning
        As for `spectrum`.

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
    """Compute the p-value of the area or of s(ε): how often unrelated networks match as well.

    p is (1 + the number of nulls that match at least as well) / (1 + the number of nulls), which is
    valid at any number of nulls and never 0 (Phipson and Smyth 2010). To be below 0.05 it needs at
    least 20 nulls. A null that repeats the shifts of another is counted once.

    If the networks are unrelated, the p-value of the area is uniform. The p-value of s(ε) can be
    too large but not too small, since s(ε) moves in steps and often ties with its nulls. See
    `null_spectra` for what a null keeps and what it breaks. The p-value is about these two networks
    on such inputs. For a claim about training, compare several networks.

    Parameters
    ----------
    x, y, nulls, rows_per_item, seed, center, ridge, progress
        As for `null_spectra`.
    eps
        A number in [0, 1), or an array of them, for the p-value of s(ε). None is the p-value of the
        area. If `x` is a pair, `eps` may be the second argument: `p_value(pair, 0.2)`.

    Returns
    -------
    float or array
        In (0, 1]; an array has the shape of `eps`.

    Raises
    ------
    TypeError, ValueError
        As for `null_spectra`; `eps` is wrong as for `MatchSpectrum.similarity`.

    Warns
    -----
    UndersampledWarning
        As for `spectrum`.

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
                "eps is given twice: a pair holds both sides already, so a second argument is eps, "
                "as in p_value(pair, 0.2)"
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
    observed.similarity(0.0 if eps is None else eps)  # Checks eps before the long work.
    if how.ridge == "auto":
        found = solve_rolled(
            x, y, gram, how, rows_per_item, chosen=problem.ridge, progress=progress
        )
    else:
        found = solve_nulls(problem, progress=progress)
    return found.p_value(observed, eps)


def solve_nulls(problem: Problem, *, progress: bool = False) -> NullSpectra:
    """Return the spectra of the nulls in a Gram matrix, which has at least one."""
    gram = problem.gram
    nulls = (problem.of_gram(gram.null(index)) for index in range(gram.n_nulls))
    return _solve_each(nulls, gram, progress)


def refuse_auto_of_pair(x: object) -> None:
    """Raise ValueError if x is a pair, whose nulls have no folds to choose a ridge by."""
    if isinstance(x, ActivationPair):
        raise ValueError(
            'ridge="auto" chooses λ for each null, but the nulls of a pair have no folds to choose '
            'it by: give a number, as that of spectrum(pair, ridge="auto").ridge, or arrays'
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
    """Return the spectra of the nulls of two arrays, with λ chosen for each null.

    For each null y is shifted as in the Gram matrix, and the rows are dealt to folds again.
    `chosen` is λ of the data.
    """
    shifts, *_ = gram.plan(gram.n_samples, as_rows_per_item(rows_per_item), 0, 0)
    nulls = (how.read(x, _roll(y, shift), rows_per_item=rows_per_item) for shift in shifts)
    # For unrelated sides a λ at the edge of the grid is to be expected.
    with silence_ridge_warnings():
        return _solve_each(nulls, gram, progress, chosen)


def _roll(y: Samples, shift: int) -> Any:
    samples = as_samples(y, "y")
    if not isinstance(samples, np.ndarray):
        return samples.roll(-shift, 0)
    rolled = np.roll(samples, -shift, axis=0)
    # uint16 here holds the bits of bfloat16.
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
