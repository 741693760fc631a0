"""The result of `measures`: each measure with its formula, its range and its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

from spanmatch.base.arguments import MAX_WIDTH
from spanmatch.base.plain_values import LARGEST
from spanmatch.results.checks import check_measure
from spanmatch.results.result import Result

LIKENESS = ("linear_cka", "mean_cca", "svcca", "pwcca", "procrustes_similarity", "r2_x", "r2_y")
RANKS = ("effective_rank_x", "effective_rank_y", "stable_rank_x", "stable_rank_y")


@dataclass(frozen=True, eq=False, repr=False)
class Measures(Result):
    """Measures of similarity from the literature, to compare with the match.

    The formulas use these symbols. X and Y are the sides, samples × neurons, after each neuron's
    mean is subtracted. C_xy = XᵀY, and likewise C_xx and C_yy. |A| is the Frobenius norm, and |A|_*
    the sum of the singular values. ρ_1 ≥ ρ_2 ≥ … are the canonical correlations: the singular
    values of Q_xᵀ Q_y, where Q_x and Q_y are orthonormal bases of the spans of X and Y. Their
    number is the smaller of the two ranks.

    Every number is nan if a side has no variance: it has no neurons, or only constant ones. If a
    side has at least as many neurons as there are samples, it usually spans everything. Then
    `mean_cca`, `pwcca` and the r2 of the other side are 1, whatever the data.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((1000, 3))
    >>> found = sm.measures(x, x[:, :2])
    >>> round(found.linear_cka, 2), round(found.r2_x, 2), round(found.r2_y, 2)
    (0.79, 0.65, 1.0)
    """

    linear_cka: float
    """Linear centred kernel alignment, |C_xy|² / (|C_xx| |C_yy|), in [0, 1].

    It is symmetric, and unchanged by rotations and by the scale of a side. Source: Kornblith,
    Norouzi, Lee and Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019,
    table 1. Statistics knows it as the RV coefficient: Robert and Escoufier, "A Unifying Tool for
    Linear Multivariate Statistical Methods", Applied Statistics 1976.
    """
    mean_cca: float
    """The mean canonical correlation, the mean of all ρ_i, in [0, 1].

    It is symmetric, and unchanged by any invertible linear map of a side. Sources: Kornblith et al.
    2019, table 1; Raghu, Gilmer, Yosinski and Sohl-Dickstein, "SVCCA", NeurIPS 2017.
    """
    svcca: float
    """`mean_cca` after each side is projected onto its first principal directions, in [0, 1].

    These are the fewest directions that hold 0.99 of the side's variance, and all that tie with the
    last of them. SVCCA is symmetric, and unchanged by rotations and by the scale of a side. Source:
    Raghu et al. 2017.
    """
    pwcca: float
    """Projection weighted CCA, Σ α_i ρ_i / Σ α_i with α_i = Σ_j |⟨h_i, x_j⟩|, in [0, 1].

    h_i is the canonical variate of X that belongs to ρ_i, scaled to norm 1, and x_j are the neurons
    of X. The weights always come from x, so PWCCA is not symmetric: `measures(y, x)` takes the
    weights from y. It is unchanged by any invertible linear map of y, by rotations of the samples
    and by the scale of x. If several ρ_i are equal, as those of shared dimensions are at 1, their
    variates are not determined. Their weight is then the mean over all choices. Source: Morcos,
    Raghu and Bengio, "Insights on Representational Similarity in Neural Networks with Canonical
    Correlation", NeurIPS 2018.
    """
    procrustes_similarity: float
    """|C_xy|_* / (|X| |Y|), in [0, 1]. It is 1 if a rotation and a scale map one side to the other.

    This is the largest cosine between X and Y over all rotations of one of them. It is symmetric,
    and unchanged by rotations and by the scale of a side. Source: Williams, Kunz, Kornblith and
    Linderman, "Generalized Shape Metrics on Neural Representations", NeurIPS 2021.
    """
    procrustes_distance: float
    """√(2 − 2 `procrustes_similarity`), in [0, √2]: the least |X/|X| − Y Q/|Y|| over orthogonal Q.

    The side with fewer neurons is padded with zeros. The distance is a metric: it is symmetric, it
    is 0 only if the similarity is 1, and the triangle inequality holds (Williams et al. 2021).
    Ding, Denain and Steinhardt, "Grounding Representation Similarity Through Statistical Testing",
    NeurIPS 2021, use its square. Rounding leaves about 1e-15 in the square, so a distance below
    about 1e-7 cannot be told from 0.
    """
    r2_x: float
    """|Q_yᵀ X|² / |X|², in [0, 1]: the part of x's variance that linear regression on y explains.

    It is unchanged by any invertible linear map of y, and by rotations and the scale of x. Source:
    Kornblith et al. 2019, table 1, "linear regression".
    """
    r2_y: float
    """|Q_xᵀ Y|² / |Y|², in [0, 1]: the part of y's variance that linear regression on x explains.

    This is `r2_x` with the sides swapped.
    """
    effective_rank_x: float = nan
    """The participation ratio of x, (Σ λ_i)² / Σ λ_i², from 1 to its number of neurons.

    λ_i are the eigenvalues of C_xx, the variances along the principal directions. A side with k
    equal variances has effective rank k. The rank describes one side alone, and is unchanged by
    rotations and by scale. Read a similarity beside the ranks if those of the two sides differ
    much. Source: Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy and Ganguli, "A Theory of Multineuronal
    Dimensionality, Dynamics and Measurement", 2017 (bioRxiv 214262).
    """
    effective_rank_y: float = nan
    """The same as `effective_rank_x` for y."""
    stable_rank_x: float = nan
    """Σ λ_i / max λ_i = |X|² / ‖X‖², with ‖X‖ the largest singular value.

    It is at most the effective rank, and unchanged by rotations and by scale. Source: Rudelson and
    Vershynin, "Sampling from Large Matrices: an Approach Through Geometric Functional Analysis",
    Journal of the ACM 2007.
    """
    stable_rank_y: float = nan
    """The same as `stable_rank_x` for y."""
    debiased_cka: float = nan
    """Linear CKA without each row's product with itself.

    Its formula is HSIC_1(x, y) / √(HSIC_1(x, x) HSIC_1(y, y)), where HSIC_1 is the unbiased
    estimate of Song, Smola, Gretton, Bedo and Borgwardt, "Feature Selection via Dependence
    Maximization", JMLR 2012. It is at most 1. For unrelated sides it is about 0, and below 0 about
    half of the time, since it is not clipped. `linear_cka` of unrelated sides tends to 1 as neurons
    outnumber samples; this measure does not. See Murphy, Zylberberg and Fyshe, "Correcting Biased
    Centered Kernel Alignment Measures in Biological and Artificial Neural Networks" (arXiv
    2405.01012). It assumes that rows are independent. Positions of one image and tokens of one text
    are not, and the products of their different rows stay in. Its invariances are those of
    `linear_cka`.
    """
    debiased_cka_note: str = ""
    """Why `debiased_cka` is nan; "" if it is not."""
    also: Mapping[str, float] = field(default_factory=dict)
    """The measures that were asked for by name, as by `measures(x, y, also=("ridge_cca",))`."""

    def __post_init__(self) -> None:
        self._freeze_named("also", self.also)
        for name in LIKENESS:
            check_measure(getattr(self, name), name)
        check_measure(self.procrustes_distance, "procrustes_distance", most=math.sqrt(2.0))
        check_measure(self.debiased_cka, "debiased_cka", least=-1.0)
        for name in RANKS:
            check_measure(getattr(self, name), name, least=1.0, most=MAX_WIDTH)
        if self.debiased_cka_note and not math.isnan(self.debiased_cka):
            raise ValueError("debiased_cka has a value, and a note on why it has none")
        for name, value in self.also.items():
            check_measure(value, f"also[{name!r}]", least=-LARGEST, most=LARGEST)
        if not isinstance(self.debiased_cka_note, str):
            raise ValueError(f"debiased_cka_note is {self.debiased_cka_note!r}: it must be a text")

    def __repr__(self) -> str:
        hidden = ("also", "debiased_cka_note")
        named = {name: value for name, value in self._list_fields() if name not in hidden}
        shown = ", ".join(f"{name}={value:.4f}" for name, value in {**named, **self.also}.items())
        note = f"; {self.debiased_cka_note}" if self.debiased_cka_note else ""
        return f"Measures({shown}{note})"
