"""Single neurons: disjoint pairs within every ε, and the best assignment between two sides."""

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
    """Find the largest number of disjoint pairs of single neurons within every ε.

    An x and a y are within ε of each other if √(1 - cos² / (1 + λ)) <= ε. Here cos is the cosine of
    the angle between their activation vectors, and λ is nearly 0 without a ridge. Each then lies
    within ε of the other's span, so a pair is a match (Wang et al. 2018). The part of all neurons
    that disjoint pairs cover, s1(ε), is therefore at most s(ε).

    The largest number of disjoint pairs is that of a maximum matching of a bipartite graph. Pairs
    are admitted in order of residual. After each one an augmenting path (Hopcroft and Karp 1973)
    restores the maximum. It covers two more neurons and uncovers none. So one pass gives every ε,
    as for the bottleneck assignment (Gross 1959), and a covered neuron stays covered as ε grows.

    The number of pairs depends on no choice. Which neurons they cover does: of all free neurons
    that an augmenting path can reach, it covers the one with the smallest residual on its nearest
    partner, then the one with the lowest index. Pairs of equal residual are admitted in order of x,
    then of y.

    A residual on one neuron has only one coefficient, so few samples do not create pairs as they
    create spans. Therefore this function does not warn of few samples.

    Parameters
    ----------
    x, y
        As for `spectrum`.
    center
        Whether to subtract each neuron's mean first. The cosine is then the correlation.
    ridge, rows_per_item
        As for `spectrum`. Compare s1(ε) only with s(ε) at the same λ.
    progress
        Whether to show a progress bar on standard error. Needs `rich`.

    Returns
    -------
    OneToOne
        Critical ε of both sides, s1(ε), the pairs at every ε, and every neuron's nearest partner.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`.

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
    """Return the one-to-one pairs of a problem."""
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
    """Assign one y to each x so that the sum of their absolute correlations is largest.

    `y[:, align_neurons(x, y)]` has its neurons in the order of those of x. This needs scipy.

    The sign of a correlation is ignored, so the y assigned to an x may be its negative. To average
    the weights of two ReLU networks, where a negative is not a partner, give
    `pair.correlations(center=True)` to `scipy.optimize.linear_sum_assignment` instead.

    Parameters
    ----------
    x, y
        As for `spectrum`, with as many neurons on either side.

    Returns
    -------
    array
        int64 of shape (n_x,): the column of the y for each x. Each y is assigned once. The
        correlations of a dead neuron count as 0.

    Raises
    ------
    ImportError
        scipy is not installed.
    TypeError, ValueError
        As for `one_to_one`; the sides differ in their number of neurons.

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
    """Return the correlation of every x with every y; 0 if either is dead."""
    products, n_x = center_products(gram), gram.n_x
    # Chance is nan exactly where a neuron is dead.
    is_dead = np.isnan(np.concatenate(core.chance(gram, True, None)))
    scale = np.zeros(is_dead.size)
    scale[~is_dead] = products.diagonal()[~is_dead] ** -0.5
    correlations: Floats = products[:n_x, n_x:] * scale[:n_x, None] * scale[n_x:]
    return correlations
