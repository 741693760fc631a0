"""More than chance: what matches when y is shifted circularly against x, and how rare that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from spanmatch.base.arguments import as_center
from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import read_gram_with_nulls
from spanmatch.pair.pair import ActivationPair, wrap_gram
from spanmatch.results.nulls import NullSpectra
from spanmatch.solve.matches import spectrum
from spanmatch.solve.undersampled import silence_undersampled_warnings, warn_if_undersampled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    import spanmatch._core as core
    from spanmatch.base.arguments import RowsPerItem
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
    x, y, center, progress
        As for `spectrum`. A pair must be made with `nulls`.
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
    center = as_center(center)
    gram = read_gram_with_nulls(
        x, y, nulls=nulls, rows_per_item=rows_per_item, seed=seed, progress=progress
    )
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    return solve_nulls(gram, center=center, progress=progress)


@overload
def p_value(
    x: ActivationPair, y: float | None = None, *, center: bool = ..., progress: bool = ...
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
    x, y, nulls, rows_per_item, seed, center, progress
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
    center = as_center(center)
    gram = read_gram_with_nulls(
        x,
        y,  # type: ignore[arg-type]
        nulls=nulls,
        rows_per_item=rows_per_item,
        seed=seed,
        progress=progress,
    )
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    with silence_undersampled_warnings():
        observed = spectrum(wrap_gram(gram), center=center)
    observed.similarity(0.0 if eps is None else eps)  # what is wrong with eps, before long work
    return solve_nulls(gram, center=center, progress=progress).p_value(observed, eps)


def solve_nulls(gram: core.Gram, *, center: bool, progress: bool = False) -> NullSpectra:
    """Return the spectra of the nulls that a Gram keeps: one at least."""
    spectra: list[MatchSpectrum] = []
    with show_progress("Matching nulls", progress) as report, silence_undersampled_warnings():
        for index in range(gram.n_nulls):
            spectra.append(spectrum(wrap_gram(gram.null(index)), center=center))
            if report is not None:
                report(index + 1, gram.n_nulls)
    return NullSpectra.of(spectra, gram.null_rolls)
