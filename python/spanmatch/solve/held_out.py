"""Cross-validation of a match: its residuals on folds that were left out of the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import read_gram_with_folds
from spanmatch.results.residuals import Residuals
from spanmatch.solve.decompositions import solve
from spanmatch.solve.fold_products import list_splits
from spanmatch.solve.linear_map import check_match, check_widths
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.resolution import find_resolution

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.match import Match
    from spanmatch.results.result import Floats, Indices
    from spanmatch.solve.fold_products import Split
    from spanmatch.solve.problem import Problem


def held_out(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    match: Match,
    ridge: Ridge = None,
    reselect: bool = False,
    center: bool = False,
    folds: int | None = None,
    rows_per_item: RowsPerItem = 1,
    seed: int = 0,
    progress: bool = False,
) -> Residuals:
    """Measure by cross-validation how well a match carries over to other inputs.

    Each fold of the inputs is left out in turn. On this fold every neuron of the match is predicted
    from the match's neurons of the other side, with weights fitted on the other folds. The weights
    are cross-validated, but the choice of neurons is not, since the match was found on all folds.
    So the residuals are a little too small. With `reselect=True` the predictors of each fold are
    the neurons of the maximum match of the other folds.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`. A pair must have been made with `folds`.
    match
        A match of these sides, as from `maximum_match` or `spectrum(…).match`.
    ridge
        λ of the fits, as for `spectrum`. None takes the λ of the match. "auto" chooses λ once, on
        all folds.
    reselect
        Whether to find the maximum match of the other folds again, at the ε of the match, and
        predict from its neurons.
    center
        Whether to fit offsets too, with the means of the other folds. Use the value that the match
        was found with.
    folds
        The number of folds that the items of two arrays are dealt to; None is 16.
    rows_per_item
        Which rows of two arrays belong to one item: see `ActivationPair.update`.
    seed
        The seed of the folds of two arrays.

    Returns
    -------
    Residuals
        `.x` holds √(Σ error² / Σ energy), summed over all folds, for every x of the match in its
        order, and `.y` for every y. The energy is taken about the fitted means. A residual above 1
        means that a neuron is predicted worse than by nothing. A neuron that is zero on the other
        folds predicts nothing, and is predicted as zero. Unlike those of `linear_map`, these
        residuals do not include the penalty λ |w|².

    Raises
    ------
    TypeError, ValueError
        As for `linear_map`; the pair has no folds; `folds` is given beside a pair; there are fewer
        items than folds.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((60, 40)), rng.standard_normal((60, 40))
    >>> match = sm.spectrum(x, y, ridge=0.1).match(0.8)
    >>> fitted, carried = sm.linear_map(x, y, match=match), held_out(x, y, match=match)
    >>> bool(fitted.x_residuals.max() < 0.8), bool(carried.x.min() > 0.9)
    (True, True)
    """
    check_match(match)
    if not isinstance(reselect, bool | np.bool_):
        raise TypeError(f"`reselect` must be True or False, got {type(reselect).__name__}")
    how = Regularisation.of(center, match.ridge if ridge is None else ridge)
    gram = read_gram_with_folds(
        x, y, folds=folds, rows_per_item=rows_per_item, seed=seed, progress=progress
    )
    check_widths(match, gram.n_x, gram.n_y)
    problem = how.of_gram(gram)
    # This call raises an error if the match or λ is wrong for these sides.
    _, resolution = core.linear_map(gram, match.x, match.y, problem.center, problem.ridge)
    return judge_match(problem, match, resolution, reselect=bool(reselect), progress=progress)


def judge_match(
    problem: Problem,
    match: Match,
    resolution: float,
    *,
    reselect: bool = False,
    progress: bool = False,
) -> Residuals:
    """Return the residuals of a match on the folds of a problem, which has at least two.

    The match must belong to these sides. `resolution` is the δ at which they were solved.
    """
    gram = problem.gram
    columns = match.x, match.y + gram.n_x
    errors, energy = (np.zeros(gram.n_x + gram.n_y) for _ in range(2))
    with show_progress("Leaving out folds", progress) as report:
        for done, split in enumerate(list_splits(gram, problem.center), start=1):
            predictors = _reselect(problem, match, split) if reselect else columns
            errors += _find_errors(problem, split, predictors, columns)
            energy += split.energy
            if report is not None:
                report(done, len(gram.fold_samples))
    with np.errstate(invalid="ignore"):
        of_x, of_y = (np.sqrt(errors[side] / energy[side]) for side in columns)
    return Residuals(of_x, of_y, resolution, problem.ridge)


def _reselect(problem: Problem, match: Match, split: Split) -> tuple[Indices, Indices]:
    """Return the columns of the maximum match of the folds of the fit."""
    (x, y), _ = core.maximum_match(split.gram, match.eps, problem.center, problem.ridge)
    return x, y + split.gram.n_x


def _find_errors(
    problem: Problem,
    split: Split,
    predictors: tuple[Indices, Indices],
    targets: tuple[Indices, Indices],
) -> Floats:
    """Return the squared errors of the targets of each side on the fold that is left out.

    Other neurons, and those that are zero on the folds of the fit, are predicted as zero. Their
    error is their energy.
    """
    usual = find_resolution(sum(problem.widths)) ** 2
    ridge = usual if problem.ridge is None else problem.ridge
    errors = split.energy.copy()
    for side in (0, 1):
        of, by = split.find(targets[side]), split.find(predictors[1 - side])
        own, across = np.ix_(by, by), np.ix_(by, of)
        weights = solve(split.fitted[own] + ridge * np.eye(by.size), split.fitted[across])
        added = weights * (split.left_out[own] @ weights - 2.0 * split.left_out[across])
        squares = np.maximum(split.left_out.diagonal()[of] + added.sum(axis=0), 0.0)
        columns = split.live[of]
        errors[columns] = squares * split.norms[columns] ** 2
    return np.asarray(errors)
