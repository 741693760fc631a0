"""Questions about chosen neurons: whether they are a match, a simple or a minimum match."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import spanmatch._core as core
from spanmatch.base.arguments import as_eps, as_index
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.resolution import warn_if_raised
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from spanmatch.base.arguments import Neuron, Ridge, RowsPerItem
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples

Answer = TypeVar("Answer")


def is_match(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    x_index: ArrayLike,
    y_index: ArrayLike,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> bool:
    """Tell whether chosen neurons of both sides are an ε-match.

    They are one if every chosen x is within ε of the span of the chosen y, and every chosen y is
    within ε of the span of the chosen x. The empty set is a match. A dead neuron belongs to no
    match. A residual that exceeds ε by no more than rounding counts as within ε. (With regression
    coefficients w the error of r² is about u (1 + Σ|w|)², with u = 2⁻⁵³. It is small unless
    coefficients are in the thousands.)

    Parameters
    ----------
    x, y, center, ridge, rows_per_item
        As for `spectrum`.
    eps
        The largest residual allowed, in [0, 1).
    x_index, y_index
        The columns of the chosen neurons: lists or integer arrays, in any order, without repeats.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        As for `maximum_match`; an index is not an integer, out of range or repeated.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each chosen neuron of the larger side.
    RaisedResolutionWarning
        Rounding left no answer at the usual resolution δ, so δ was raised.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> is_match(x, 2 * x, eps=0.1, x_index=[0, 2], y_index=[0, 2])
    True
    >>> is_match(x, 2 * x, eps=0.1, x_index=[0, 2], y_index=[0])
    False
    """
    how = Regularisation.of(center, ridge)
    return ask_of_set(
        core.is_match,
        x,
        y,
        eps=eps,
        chosen=(x_index, y_index),
        how=how,
        rows_per_item=rows_per_item,
    )


def is_simple(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    x_index: ArrayLike,
    y_index: ArrayLike,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> bool:
    """Tell whether chosen neurons of both sides are a simple match.

    A simple match is a match that is not a union of smaller matches. The answer is False for a set
    that is not a match, and for the empty set. Parameters, errors and warnings are those of
    `is_match`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> is_simple(x, 2 * x, eps=0.1, x_index=[2], y_index=[2])
    True
    >>> is_simple(x, 2 * x, eps=0.1, x_index=[0, 2], y_index=[0, 2])
    False
    """
    how = Regularisation.of(center, ridge)
    return ask_of_set(
        core.is_simple,
        x,
        y,
        eps=eps,
        chosen=(x_index, y_index),
        how=how,
        rows_per_item=rows_per_item,
    )


def minimum_for(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    x_index: ArrayLike,
    y_index: ArrayLike,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> list[Neuron]:
    """List the neurons for which a match is a minimum match.

    A match is a minimum match of a neuron if no smaller match inside it holds the neuron. A match
    is simple exactly if it is a minimum match of at least one neuron. Parameters and warnings are
    those of `is_match`.

    Returns
    -------
    list
        Neurons by side and column, such as `("x", 7)`: those of x first, in rising order.

    Raises
    ------
    TypeError, ValueError
        As for `is_match`; the chosen neurons are not a match.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> y = x @ [[2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    >>> minimum_for(x, y, eps=0.1, x_index=[0, 1], y_index=[0, 1])  # x0 and y0 need no other
    [('x', 1), ('y', 1)]
    """
    how = Regularisation.of(center, ridge)
    return ask_of_set(
        core.minimum_for,
        x,
        y,
        eps=eps,
        chosen=(x_index, y_index),
        how=how,
        rows_per_item=rows_per_item,
    )


def ask_of_set(
    question: Callable[..., tuple[Answer, float]],
    x: Samples | ActivationPair,
    y: Samples | None,
    *,
    eps: float,
    chosen: tuple[ArrayLike, ArrayLike],
    how: Regularisation,
    rows_per_item: RowsPerItem,
) -> Answer:
    """Check the arguments of the public function that calls this, and call the core."""
    eps = as_eps(eps)
    chosen_x, chosen_y = as_index(chosen[0], "x_index"), as_index(chosen[1], "y_index")
    problem = how.read(x, y, rows_per_item=rows_per_item)
    answer, resolution = question(
        problem.gram, eps, chosen_x, chosen_y, problem.center, problem.ridge
    )
    warn_if_raised(resolution, sum(problem.widths), depth=2)
    largest = max(chosen_x.size, chosen_y.size)
    warn_if_undersampled(problem.gram.n_samples, largest, problem.ridge, depth=2)
    return answer
