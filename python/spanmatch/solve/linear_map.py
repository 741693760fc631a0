"""Linear maps between the two sides of a match, as for stitching one network onto another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import spanmatch._core as core
from spanmatch.results.match import Match
from spanmatch.results.structure import LinearMap
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples


def linear_map(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    match: Match,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> LinearMap:
    """Fit each side of a match by the other, in the units of the samples.

    The fit is least squares with the ridge of the match: `x[:, match.x] @ map.y + map.y_offset` is
    the best prediction of the matched neurons of y from those of x. The residuals are those on the
    samples of the fit. `held_out` measures how well a map carries over to other samples.

    Parameters
    ----------
    x, y
        As for `spectrum`.
    match
        A match of these sides, as from `maximum_match` or `simple_matches`.
    center
        Whether to fit offsets too. Use the value that the match was found with.
    ridge
        λ, as for `spectrum`. None takes the λ of the match.
    rows_per_item
        As for `spectrum`.

    Returns
    -------
    LinearMap
        Coefficients, offsets and relative residuals in both directions.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; `match` is not a `Match`, belongs to sides of other widths, or holds a
        dead neuron.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the match's larger side.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((1000, 3))
    >>> y = x[:, :2] @ [[1.0, 2.0], [3.0, 4.0]]
    >>> match = sm.maximum_match(x, y, eps=0.1)
    >>> linear_map(x, y, match=match).y.round(4)
    array([[1., 2.],
           [3., 4.]])
    """
    check_match(match)
    how = Regularisation.of(center, match.ridge if ridge is None else ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item)
    check_widths(match, *problem.widths)
    (in_x, in_y), resolution = core.linear_map(
        problem.gram, match.x, match.y, problem.center, problem.ridge
    )
    largest = max(match.x.size, match.y.size)
    warn_if_undersampled(problem.gram.n_samples, largest, problem.ridge)
    return LinearMap(*in_x, *in_y, resolution, problem.ridge)


def check_match(match: Match) -> None:
    """Raise TypeError if the argument `match` is not a Match."""
    if not isinstance(match, Match):
        raise TypeError(f"match must be a Match, got {type(match).__name__}")


def check_widths(match: Match, n_x: int, n_y: int) -> None:
    """Raise ValueError if a match belongs to sides of other widths."""
    if (match.n_x, match.n_y) != (n_x, n_y):
        raise ValueError(
            f"match is of sides of {match.n_x} and {match.n_y} neurons, x and y have {n_x} and "
            f"{n_y}"
        )
