"""How alike single neurons are, each matched to those of the other side in parts."""

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

# Pivots of the simplex method for each pair of neurons: far more than it takes.
PIVOTS = 1000


def soft_matching(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Measure how well neurons correlate with those that they are matched to, one to one in parts.

    max over P of Σ P_ij corr(x_i, y_j), P ≥ 0 with rows that sum to 1 / n_x and columns that sum to
    1 / n_y: optimal transport, found exactly. Of equal numbers of neurons it is the best one-to-one
    assignment's mean correlation. With columns of norm 1 the soft matching distance, a metric, is
    √(2 − 2 `soft_matching`) (Khosla and Williams, "Soft Matching Distance: A Metric on Neural
    Representations that Captures Single-Neuron Tuning", UniReps 2023, PMLR 243, 2024).

    Symmetric; unchanged by permutations and by the scale, but not the sign, of each neuron; not by
    rotations, which is the point: it asks whether single neurons are shared, as `one_to_one` does.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        At most 1; a dead neuron correlates by 0 with all. nan where a side has no variance.

    Raises
    ------
    ImportError
        POT is not installed.
    TypeError, ValueError
        As `spectrum`.

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
    """Return the mean correlation of sides that have been read."""
    try:
        import ot
    except ImportError as error:
        raise ImportError("soft matching needs POT: pip install 'spanmatch[transport]'") from error
    x, y = sides
    correlations = cross * x.inverse_norms[:, np.newaxis] * y.inverse_norms
    weights = [np.full(size, 1.0 / size) for size in cross.shape]
    with warnings.catch_warnings():
        # What it warns of is an error here.
        warnings.simplefilter("ignore")
        pivots = int(PIVOTS * correlations.size)
        plan, log = run_interruptibly(
            ot.emd, weights[0], weights[1], 1.0 - correlations, numItermax=pivots, log=True
        )
    if log["warning"] is not None:
        raise ValueError(f"POT found no best matching: {log['warning']}")
    return min(1.0, float(np.einsum("ij,ij->", plan, correlations)))
