"""
Where measures disagree
=======================

Linear CKA, CCA and Procrustes each ask another question, and a match asks one more. Five planted
pairs of layers, whose relation is known, show where the answers differ.
"""

# %%
# Five pairs of layers
# --------------------
# Each layer has 40 neurons and sees 1,000 samples, except the last, which sees 60.

import warnings

import matplotlib.pyplot as plt
import numpy as np

import spanmatch as sm
from spanmatch.plot.style import INK, SMALL, style_axes

rng = np.random.default_rng(0)
SAMPLES, NEURONS = 1000, 40


def draw(*shape):
    """Return independent normal numbers."""
    return rng.standard_normal(shape)


def rotate(samples):
    """Return the samples in another, orthogonal basis."""
    size = samples.shape[1]
    return samples @ np.linalg.qr(draw(size, size))[0]


signals = draw(SAMPLES, NEURONS)
strong, weak = 5 * draw(SAMPLES, 2), draw(SAMPLES, 20)
cases = {
    # The same signals in another basis.
    "rotated": (signals, rotate(signals)),
    # The same neurons, each at a scale of its own, from 1 to 1,000.
    "neurons rescaled": (signals, signals * np.geomspace(1, 1000, NEURONS)),
    # Two strong directions in common, spread over all neurons. The rest is each layer's own.
    "two strong directions": tuple(
        rotate(np.hstack([strong, 0.5 * draw(SAMPLES, NEURONS - 2)])) for _ in range(2)
    ),
    # Half of the neurons in common. The other half is each layer's own, and ten times as large.
    "weak half": tuple(np.hstack([weak, 10 * draw(SAMPLES, NEURONS - 20)]) for _ in range(2)),
    # Nothing in common, and few samples.
    "nothing, 60 samples": (draw(60, NEURONS), draw(60, NEURONS)),
}

# %%
# All measures
# ------------
# ``sm.measures`` gives those of the literature. Beside them stand the area of the match, the area
# corrected for few samples, and the area of what is shared one by one.

# spanmatch warns of too few samples in the last case, which we want to see.
warnings.simplefilter("ignore", sm.UndersampledWarning)

NAMES = ("linear_cka", "debiased_cka", "mean_cca", "svcca", "pwcca", "procrustes_similarity")
table = {}
for case, sides in cases.items():
    spectrum, measures = sm.spectrum(*sides, center=True), sm.measures(*sides)
    table[case] = {
        "area": spectrum.area,
        "corrected_area": spectrum.corrected_area,
        "one_to_one_area": sm.one_to_one(*sides, center=True).area,
    } | {name: getattr(measures, name) for name in NAMES}
    print(f"{case}: " + ", ".join(f"{name} {value:.2f}" for name, value in table[case].items()))

values = np.array([list(row.values()) for row in table.values()])
LABELS = (
    "area",
    "corrected\narea",
    "one to one\narea",
    "linear\nCKA",
    "debiased\nCKA",
    "mean\nCCA",
    "SVCCA",
    "PWCCA",
    "Procrustes\nsimilarity",
)
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.imshow(values, cmap="Blues", vmin=0, vmax=1.8, aspect="auto")
for (row, column), value in np.ndenumerate(values.round(2) + 0.0):
    axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=INK, fontsize=SMALL)
axes.set_xticks(range(len(LABELS)), LABELS)
axes.set_yticks(range(len(table)), table)
axes.xaxis.tick_top()
style_axes(axes, grid=None)
plt.show()

# %%
# Read it row by row.
#
# **Rotated.** All agree that the layers are the same, but for the area of single pairs: no neuron
# of one layer is like a single neuron of the other.
#
# **Neurons rescaled.** CKA (0.39) and Procrustes (0.54) go by variance, and the last ten neurons
# have 97 % of it. The match and CCA do not see scales.
#
# **Two strong directions.** CKA is 1.00, since two directions hold 84 % of the variance. Mean CCA
# counts all directions alike and is 0.21. The match counts neurons: most of the variance of each
# neuron is shared, which puts the area at 0.49, and s(ε) at 0 for small ε.
#
# **Weak half.** Half of the neurons are exactly the same. CKA is 0.02 and does not see them, since
# they have 1 % of the variance. The area is 0.51, and mean CCA 0.56. Only the match names the
# neurons: they are ``spectrum.match(0.1)``.
#
# **Nothing, 60 samples.** The layers are independent, and mean CCA is 0.77, Procrustes 0.66 and CKA
# 0.42: with 40 neurons and 60 samples much is explained by chance. The area is 0.30 for that reason
# too. Debiased CKA and the corrected area are 0.02 and 0.00. ``sm.calibrate`` gives every other
# measure a threshold by chance.

spectrum = sm.spectrum(*cases["two strong directions"], center=True)
print(f"two strong directions: s(0.1) = {spectrum.similarity(0.1):.2f}")
match = sm.spectrum(*cases["weak half"], center=True).match(0.1)
print(f"weak half, the match at ε = 0.1: {match.x.tolist()}")
