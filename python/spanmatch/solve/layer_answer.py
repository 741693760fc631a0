"""All results for a pair: its spectrum, one-to-one pairs, nulls, intervals and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.results.calibration import LEVEL, check_level
from spanmatch.results.layer_answer import LayerAnswer, find_held_out_eps
from spanmatch.solve.calibrate import MeasuredNulls, find_calibration, measure_nulls
from spanmatch.solve.held_out import judge_match
from spanmatch.solve.intervals import bound_by_folds
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.nulls import refuse_auto_of_pair, solve_nulls
from spanmatch.solve.one_to_one import find_one_to_one
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.calibration import Calibration


def answer_layer(
    x: ActivationPair,
    *,
    center: bool,
    ridge: Ridge = None,
    calibrate: bool = False,
    progress: bool = False,
) -> LayerAnswer:
    """Return the spectrum of a pair, its one-to-one pairs, and the results of nulls and folds.

    With nulls λ cannot be chosen, since nulls have no folds. `calibrate` also computes the
    measures on every null.
    """
    how = Regularisation.of(center, ridge)
    if how.ridge == "auto" and x.n_nulls:
        refuse_auto_of_pair(x)
    problem = how.read(x, None)
    if calibrate:
        # Check this now, not after computing the spectra of all nulls.
        check_level(LEVEL, len(set(problem.gram.null_rolls)))
    found = find_spectrum(problem, progress=progress)
    warn_if_undersampled(found.n_samples, max(problem.widths), found.ridge)
    nulls = solve_nulls(problem, progress=progress) if problem.gram.n_nulls else None
    return LayerAnswer(
        found,
        nulls,
        bound_by_folds(problem, progress=progress) if problem.gram.fold_samples else None,
        find_one_to_one(problem, progress=progress),
        judge_match(problem, found.match(find_held_out_eps(found)), found.resolution)
        if problem.gram.fold_samples
        else None,
        find_calibration(problem, spectrum=found, nulls=nulls, progress=progress)
        if calibrate
        else None,
    )


def calibrate_answer(
    answer: LayerAnswer, x: ActivationPair, *, center: bool, level: float = LEVEL
) -> Calibration:
    """Return the calibrated measures of a pair, using the results that are already known.

    Raises
    ------
    ValueError
        The pair keeps too few distinct nulls for the level.
    """
    problem = Regularisation.of(center, answer.spectrum.ridge).read(x, None)
    return find_calibration(problem, spectrum=answer.spectrum, nulls=answer.nulls, level=level)


def measure_answer(
    answer: LayerAnswer, x: ActivationPair, measure: str, *, center: bool
) -> MeasuredNulls:
    """Return one measure of a pair and of its nulls, using results that are already known."""
    problem = Regularisation.of(center, answer.spectrum.ridge).read(x, None)
    return measure_nulls(problem, (measure,), spectrum=answer.spectrum, nulls=answer.nulls)
