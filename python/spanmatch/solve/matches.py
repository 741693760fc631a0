"""The match spectrum, the maximum match at one ε, and residuals, of two arrays or a pair.

The theory is Wang, Hu, Gu, Wu, Hu, He and Hopcroft, "Towards Understanding Learning
Representations: To What Extent Do Different Neural Networks Learn the Same Representation",
NeurIPS 2018, https://arxiv.org/abs/1810.11750.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.arguments import as_eps, as_index
from spanmatch.base.progress import show_progress
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.match import Match
from spanmatch.results.residuals import Residuals
from spanmatch.results.spectrum import MatchSpectrum
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.undersampled import warn_if_by_chance, warn_if_undersampled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples
    from spanmatch.solve.problem import Problem


def spectrum(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
    progress: bool = False,
) -> MatchSpectrum:
    """Find the critical ε of every neuron: the smallest ε at which the maximum match holds it.

    The method starts with all neurons of both sides and repeatedly removes the neuron with the
    largest residual on the other side. The critical ε of a removed neuron is the smallest, so far,
    of these largest residuals. Residuals can only grow when neurons are removed, so one pass gives
    the maximum match at every ε. Maximum matches are generalised cores (Batagelj and Zaveršnik).

    Parameters
    ----------
    x, y
        Activations of shape (samples, n_x) and (samples, n_y): arrays, tensors or sparse rows, as
        `ActivationPair.update` takes them. Row i of both belongs to the same sample. Or one
        `ActivationPair` as `x`, without `y`.
    center
        Whether to subtract each neuron's mean first. The paper does not.
    ridge
        λ ≥ δ² of the residual: the square root of the least |z - B w|² + λ |w|², for columns of
        length 1. It is meant for few samples. With as many neurons as samples everything matches
        everything, unless λ is of the order of neurons over samples. "auto" chooses λ by
        cross-validation: of 1e-6 to 100, two values to a decade, it takes the one by which the
        sides predict each other best on folds left out. A pair must then have been made with
        `folds`; arrays are dealt to 16 folds. Residuals grow with λ (two equal neurons have
        √(λ / (1 + λ))), so state λ with every figure. None is no ridge: λ is δ² = 1e-12, which
        only decides which columns count as dependent.
    rows_per_item
        Which rows of two arrays belong to one item, for the folds of "auto": see
        `ActivationPair.update`.
    progress
        Whether to show a progress bar on standard error. Needs `rich`.

    Returns
    -------
    MatchSpectrum
        The critical ε and the chance level of every neuron.

    Raises
    ------
    TypeError, ValueError
        The arrays are wrong as for `ActivationPair.update`; `y` is missing, or given beside a pair;
        the pair is empty; `center` is not a bool; `ridge` is below δ², not finite, or a text other
        than "auto"; the pair has no folds to choose λ by.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side, and `ridge` is below a
        tenth of neurons over samples.
    RidgeWarning
        "auto" chose the smallest or the largest λ that it tries.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> y = np.column_stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], rng.standard_normal(1000)])
    >>> result = spectrum(x, y)
    >>> result.x[:2], result.y[:2]
    (array([0., 0.]), array([0., 0.]))
    >>> result.similarity(0.5) == 4 / 6
    True
    """
    how = Regularisation.of(center, ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item, progress=progress)
    result = find_spectrum(problem, keep=isinstance(x, ActivationPair), progress=progress)
    warn_if_undersampled(result.n_samples, max(result.x.size, result.y.size), result.ridge)
    return result


def find_spectrum(problem: Problem, *, keep: bool = True, progress: bool = False) -> MatchSpectrum:
    """Return the spectrum of a problem. Without `keep` its Gram matrix is left empty."""
    gram, center, ridge = problem.gram, problem.center, problem.ridge
    with show_progress("Peeling neurons", progress) as report:
        return MatchSpectrum(*core.spectrum(gram, center, ridge, keep, report), ridge)


def maximum_match(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> Match:
    """Find the maximum match at one ε: the union of all ε-matches, which is an ε-match itself.

    This is algorithm 1 of the paper: remove neurons with a residual above ε until there are none.
    The result equals `spectrum(x, y).match(eps)`.

    Parameters
    ----------
    x, y, center, ridge, rows_per_item
        As for `spectrum`.
    eps
        The largest residual that a neuron of the match may have, in [0, 1). With 0 only exact
        matches count.

    Returns
    -------
    Match
        The neurons of the match. It may be empty.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; `eps` is not a real number in [0, 1).

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side, or `eps` is at or
        above the median chance level of the living neurons.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> y = np.column_stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], rng.standard_normal(1000)])
    >>> match = maximum_match(x, y, eps=0.2)
    >>> match.x, match.y
    (array([0, 1]), array([0, 1]))
    """
    eps, how = as_eps(eps), Regularisation.of(center, ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item)
    gram, ridge = problem.gram, problem.ridge
    (matched_x, matched_y), resolution = core.maximum_match(gram, eps, problem.center, ridge)
    warn_if_by_chance(problem, eps)
    return Match(eps, matched_x, matched_y, *problem.widths, resolution, ridge)


def residuals(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    x_index: ArrayLike | None = None,
    y_index: ArrayLike | None = None,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> Residuals:
    """Measure how far every neuron is from the span of chosen neurons of the other side.

    The relative residual of a vector z on vectors B is the least |z - B w| / |z|. A small ridge
    λ |w|² takes the place of a decision on rank, so the vectors of B may depend on each other.

    Parameters
    ----------
    x, y, center, ridge, rows_per_item
        As for `spectrum`.
    x_index, y_index
        The columns of the chosen neurons: lists or integer arrays, without repeats. None chooses
        the whole side.

    Returns
    -------
    Residuals
        `.x` holds the residual of every x on the chosen y, and `.y` that of every y on the chosen
        x. It is 1.0 if no neuron is chosen, and nan for a dead neuron.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; an index is not an integer, out of range or repeated.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each chosen neuron of the larger side.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    >>> y = np.array([[3.0], [4.0], [0.0], [0.0], [0.0]])
    >>> residuals(x, y, x_index=[0]).y.round(4)
    array([0.8])
    """
    how = Regularisation.of(center, ridge)
    chosen_x = None if x_index is None else as_index(x_index, "x_index")
    chosen_y = None if y_index is None else as_index(y_index, "y_index")
    problem = how.read(x, y, rows_per_item=rows_per_item)
    gram, ridge = problem.gram, problem.ridge
    chosen_x = np.arange(gram.n_x) if chosen_x is None else chosen_x
    chosen_y = np.arange(gram.n_y) if chosen_y is None else chosen_y
    (residuals_x, residuals_y), resolution = core.residuals(
        gram, chosen_x, chosen_y, problem.center, ridge
    )
    warn_if_undersampled(gram.n_samples, max(chosen_x.size, chosen_y.size), ridge)
    return Residuals(residuals_x, residuals_y, resolution, ridge)
