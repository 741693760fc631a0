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
    """Measure the likeness of two sides in the other ways that are in use.

    Each neuron's mean is subtracted first, always: all of these are defined so. Dead, duplicated
    and dependent neurons are ordinary input. Arrays whose larger side has at least twice as many
    neurons as there are samples are measured by samples × samples products, which are less work
    then, and neither copied nor held as neurons × neurons; a pair keeps those, so it takes that
    form whatever its shape. The values are the same: those without an inverse (CKA, Procrustes) to
    1e-10, the others to 1e-7 where no direction lies near the resolution.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    also
        Names of measures that take longer, or have a parameter, to be found as well, with what the
        functions of these names have by default: "gulp_distance", "ridge_cca", "shape_distance",
        "soft_matching". They take neurons × neurons of memory.

    Returns
    -------
    Measures
        Linear CKA, mean CCA, SVCCA, PWCCA (weighed by x), Procrustes similarity and distance, the
        part of each side's variance that the other explains, and each side's effective and stable
        rank; in `also` what was named. nan where a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`; a name in `also` is unknown.
    ImportError
        "soft_matching" is named, and POT is not installed.

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
    """Measure likeness by linear centred kernel alignment, |C_xy|² / (|C_xx| |C_yy|).

    C are the products of centred columns, |·| is the Frobenius norm (Kornblith, Norouzi, Lee and
    Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019). On all samples,
    not a mean over batches. Equal to `measures(x, y).linear_cka`, and quicker. Statistics knows it
    as the RV coefficient (Robert and Escoufier 1976).

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
