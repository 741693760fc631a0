r"""
A planted span and its spectrum
===============================

Two layers of 24 neurons see the same inputs. We plant what they share, and look at how the match
spectrum shows it: four neurons are shared one by one, eight only as a span, and twelve not at all.
"""

# %%
# The data
# --------
# Both layers see 5,000 inputs. Of the eight signals that are shared as a span, each side holds a
# rotation of its own.

import matplotlib.pyplot as plt
import numpy as np

import spanmatch as sm

rng = np.random.default_rng(0)
single = rng.standard_normal((5_000, 4))
span = rng.standard_normal((5_000, 8))


def make_side():
    """Return the shared neurons of a side, with a little noise, and twelve of its own."""
    rotation = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    shared = np.hstack([single, span @ rotation])
    noise = 0.2 * rng.standard_normal(shared.shape)
    return np.hstack([shared + noise, rng.standard_normal((5_000, 12))])


x, y = make_side(), make_side()

# %%
# The spectrum
# ------------
# One pass finds the critical ε of every neuron: the smallest ε at which it belongs to the maximum
# match.

spectrum = sm.spectrum(x, y)
pairs = sm.one_to_one(x, y)
print(spectrum)
print(f"s(0.6) = {spectrum.similarity(0.6):.2f}")
print(f"of which one by one: {pairs.similarity(0.6):.2f}")

# %%
# The plot
# --------
# The curve s(ε) rises to one half, where all that is shared is matched. It stays there until ε
# comes near the chance level, close to 1. The green band holds the four pairs, the blue one what
# is shared only as a span.

eps = np.linspace(0, 1, 500, endpoint=False)
one_by_one, whole = pairs.similarity(eps), spectrum.similarity(eps)

figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
axes.fill_between(eps, 0, one_by_one, color="#009e73", alpha=0.7, label="one by one")
axes.fill_between(eps, one_by_one, whole, color="#4aa3d9", alpha=0.35, label="only as a span")
axes.plot(eps, whole, color="#0072b2", linewidth=2.2, label="s(ε)")
axes.axvline(spectrum.chance_level, color="#d55e00", label="chance level")
axes.set(xlabel="ε", ylabel="part of the neurons", xlim=(0, 1), ylim=(0, 1.02))
axes.legend(loc="upper left", frameon=False)
plt.show()
