"""Every measure beside its nulls: what is left of it above what unrelated sides reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import USUAL_NULLS, read_gram_with_nulls
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.calibration import LEVEL, Calibration, check_level
from spanmatch.solve.centered import center_products
from spanmatch.solve.cross_measures import measure_between
from spanmatch.solve.debiased import DebiasedSums
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.one_to_one import find_one_to_one
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.side_factors import factor_sides
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import spanmatch._core as core
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.result import Floats
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.solve.problem import Problem

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
"""Those that are found from the centred products alone, as `Measures` names them."""


def calibrate(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    nulls: int | None = None,
    level: float = LEVEL,
    eps: Sequence[float] = (),
    rows_per_item: RowsPerItem = 1,
    seed: int = 0,
    center: bool = False,
    ridge: Ridge = None,
    progress: bool = False,
) -> Calibration:
    """Measure likeness in every way, and tell of each measure what is more than chance.

    Width, few samples and dependent rows raise every measure of unrelated sides, each by another
    amount. Against nulls, in which items of y are shifted circularly (see `null_spectra`), all of
    them become comparable: with τ the quantile of a measure's nulls at 1 - level, its calibrated
    score is max(0, (value - τ) / (1 - τ)), 0 where the value is no more than chance and 1 at the
    most there is (Groeger, Wen and Brbic, arXiv 2602.14486). A score is above 0 exactly where the
    p-value is at most `level`.

    Each side is factored once for the data and all nulls.

    Parameters
    ----------
    x, y, center, ridge, progress
        As for `spectrum`; `center` and `ridge` are of the areas and of s(ε), since every other
        measure subtracts each neuron's mean. A pair must be made with `nulls`.
    nulls
        How many, of two arrays; None: 39. A level of 0.05 needs 19.
    level
        The part of unrelated networks that may have a score above 0.
    eps
        Where s(ε) is calibrated too; the measure is then named "s(0.3)".
    rows_per_item, seed
        As for `null_spectra`.

    Returns
    -------
    Calibration
        A mapping from names, "area", "one_to_one_area", "linear_cka", "debiased_cka", "mean_cca",
        "svcca", "pwcca", "procrustes_similarity", "r2_x", "r2_y", to value, threshold τ, score and
        p-value. All four but the value are nan where a measure has none.

    Raises
    ------
    TypeError, ValueError
        As `null_spectra`; there are too few nulls for the level; `ridge="auto"`, which would choose
        another λ for each null: give a number.

    Warns
    -----
    UndersampledWarning
        As `spectrum`.

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
    how = Regularisation.of(center, ridge)
    if how.ridge == "auto":
        raise ValueError(
            'ridge="auto" would choose another λ for each null: give calibrate a number, as that '
            'of spectrum(x, y, ridge="auto").ridge'
        )
    if not isinstance(x, ActivationPair):
        check_level(level, USUAL_NULLS if nulls is None else nulls)
    gram = read_gram_with_nulls(
        x, y, nulls=nulls, rows_per_item=rows_per_item, seed=seed, progress=progress
    )
    problem = how.of_gram(gram)
    found = find_calibration(problem, level=level, eps=eps, progress=progress)
    warn_if_undersampled(gram.n_samples, max(problem.widths), problem.ridge)
    return found


def find_calibration(
    problem: Problem,
    *,
    level: float = LEVEL,
    eps: Sequence[float] = (),
    spectrum: MatchSpectrum | None = None,
    nulls: NullSpectra | None = None,
    progress: bool = False,
) -> Calibration:
    """Return the measures of a problem whose Gram keeps nulls: calibrated at the level.

    The spectrum and those of the nulls are found where they are not given.
    """
    gram = problem.gram
    rolls = np.array(gram.null_rolls, np.uint64)
    check_level(level, int(np.unique(rolls).size))
    measured = _Measured(gram)
    spectrum = find_spectrum(problem) if spectrum is None else spectrum
    s_eps = {f"s({each:g})": float(spectrum.similarity(each)) for each in eps}
    areas = {"area": spectrum.area, "one_to_one_area": find_one_to_one(problem).area}
    observed = {**areas, **measured.measure(), **s_eps}
    columns: list[list[float]] = []
    first: dict[int, int] = {}
    with show_progress("Calibrating", progress) as report:
        for index, roll in enumerate(rolls.tolist()):
            # A null that repeats another's shifts repeats its measures.
            if first.setdefault(roll, index) < index:
                columns.append(columns[first[roll]])
            else:
                null = problem.of_gram(gram.null(index))
                of_null = find_spectrum(null) if nulls is None else nulls[index]
                columns.append(
                    [
                        of_null.area,
                        find_one_to_one(null).area,
                        *measured.measure(index).values(),
                        *(float(of_null.similarity(each)) for each in eps),
                    ]
                )
            if report is not None:
                report(index + 1, rolls.size)
    return Calibration(
        tuple(observed),
        np.array(list(observed.values())),
        np.array(columns).T,
        rolls,
        level,
        problem.ridge,
    )


class _Measured:
    """The measures that are found from the centred products, with each side factored once."""

    def __init__(self, gram: core.Gram) -> None:
        products, n_x = center_products(gram), gram.n_x
        self._gram, self._cross = gram, products[:n_x, n_x:]
        self._sides = factor_sides(products, n_x)
        self._debiased = None if self._sides is None else DebiasedSums.of(gram, self._sides)

    def measure(self, null: int | None = None) -> dict[str, float]:
        """Return the measures of the data, or of a null."""
        cross: Floats = self._cross if null is None else self._gram.centered_null(null)
        found = dict.fromkeys(FROM_PRODUCTS, np.nan)
        if self._sides is not None:
            found |= {
                name: value
                for name, value in measure_between(self._sides, cross).items()
                if name in found
            }
        if self._debiased is not None:
            found["debiased_cka"], _ = self._debiased.measure(cross, null)
        return found
