"""What `measures` returns: each measure with its formula, its range and where it comes from."""

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
    """Measures of likeness from the literature, by which a match can be judged.

    X and Y are the sides, samples × neurons, each neuron less its mean; C_xy = XᵀY, and so on.
    |A| is the Frobenius norm, |A|_* the sum of the singular values. ρ_1 ≥ ρ_2 ≥ … are the canonical
    correlations: the singular values of Q_xᵀ Q_y, Q_x and Q_y orthonormal bases of the spans. There
    are as many as the smaller of the two ranks.

    Every field is nan where a side has no variance: no neurons, or only constant ones. With no more
    samples than a side has neurons, that side as a rule spans everything: then `mean_cca` and
    `pwcca` are 1, and the r2 of the other side is 1, whatever the data.
    """

    linear_cka: float
    """|C_xy|² / (|C_xx| |C_yy|), linear centred kernel alignment, in [0, 1].

    Symmetric; unchanged by rotations and by the scale of a side. Kornblith, Norouzi, Lee and
    Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019, table 1. It is the
    RV coefficient of Robert and Escoufier, "A Unifying Tool for Linear Multivariate Statistical
    Methods", Applied Statistics 1976, which has that name in statistics.
    """
    mean_cca: float
    """The mean of all ρ_i, in [0, 1].

    Symmetric; unchanged by any invertible linear map of a side. Kornblith et al. 2019, table 1;
    Raghu, Gilmer, Yosinski and Sohl-Dickstein, "SVCCA", NeurIPS 2017.
    """
    svcca: float
    """`mean_cca` of what is left of each side on its first principal directions, in [0, 1].

    These are the fewest that hold 0.99 of the side's variance, and those that tie with the last of
    them. Symmetric; unchanged by rotations and by the scale of a side. Raghu et al. 2017.
    """
    pwcca: float
    """Σ α_i ρ_i / Σ α_i with α_i = Σ_j |⟨h_i, x_j⟩|, projection weighted CCA, in [0, 1].

    h_i is the canonical variate of X, of norm 1, that belongs to ρ_i; x_j are the neurons of X, so
    the weights are those of x always. Not symmetric: `measures(y, x)` weighs by y. Unchanged by any
    invertible linear map of y, by rotations of samples and by the scale of x. Where ρ_i coincide,
    as those of shared dimensions do at 1, their variates are not determined; their weight is then
    the mean over all choices. Morcos, Raghu and Bengio, "Insights on Representational Similarity in
    Neural Networks with Canonical Correlation", NeurIPS 2018.
    """
    procrustes_similarity: float
    """|C_xy|_* / (|X| |Y|), in [0, 1]: 1 where a rotation and a scale make one side of the other.

    Symmetric; unchanged by rotations and by the scale of a side. The cosine between X and Y, turned
    as near to each other as they can be: Williams, Kunz, Kornblith and Linderman, "Generalized
    Shape Metrics on Neural Representations", NeurIPS 2021.
    """
    procrustes_distance: float
    """√(2 − 2 `procrustes_similarity`), in [0, √2]: the least |X/|X| − Y Q/|Y|| over orthogonal Q.

    The side with fewer neurons is padded with zeros. A metric: symmetric, 0 only where the
    similarity is 1, with the triangle inequality (Williams et al. 2021). Ding, Denain and
    Steinhardt, "Grounding Representation Similarity Through Statistical Testing", NeurIPS 2021,
    use its square. Of the rounding of sums about 1e-15 is left in the square: below about 1e-7 the
    distance is not told from 0.
    """
    r2_x: float
    """|Q_yᵀ X|² / |X|², in [0, 1]: the part of x's variance that linear regression on y explains.

    Unchanged by any invertible linear map of y, and by rotations and the scale of x. Kornblith et
    al. 2019, table 1, "linear regression".
    """
    r2_y: float
    """|Q_xᵀ Y|² / |Y|², in [0, 1]: the part of y's variance that linear regression on x explains.

    As `r2_x`, with the sides swapped.
    """
    effective_rank_x: float = nan
    """(Σ λ_i)² / Σ λ_i², the participation ratio of x, from 1 to its number of neurons.

    λ_i are the eigenvalues of C_xx, the variances along the principal directions: as many equal
    ones would have it. Unchanged by rotations and by scale. Of one side alone, as are the ranks
    below: a likeness of two sides of very unlike ranks is read beside them. Gao, Trautmann, Yu,
    Santhanam, Ryu, Shenoy and Ganguli, "A Theory of Multineuronal Dimensionality, Dynamics and
    Measurement", 2017 (bioRxiv 214262).
    """
    effective_rank_y: float = nan
    """As `effective_rank_x`, of y."""
    stable_rank_x: float = nan
    """Σ λ_i / max λ_i = |X|² / ‖X‖², ‖X‖ the largest singular value: at most the effective rank.

    Unchanged by rotations and by scale. Rudelson and Vershynin, "Sampling from Large Matrices: an
    Approach Through Geometric Functional Analysis", Journal of the ACM 2007.
    """
    stable_rank_y: float = nan
    """As `stable_rank_x`, of y."""
    debiased_cka: float = nan
    """HSIC_1(x, y) / √(HSIC_1(x, x) HSIC_1(y, y)), linear CKA without a row's product with itself.

    At most 1, about 0 where the sides are unrelated, and negative as often as not then: it is not
    clipped. `linear_cka` of unrelated sides tends to 1 as neurons outnumber samples, this does not.
    HSIC_1 is the unbiased estimate of Song, Smola, Gretton, Bedo and Borgwardt, "Feature Selection
    via Dependence Maximization", JMLR 2012; Murphy, Zylberberg and Fyshe, "Correcting Biased
    Centered Kernel Alignment Measures in Biological and Artificial Neural Networks" (arXiv
    2405.01012), say what it corrects. It takes rows for independent: of what positions of one image
    or tokens of one text share it removes nothing but each row's product with itself. Invariances
    as those of `linear_cka`.
    """
    debiased_cka_note: str = ""
    """Why `debiased_cka` is nan; "" where it is not."""
    also: Mapping[str, float] = field(default_factory=dict)
    """What was asked for by name beside these, as `measures(x, y, also=("ridge_cca",))` does."""

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
            raise ValueError(f"debiased_cka_note is {self.debiased_cka_note!r}: it is a text")

    def __repr__(self) -> str:
        hidden = ("also", "debiased_cka_note")
        named = {name: value for name, value in self._list_fields() if name not in hidden}
        shown = ", ".join(f"{name}={value:.4f}" for name, value in {**named, **self.also}.items())
        note = f"; {self.debiased_cka_note}" if self.debiased_cka_note else ""
        return f"Measures({shown}{note})"
