"""Neuron by neuron: disjoint pairs within every ε, and the best assignment of one side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.interruptible import run_interruptibly
from spanmatch.base.progress import show_progress
from spanmatch.pair.pair import ActivationPair, copy_gram
from spanmatch.results.one_to_one import OneToOne
from spanmatch.solve.centered import center_products
from spanmatch.solve.problem import Regularisation

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge, RowsPerItem
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats, Indices
    from spanmatch.solve.problem import Problem


def one_to_one(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    center: bool = False,
    ridge: Ridge = None,
    rows_per_item: RowsPerItem = 1,
    progress: bool = False,
) -> OneToOne:
    """Find for every ε how many disjoint pairs of neurons are within it, and whom they cover.

    An x and a y are within ε of each other when √(1 - cos² / (1 + λ)) <= ε, λ next to 0 unless a
    ridge is given: each is then within ε of the other's span, so pairs are a match (Wang et al.
    2018), and what they cover, s1(ε), is a part of s(ε). The largest number of disjoint pairs is
    that of a maximum matching of a bipartite graph. Pairs are let in in order of residual, then of
    x, then of y, and after each the matching is made maximum again by an augmenting path (Hopcroft
    and Karp 1973), which covers two neurons more and uncovers none. So one pass gives every ε, as
    for the bottleneck assignment (Gross 1959), and covered neurons are nested.

    How many pairs there are depends on no choice. Which neurons they cover does: an augmenting path
    covers, of all free neurons in reach on either side, that of smallest nearest residual, then of
    lowest index.

    A residual on one neuron has one coefficient, so few samples do not make pairs as they make
    spans: there is no warning of them here.

    Parameters
    ----------
    x, y
        Arrays of shape (samples, n_x) and (samples, n_y), or one `ActivationPair` as `x`, as for
        `spectrum`.
    center
        Subtract each neuron's mean first; the cosine is then the correlation.
    ridge, rows_per_item
        λ, as for `spectrum`: to lie under an s(ε), s1(ε) is of the same λ.
    progress
        Show a bar on standard error. Needs `rich`.

    Returns
    -------
    OneToOne
        Critical ε of both sides, s1(ε), the pairs at every ε, and every neuron's nearest.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`.

    References
    ----------
    J. E. Hopcroft and R. M. Karp, "An n^5/2 algorithm for maximum matchings in bipartite graphs",
    SIAM Journal on Computing 2 (1973). O. Gross, "The bottleneck assignment problem", RAND P-1630
    (1959). Wang et al., https://arxiv.org/abs/1810.11750.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.standard_normal((1000, 3))
    >>> x = np.column_stack([y[:, 2], -y[:, 0], y[:, 0], y[:, 0] + 2 * y[:, 1]])
    >>> result = one_to_one(x, y)
    >>> result.pairs(0.1).tolist()
    [[0, 2], [1, 0]]
    >>> result.similarity(0.1) == 4 / 7, result.near(0.1) == 5 / 7
    (True, True)
    >>> result.nearest_x[0]
    array([2, 0, 0, 1])
    """
    how = Regularisation.of(center, ridge)
    problem = how.read(x, y, rows_per_item=rows_per_item, progress=progress)
    return find_one_to_one(problem, progress=progress)


def find_one_to_one(problem: Problem, *, progress: bool = False) -> OneToOne:
    """Return the pairs of a problem."""
    with show_progress("Matching pairs", progress) as report:
        (critical_x, critical_y, of_x, of_y, changes), resolution = core.one_to_one(
            problem.gram, problem.center, problem.ridge, report
        )
    return OneToOne(
        critical_x,
        critical_y,
        (of_x[0], of_y[0]),
        (of_x[1], of_y[1]),
        changes[:2],
        changes[2],
        resolution,
        problem.ridge,
    )


def align_neurons(
    x: Samples | ActivationPair,
    y: Samples | None = None,
) -> Indices:
    """Assign to every x a y of its own so that their |correlations| sum to the largest total.

    `y[:, align_neurons(x, y)]` has its neurons in the order of those of x. It needs scipy.

    The sign of a correlation is ignored, so the y of a neuron may be its negative. To average the
    weights of two ReLU networks, where a negative is no partner, assign by
    `pair.correlations(center=True)` itself, with `scipy.optimize.linear_sum_assignment`.

    Parameters
    ----------
    x, y
        As for `one_to_one`, with as many neurons on either side.

    Returns
    -------
    array
        int64 of shape (n_x,): for each x its y, each y once. A dead neuron's correlations are 0.

    Raises
    ------
    ImportError
        scipy is not installed.
    TypeError, ValueError
        As `one_to_one`; the sides differ in their number of neurons.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> align_neurons(x, -x[:, [2, 0, 1]])
    array([1, 2, 0])
    """
    gram = copy_gram(x, y)
    if gram.n_x != gram.n_y:
        raise ValueError(
            f"x has {gram.n_x} neurons and y has {gram.n_y}: an assignment needs as many on either "
            "side (one_to_one does not)"
        )
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise ImportError("align_neurons needs scipy: pip install scipy") from error
    columns = run_interruptibly(linear_sum_assignment, np.abs(_correlate(gram)), maximize=True)[1]
    return np.asarray(columns, np.int64)


def _correlate(gram: core.Gram) -> Floats:
    """Return the correlation of every x with every y; 0 where either is dead."""
    products, n_x = center_products(gram), gram.n_x
    # Chance is nan exactly where a neuron is dead.
    is_dead = np.isnan(np.concatenate(core.chance(gram, True, None)))
    scale = np.zeros(is_dead.size)
    scale[~is_dead] = products.diagonal()[~is_dead] ** -0.5
    correlations: Floats = products[:n_x, n_x:] * scale[:n_x, None] * scale[n_x:]
    return correlations
