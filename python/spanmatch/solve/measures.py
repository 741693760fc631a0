"""CKA, CCA and its variants, Procrustes and regression, from the same sums as a match.

All of these depend on the samples only through the products of the centred columns. So a pair
gives them after one pass over the data.

*Accuracy.* The entries of a Gram matrix, and so its eigenvalues λ = σ², have errors of the order
u λ_max, with u = 2⁻⁵³. Columns that depend on others leave eigenvalues of this size where exact
arithmetic would give 0. Dividing by their roots would turn rounding into directions. Therefore
correlations and regressions are computed on columns of norm 1, where no neuron's scale counts, and
directions with λ < δ² λ_max are dropped. δ is the resolution of every match (1e-6, or more for very
many neurons), so two neurons that a match cannot tell apart count as one here too. The remaining
directions have errors of about u λ_max / λ: 1e-10 at condition number 1e3, and 1e-4 next to the
cut. CKA and Procrustes divide by no λ, and SVCCA by none below a hundredth of the mean.
"""

from __future__ import annotations

from dataclasses import fields
from math import nan
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import UndefinedWarning, warn_user
from spanmatch.pair.pair import copy_gram
from spanmatch.results.measures import Measures
from spanmatch.solve.cross_measures import measure_between, measure_cka, scale_cross
from spanmatch.solve.debiased import NO_NORMS, NO_VARIANCE, debias
from spanmatch.solve.named_measures import NAMED, as_names
from spanmatch.solve.ranks import find_ranks
from spanmatch.solve.read_sides import center_sides, read_sides
from spanmatch.solve.wide_measures import (
    measure_wide,
    measure_wide_cka,
    measure_wide_debiased_cka,
    read_wide_sides,
)
from spanmatch.solve.wide_sides import find_wide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples

NUMBERS = [field.name for field in fields(Measures) if field.type == "float"]


def measures(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    also: Iterable[str] = (),
    progress: bool = False,
) -> Measures:
    """Compute the usual measures of similarity: CKA, CCA, Procrustes, regression and ranks.

    Each neuron's mean is always subtracted first, as the definitions say. Dead, duplicated and
    dependent neurons are allowed. For arrays whose larger side has at least twice as many neurons
    as there are samples, the products are samples × samples, which takes less time and memory. A
    pair always keeps neurons × neurons. Both forms give the same values: CKA and Procrustes to
    1e-10, the others to 1e-7 if no direction lies near the resolution.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    also
        Names of further measures that take longer or have a parameter, which has its default:
        "gulp_distance", "ridge_cca", "shape_distance", "soft_matching". They take neurons × neurons
        of memory.

    Returns
    -------
    Measures
        Linear CKA, debiased CKA, mean CCA, SVCCA, PWCCA (weighted by x), Procrustes similarity and
        distance, the part of each side's variance that the other explains, and the effective and
        stable rank of each side; in its `also` the measures that were named. nan if a side has no
        variance.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; a name in `also` is unknown.
    ImportError
        "soft_matching" is named, and POT is not installed.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side. With no more samples
        than neurons, CCA and regression give 1 for any data.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> y = np.column_stack([3 * x[:, 0] + x[:, 1], x[:, 1], rng.standard_normal(1000)])
    >>> result = measures(x, y)
    >>> result  # doctest: +ELLIPSIS
    Measures(linear_cka=0.6097, mean_cca=0.6786, svcca=0.6786, pwcca=0.7216, ...)
    >>> round(result.r2_x, 2), round(result.r2_y, 2)  # two x of three; 11 parts of 12
    (0.65, 0.91)
    """
    names = as_names(also)
    columns = None if names else find_wide(x, y)
    found: dict[str, Any] = dict.fromkeys(NUMBERS, nan)
    named: dict[str, float] = dict.fromkeys(names, nan)
    note = NO_VARIANCE
    if columns is not None:
        wide = read_wide_sides(columns, progress)
        if wide is not None:
            found |= measure_wide(wide) | find_ranks(*wide)
            found["debiased_cka"], note = measure_wide_debiased_cka(wide)
    else:
        gram = copy_gram(x, y, progress)
        read = center_sides(gram)
        if read is not None:
            found |= measure_between(*read) | find_ranks(*read[0])
            found["debiased_cka"], note = debias(gram, *read)
            named = {name: NAMED[name](*read) for name in names}
    return Measures(**found, debiased_cka_note=note, also=named)


def linear_cka(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Compute linear centred kernel alignment (CKA), |C_xy|² / (|C_xx| |C_yy|).

    C are the products of centred columns, and |·| is the Frobenius norm (Kornblith, Norouzi, Lee
    and Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019). The value is
    that of all samples, not a mean over batches. It equals `measures(x, y).linear_cka`, and takes
    less time. Statistics knows it as the RV coefficient (Robert and Escoufier 1976).

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        In [0, 1]; nan if a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side. Unrelated sides are
        then well above 0.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> round(linear_cka(x, 5 * x[:, ::-1] + 1), 12)
    1.0
    >>> round(linear_cka(x, rng.standard_normal((1000, 3))), 2)
    0.0
    """
    columns = find_wide(x, y)
    if columns is not None:
        wide = read_wide_sides(columns, progress)
        return nan if wide is None else measure_wide_cka(wide)
    read = read_sides(x, y, progress)
    if read is None:
        return nan
    sides, cross = read
    return measure_cka(scale_cross(sides, cross), sides.x.size, sides.y.size)


def debiased_linear_cka(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Compute debiased linear CKA, HSIC₁(x, y) / √(HSIC₁(x, x) HSIC₁(y, y)).

    `linear_cka` counts each row's product with itself. So it tends to 1 as neurons outnumber
    samples, whatever the sides (arXiv 2405.01012). Debiased CKA leaves these products out of every
    sum (Song, Smola, Gretton, Bedo and Borgwardt, "Feature Selection via Dependence Maximization",
    JMLR 2012, equation 4). For unrelated sides it is about 0 however few samples there are, and
    below 0 about half of the time. It assumes that rows are independent. Positions of one image and
    tokens of one text are not, and the products of their different rows stay in. The value is that
    of all samples, not a mean over batches. It equals `measures(x, y).debiased_cka`, and takes less
    time.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        At most 1, and not clipped at 0. If it is not defined, it is nan, and a warning says why.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; the pair was read from a file of version 0.1.0, which lacks sums that
        this measure needs.

    Warns
    -----
    UndefinedWarning
        There are fewer than four rows; the HSIC of a side with itself is zero to rounding, as for
        constant neurons; a sum leaves the range of float64; or rounding exceeds 1e-9 of the value.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((2, 30, 500))
    >>> abs(debiased_linear_cka(x, y)) < 0.1, round(debiased_linear_cka(x, 2 - x[:, ::-1]), 9)
    (True, 1.0)
    """
    columns = find_wide(x, y)
    if columns is not None:
        wide = read_wide_sides(columns, progress, warns=False)
        value, note = (nan, NO_VARIANCE) if wide is None else measure_wide_debiased_cka(wide)
    else:
        gram = copy_gram(x, y, progress)
        if not gram.has_norms:
            raise ValueError(NO_NORMS)
        read = center_sides(gram, warns=False)
        value, note = (nan, NO_VARIANCE) if read is None else debias(gram, *read)
    if note:
        warn_user(f"debiased CKA is nan: {note}", UndefinedWarning)
    return value
