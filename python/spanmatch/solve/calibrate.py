"""Calibrated scores: how far each measure is above its nulls."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spanmatch.base.arguments import as_count, as_levels, as_probability
from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import USUAL_NULLS, read_gram_with_nulls
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.calibration import LEVEL, Calibration, check_level
from spanmatch.solve.centered import center_products
from spanmatch.solve.cross_measures import measure_between, measure_cka, scale_cross
from spanmatch.solve.debiased import NO_NORMS, NO_VARIANCE, DebiasedSums
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.one_to_one import find_one_to_one
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.side_factors import factor_sides
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import ArrayLike, NDArray

    import spanmatch._core as core
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.result import Floats
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.solve.problem import Problem

    Numbers = dict[str, float]

NO_LEVELS: Mapping[str, float] = MappingProxyType({})
AREAS = ("area", "one_to_one_area")
FROM_PRODUCTS = (
    "linear_cka",
    "debiased_cka",
    "mean_cca",
    "svcca",
    "pwcca",
    "procrustes_similarity",
    "r2_x",
    "r2_y",
)
"""The measures that need only the centred products, by their names in `Measures`."""
MEASURES = (*AREAS, *FROM_PRODUCTS)
OF_NORMS = {"linear_cka", "debiased_cka"}  # These need no factorisation of a side.


class MeasuredNulls(NamedTuple):
    """Measures of the data and of every null."""

    names: tuple[str, ...]
    observed: Floats
    """Each measure on the data, shape (measures,)."""
    nulls: Floats
    """Each measure on every null, shape (measures, nulls)."""
    rolls: NDArray[np.uint64]
    """An identifier of the circular shifts of each null."""
    note: str
    """Why debiased CKA is nan on the data or on a null."""


def calibrate(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    nulls: int | None = None,
    level: float = LEVEL,
    eps: ArrayLike = (),
    rows_per_item: RowsPerItem = 1,
    seed: int = 0,
    center: bool = False,
    ridge: Ridge = None,
    progress: bool = False,
) -> Calibration:
    """Compute every measure on the data and on nulls, and how far it is above chance.

    Width, few samples and dependent rows raise every measure of unrelated sides, each by another
    amount. Nulls make the measures comparable: they shift the items of y circularly (see
    `null_spectra`). With τ the quantile of a measure's nulls at 1 - level, the calibrated score is
    max(0, (value - τ) / (1 - τ)). It is 0 for a value within chance and 1 for the largest possible
    value. A score is above 0 exactly if the p-value is at most `level` (arXiv 2602.14486).

    Rows of one image or text depend on each other. Give `rows_per_item`, so that whole items are
    shifted. If single rows are shifted, unrelated networks seem related. The memory is neurons ×
    neurons, and n_x × n_y more for each null.

    Parameters
    ----------
    x, y, center, ridge, progress
        As for `spectrum`. `center` and `ridge` apply to the areas and s(ε) only, since all other
        measures subtract each neuron's mean. A pair must have been made with `nulls`.
    nulls
        The number of nulls, for two arrays; None is 39. A level of 0.05 needs at least 19.
    level
        The share of unrelated networks that may have a score above 0, in (0, 1).
    eps
        One number or several in [0, 1) at which s(ε) is calibrated too, under names such as
        "s(0.3)".
    rows_per_item, seed
        As for `null_spectra`.

    Returns
    -------
    Calibration
        A mapping from "area", "one_to_one_area", "linear_cka", "debiased_cka", "mean_cca", "svcca",
        "pwcca", "procrustes_similarity", "r2_x" and "r2_y" to value, threshold τ, score and
        p-value. If a measure is nan on the data or on a null, so are the other three.

    Raises
    ------
    TypeError, ValueError
        As for `null_spectra`; there are too few nulls for the level; `ridge` is "auto", which would
        choose another λ for each null.

    Warns
    -----
    UndersampledWarning
        As for `spectrum`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> shared, noise = rng.standard_normal((200, 4)), rng.standard_normal((2, 200, 16))
    >>> x, y = (np.hstack([shared, part]) for part in noise)
    >>> found = calibrate(x, y)
    >>> found["linear_cka"].score > 0.1, found["linear_cka"].p_value
    (True, 0.025)
    >>> unrelated = calibrate(*noise)
    >>> unrelated["mean_cca"].value > 0.2, unrelated["mean_cca"].score
    (True, 0.0)
    """
    how, levels = Regularisation.of(center, ridge), name_levels(eps)
    if how.ridge == "auto":
        raise ValueError(
            'ridge="auto" would choose another λ for each null: give calibrate a number, as that '
            'of spectrum(x, y, ridge="auto").ridge'
        )
    if isinstance(x, ActivationPair):
        as_probability(level, "level")
    else:
        check_level(level, USUAL_NULLS if nulls is None else as_count(nulls, "nulls", 1))
    gram = read_gram_with_nulls(
        x, y, nulls=nulls, rows_per_item=rows_per_item, seed=seed, progress=progress
    )
    problem = how.of_gram(gram)
    found = find_calibration(problem, level=level, eps=levels, progress=progress)
    warn_if_undersampled(gram.n_samples, max(problem.widths), problem.ridge, auto=False)
    return found


def name_levels(eps: ArrayLike) -> dict[str, float]:
    """Return each ε by the name of its s(ε), or raise ValueError if two have the same name."""
    levels = as_levels(eps).tolist()
    named = {f"s({level:g})": level for level in levels}
    if len(named) < len(levels):
        raise ValueError(f"`eps` must be levels that differ in six digits, got {levels}")
    return named


def find_calibration(
    problem: Problem,
    *,
    level: float = LEVEL,
    eps: Mapping[str, float] = NO_LEVELS,
    spectrum: MatchSpectrum | None = None,
    nulls: NullSpectra | None = None,
    progress: bool = False,
) -> Calibration:
    """Return all measures of a problem, calibrated at the level by the nulls of its Gram matrix.

    The spectrum and the spectra of the nulls are computed unless they are given.
    """
    check_level(level, len(set(problem.gram.null_rolls)))
    found = measure_nulls(
        problem, MEASURES, eps=eps, spectrum=spectrum, nulls=nulls, progress=progress
    )
    return Calibration(
        found.names, found.observed, found.nulls, found.rolls, level, problem.ridge, found.note
    )


def measure_nulls(
    problem: Problem,
    names: Collection[str],
    *,
    eps: Mapping[str, float] = NO_LEVELS,
    spectrum: MatchSpectrum | None = None,
    nulls: NullSpectra | None = None,
    progress: bool = False,
) -> MeasuredNulls:
    """Return the named measures, and s(ε), of a problem and of each of its nulls."""
    gram = problem.gram
    of_products = _FromProducts(gram, [name for name in FROM_PRODUCTS if name in names])
    wants_spectra = "area" in names or bool(eps)

    def measure(problem: Problem, spectrum: MatchSpectrum | None, null: int | None) -> Numbers:
        found: Numbers = {}
        if wants_spectra:
            spectrum = find_spectrum(problem) if spectrum is None else spectrum
            found["area"] = spectrum.area
        if "one_to_one_area" in names:
            found["one_to_one_area"] = find_one_to_one(problem).area
        found |= of_products.measure(null)
        if spectrum is not None:
            found |= {name: spectrum.similarity(level) for name, level in eps.items()}
        return {name: found[name] for name in (*names, *eps)}

    observed = measure(problem, spectrum, None)
    of_nulls: dict[int, Numbers] = {}
    with show_progress("Calibrating", progress) as report:
        for index, roll in enumerate(gram.null_rolls):
            # A null that repeats the shifts of another has the same measures.
            if roll not in of_nulls:
                # The whole Gram matrix of a null is made only if it is needed.
                needs_gram = (wants_spectra and nulls is None) or "one_to_one_area" in names
                null = problem.of_gram(gram.null(index)) if needs_gram else problem
                known = None if nulls is None else nulls[index]
                of_nulls[roll] = measure(null, known, index)
            if report is not None:
                report(index + 1, gram.n_nulls)
    drawn = [list(of_nulls[roll].values()) for roll in gram.null_rolls]
    return MeasuredNulls(
        tuple(observed),
        np.array(list(observed.values()), np.float64),
        np.array(drawn, np.float64).T,
        np.array(gram.null_rolls, np.uint64),
        of_products.note,
    )


class _FromProducts:
    """The measures that need only the centred products, with each side factorised once."""

    def __init__(self, gram: core.Gram, names: Collection[str]) -> None:
        self._gram, self._names, self.note = gram, names, ""
        if not names:
            return
        products, n_x = center_products(gram), gram.n_x
        self._cross = products[:n_x, n_x:]
        self._sides = factor_sides(products, n_x)
        self._debiased = None if self._sides is None else DebiasedSums.of(gram, self._sides)

    def measure(self, null: int | None) -> Numbers:
        """Return the measures of the data, or of a null."""
        if not self._names:
            return {}
        if self._sides is None:
            self.note = NO_VARIANCE
            return dict.fromkeys(self._names, np.nan)
        cross: Floats = self._cross if null is None else self._gram.centered_null(null)
        found: Numbers = {}
        if set(self._names) <= OF_NORMS:
            x, y = self._sides
            found["linear_cka"] = measure_cka(scale_cross(self._sides, cross), x.size, y.size)
        else:
            found = measure_between(self._sides, cross)
        if "debiased_cka" in self._names:
            value, note = (
                (np.nan, NO_NORMS)
                if self._debiased is None
                else self._debiased.measure(cross, null)
            )
            found["debiased_cka"], self.note = value, self.note or note
        return {name: found[name] for name in self._names}
