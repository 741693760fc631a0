"""The structure inside a match: minimum matches, simple matches, and support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import spanmatch._core as core
from spanmatch.base.arguments import as_eps, as_neuron, as_seed
from spanmatch.base.progress import show_progress
from spanmatch.results.match import Match
from spanmatch.results.structure import Support
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.resolution import warn_if_raised
from spanmatch.solve.undersampled import warn_if_by_chance

if TYPE_CHECKING:
    from spanmatch.base.arguments import Neuron, Ridge, RowsPerItem
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples


def minimum_match(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    neuron: Neuron,
    seed: int = 0,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
) -> Match | None:
    """Find a minimum match of a neuron: a match that holds it, with no smaller such match inside.

    Algorithm 2 of the paper tries to delete every other neuron in turn, and keeps a deletion if the
    neuron is still matched. This function tries to delete whole chunks. For ε > 0 a neuron can have
    many minimum matches.

    Parameters
    ----------
    x, y, center, ridge, rows_per_item
        As for `spectrum`.
    eps
        The largest residual allowed, in [0, 1).
    neuron
        Side and column, such as `("x", 7)`.
    seed
        Determines the order of the deletions. Another seed can give another minimum match.

    Returns
    -------
    Match or None
        None if the neuron is outside the maximum match. (If columns are so nearly dependent that
        rounding decides at this ε, `maximum_match` may give another answer.)

    Raises
    ------
    TypeError, ValueError
        As for `maximum_match`; `neuron` is not a side and an integer, or there is no such neuron;
        `seed` is not an integer from 0 to 2**64 - 1.

    Warns
    -----
    UndersampledWarning
        As for `maximum_match`.
    RaisedResolutionWarning
        The answer is None, and rounding left no answer at the usual resolution δ, so δ was raised.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((1000, 4))
    >>> y = np.column_stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], 2 * x[:, 3]])
    >>> match = minimum_match(x, y, eps=0.1, neuron=("x", 0))
    >>> match.x, match.y
    (array([0, 1]), array([0, 1]))
    >>> minimum_match(x, y, eps=0.1, neuron=("x", 2)) is None
    True
    """
    eps, seed, neuron = as_eps(eps), as_seed(seed), as_neuron(neuron)
    how = Regularisation.of(center, ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item)
    found, resolution = core.minimum_match(
        problem.gram, eps, neuron, seed, problem.center, problem.ridge
    )
    warn_if_by_chance(problem, eps)
    if found is None:
        warn_if_raised(resolution, sum(problem.widths))
        return None
    return Match(eps, *found, *problem.widths, resolution, problem.ridge)


def simple_matches(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    seed: int = 0,
    method: Literal["cover", "each"] = "cover",
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
    progress: bool = False,
) -> list[Match]:
    """Find simple matches whose union is the maximum match.

    A simple match is a match that is not a union of smaller matches.

    Parameters
    ----------
    x, y, center, ridge, rows_per_item, progress
        As for `spectrum`.
    eps
        The largest residual allowed, in [0, 1).
    seed
        As for `minimum_match`.
    method
        "cover" finds simple matches whose union is the maximum match, none of which lies inside the
        union of the others. "each" finds a minimum match for every neuron of the maximum match:
        those of x first, in rising order, with repeats.

    Returns
    -------
    list of Match
        Empty if the maximum match is empty.

    Raises
    ------
    TypeError, ValueError
        As for `maximum_match`; `seed` is wrong as for `minimum_match`; `method` is neither "cover"
        nor "each".

    Warns
    -----
    UndersampledWarning
        As for `maximum_match`.
    RaisedResolutionWarning
        The list is empty, and rounding left no answer at the usual resolution δ, so δ was raised.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((1000, 4))
    >>> y = np.column_stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], 2 * x[:, 3]])
    >>> [(match.x.tolist(), match.y.tolist()) for match in simple_matches(x, y, eps=0.1)]
    [([0, 1], [0, 1]), ([3], [2])]
    >>> [len(match) for match in simple_matches(x, y, eps=0.1, method="each")]
    [4, 4, 2, 4, 4, 2]
    """
    if method not in ("cover", "each"):
        raise ValueError(f'method must be "cover" or "each", got {method!r}')
    eps, seed, how = as_eps(eps), as_seed(seed), Regularisation.of(center, ridge)
    search = core.simple_cover if method == "cover" else core.minimum_matches
    problem = how.read(x, y, rows_per_item=rows_per_item, progress=progress)
    with show_progress("Searching simple matches", progress) as report:
        found, resolution = search(problem.gram, eps, seed, problem.center, problem.ridge, report)
    warn_if_by_chance(problem, eps)
    if not found:
        warn_if_raised(resolution, sum(problem.widths))
    return [Match(eps, *each, *problem.widths, resolution, problem.ridge) for each in found]


def support(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    eps: float,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
    progress: bool = False,
) -> Support:
    """Find for every neuron of the maximum match which neurons it needs to be matched.

    Neuron u *supports* neuron v if v falls out of the maximum match when u is removed. The *core*
    of v is the set of all neurons that support it. A neuron can have many minimum matches, but
    support does not depend on a choice.

    *The core of v is the intersection of all matches that hold v.* If a match holds v but not u, it
    lies inside M(ε) without u. So v stays matched there, and u does not support v. If u does not
    support v, the maximum match inside M(ε) without u holds v but not u. So u supports v exactly if
    every match that holds v holds u.

    *Support is transitive.* Let t support u, and u support v. A match that holds v holds u, because
    u supports v. Then it holds t, because t supports u. So t supports v.

    Parameters
    ----------
    x, y, center, ridge, rows_per_item, progress
        As for `spectrum`.
    eps
        The largest residual allowed, in [0, 1).

    Returns
    -------
    Support
        The matrix of the relation, the cores, and the groups of neurons that support each other.

    Raises
    ------
    TypeError, ValueError
        As for `maximum_match`.

    Warns
    -----
    UndersampledWarning
        As for `maximum_match`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> y = x @ [[2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    >>> result = support(x, y, eps=0.1)
    >>> result.core(("x", 0)), result.core(("x", 1))
    ([('x', 0), ('y', 0)], [('x', 0), ('x', 1), ('y', 0), ('y', 1)])
    >>> result.groups
    [[('x', 0), ('y', 0)], [('x', 1), ('y', 1)]]
    """
    eps, how = as_eps(eps), Regularisation.of(center, ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item, progress=progress)
    with show_progress("Taking out each neuron", progress) as report:
        found, resolution = core.support(problem.gram, eps, problem.center, problem.ridge, report)
    warn_if_by_chance(problem, eps)
    return Support(eps, *found, *problem.widths, resolution, problem.ridge)
