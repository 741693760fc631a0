"""Soft matching: single neurons, each matched in parts to neurons of the other side."""

from __future__ import annotations

import warnings
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.interruptible import run_interruptibly
from spanmatch.solve.read_sides import read_sides

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

# The limit of pivots of the simplex method for each pair of neurons, far more than it needs.
PIVOTS = 1000


def soft_matching(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Compute the mean correlation of neurons with those that soft matching assigns to them.

    It is the maximum of Σ P_ij corr(x_i, y_j) over all P ≥ 0 whose rows sum to 1 / n_x and whose
    columns sum to 1 / n_y. This is optimal transport, and is solved exactly. If both sides have the
    same number of neurons, it is the mean correlation of the best one-to-one assignment. The soft
    matching distance on columns of norm 1 is √(2 − 2 `soft_matching`), and a metric (Khosla and
    Williams, "Soft Matching Distance: A Metric on Neural Representations that Captures
    Single-Neuron Tuning", UniReps 2023, PMLR 243, 2024).

    The measure is symmetric, and unchanged by permutations and by a positive scale of each neuron.
    It changes with the sign of a neuron and with rotations: like `one_to_one`, it asks whether
    single neurons are shared. It needs POT: ``pip install 'spanmatch[transport]'``.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        At most 1; nan if a side has no variance. The correlations of a dead neuron count as 0.

    Raises
    ------
    ImportError
        POT is not installed.
    TypeError, ValueError
        As for `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 4))
    >>> turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    >>> [round(soft_matching(x, y), 2) for y in (x[:, ::-1], x @ turn)]  # doctest: +SKIP
    [1.0, 0.35]
    """
    read = read_sides(x, y, progress)
    return nan if read is None else find_soft_matching(*read)


def find_soft_matching(sides: Sides, cross: Floats) -> float:
    """Return the mean correlation of two sides from their factors and cross products."""
    try:
        import ot
    except ImportError as error:
        raise ImportError("soft matching needs POT: pip install 'spanmatch[transport]'") from error
    x, y = sides
    correlations = cross * x.inverse_norms[:, np.newaxis] * y.inverse_norms
    weights = [np.full(size, 1.0 / size) for size in cross.shape]
    with warnings.catch_warnings():
        # Its warnings are raised as errors below.
        warnings.simplefilter("ignore")
        pivots = int(PIVOTS * correlations.size)
        plan, log = run_interruptibly(
            ot.emd, weights[0], weights[1], 1.0 - correlations, numItermax=pivots, log=True
        )
    if log["warning"] is not None:
        raise ValueError(f"POT found no best matching: {log['warning']}")
    return min(1.0, float(np.einsum("ij,ij->", plan, correlations)))
