"""CKA, CCA and its kin, Procrustes and regression, all from the sums that a match is found from.

Everything here depends on the samples only through the products of the centred columns, so a pair
has the answers after one pass, as it has the matches.

*What a Gram matrix can tell.* Its entries, and so its eigenvalues λ = σ², carry errors of the order
u λ_max, u = 2⁻⁵³. Columns that depend on others leave λ of that size in place of zero, and to
divide by their roots would make directions out of rounding. So correlations and regressions are
found on columns of norm 1, where no neuron's scale counts, and there directions with
λ < δ² λ_max are dropped, δ the resolution of every match (1e-6, or more for very many neurons):
two neurons that a match cannot tell apart count as one here too. What stays has errors of about
u λ_max / λ: 1e-10 at condition number 1e3, 1e-4 beside the cut. CKA and Procrustes divide by no λ,
and SVCCA by none below a hundredth of the mean.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.errors import UndefinedWarning, warn_user
from spanmatch.pair.pair import ActivationPair, read_gram
from spanmatch.results.measures import MEASURES, Measures
from spanmatch.solve.cross_measures import measure_between, measure_cka, scale_cross
from spanmatch.solve.debiased import NO_NORMS, debias
from spanmatch.solve.side_factors import factor_sides
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats


def measures(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> Measures:
    """Measure the likeness of two sides in the other ways that are in use.

    Each neuron's mean is subtracted first, always: all of these are defined so. Dead, duplicated
    and dependent neurons are ordinary input.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    Measures
        Linear CKA, mean CCA, SVCCA, PWCCA (weighed by x), Procrustes similarity and distance, and
        the part of each side's variance that the other explains; nan where a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side. With no more samples
        than neurons CCA and regression find everything in everything: they give 1.

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
    gram = read_gram(x, y, progress)
    products, n_x = center_products(gram), gram.n_x
    sides = factor_sides(products, n_x)
    found = dict.fromkeys(MEASURES, nan)
    if sides is not None:
        found |= measure_between(sides, products[:n_x, n_x:])
    debiased, note = debias(gram, sides, products[:n_x, n_x:])
    result = Measures(**found, debiased_cka=debiased, debiased_cka_note=note)
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    return result


def linear_cka(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Measure likeness by linear centred kernel alignment, |C_xy|² / (|C_xx| |C_yy|).

    C are the products of centred columns, |·| is the Frobenius norm (Kornblith, Norouzi, Lee and
    Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019). On all samples,
    not a mean over batches. Equal to `measures(x, y).linear_cka`, and quicker.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        In [0, 1]; nan where a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side: sides that have
        nothing in common are well above 0 then.

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
    gram = read_gram(x, y, progress)
    products, n_x = center_products(gram), gram.n_x
    sides = factor_sides(products, n_x)
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    if sides is None:
        return float("nan")
    return measure_cka(scale_cross(sides, products[:n_x, n_x:]), sides.x.size, sides.y.size)


def debiased_linear_cka(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Measure likeness by debiased linear CKA, HSIC₁(x, y) / √(HSIC₁(x, x) HSIC₁(y, y)).

    `linear_cka` counts each row's product with itself, and so tends to 1 as neurons outnumber
    samples, whatever the sides (arXiv 2405.01012). Here these products are left out of every sum
    (Song, Smola, Gretton, Bedo and Borgwardt, "Feature Selection via Dependence Maximization", JMLR
    2012, equation 4), on all samples and not as a mean over batches: of unrelated sides the value
    is about 0 however few samples there are, and as often below 0 as above. It takes rows for
    independent: positions of one image and tokens of one text are not, and of what they share no
    more is removed than each row's product with itself. Equal to `measures(x, y).debiased_cka`, and
    quicker.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        At most 1, and not clipped at 0; nan where it has no value, and a warning says why.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`; a pair was read from a file of before it kept what this takes.

    Warns
    -----
    UndefinedWarning
        There are fewer than four rows; the HSIC of a side with itself is zero to rounding, as that
        of constant neurons is; the sums leave float64; or rounding is more than 1e-9 of the value.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((2, 30, 500))
    >>> round(debiased_linear_cka(x, y), 2), round(debiased_linear_cka(x, 2 - x[:, ::-1]), 9)
    (-0.0, 1.0)
    """
    gram = read_gram(x, y, progress)
    if gram.centered_norms() is None:
        raise ValueError(NO_NORMS)
    products, n_x = center_products(gram), gram.n_x
    value, note = debias(gram, factor_sides(products, n_x), products[:n_x, n_x:])
    if note:
        warn_user(note, UndefinedWarning)
    return value


def center_products(gram: core.Gram) -> Floats:
    """Return the products of the centred columns, x then y.

    Raises ValueError where a column varies by so little that its squares are lost.
    """
    products = gram.centered()
    small = products.diagonal() < np.finfo(np.float64).tiny * gram.n_samples
    if small.any() and not np.isnan(np.concatenate(core.chance(gram, True, None))[small]).all():
        # Not dead, so its squares are lost. The core refuses the neuron, whatever it is asked.
        nothing = np.empty(0, np.int64)
        core.is_match(gram, 0.0, nothing, nothing, True, None)
    return products
