"""
More neurons than samples
=========================

With as many neurons as samples everything matches everything, whatever the networks. This script
compares one hidden layer of two digit networks on 48 to 1,797 images, and shows how the chance
level, a ridge and held-out residuals tell what is real.
"""

# %%
# A layer that is shared, and one that is not
# -------------------------------------------
# The two networks have 64 neurons in the layer. For a side that shares nothing we give the second
# network other images than the first.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
from digit_networks import build_linear, split_digits, train_network

import spanmatch as sm
from spanmatch.plot.style import BLUE, ORANGE, style_axes

training, held_out = split_digits()
networks = [train_network(seed, training, build_linear) for seed in (0, 1)]
images = torch.cat([training.images, held_out.images])
with torch.no_grad():
    x, y = (network[:2](images).numpy() for network in networks)
unrelated = np.roll(y, len(y) // 2, axis=0)

# spanmatch warns where there are too few samples. Here we want to see what it warns of.
warnings.simplefilter("ignore", sm.UndersampledWarning)

# %%
# Areas at few samples
# --------------------
# Without a ridge the area of unrelated sides is as large as that of related ones at 48 images: 0.85
# for both. At 200 images, three for each neuron, it is still 0.10. ``corrected_area`` divides each
# critical ε by the chance level that counts give. At 48 images it is 0 for both, which says that
# nothing can be told there; from 64 images on it tells the two apart. With a ridge of 0.3 the curve
# of the same images is flat from the start, and that of unrelated sides begins at 0.09. A ridge
# makes every residual larger: areas with a ridge are not to be compared with areas without.

COUNTS = (48, 64, 100, 200, 400, 800, 1797)
ways = {
    "area": lambda *sides: sm.spectrum(*sides, center=True).area,
    "corrected area": lambda *sides: sm.spectrum(*sides, center=True).corrected_area,
    "area with ridge=0.3": lambda *sides: sm.spectrum(*sides, center=True, ridge=0.3).area,
}
figure, panels = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True, layout="constrained")
for panel, (title, measure) in zip(panels, ways.items(), strict=True):
    related = [measure(x[:count], y[:count]) for count in COUNTS]
    by_chance = [measure(x[:count], unrelated[:count]) for count in COUNTS]
    print(f"{title}: {np.round(related, 2)}, unrelated {np.round(by_chance, 2)}")
    panel.plot(COUNTS, related, "o-", color=BLUE, label="same images")
    panel.plot(COUNTS, by_chance, "o-", color=ORANGE, label="unrelated")
    panel.set(title=title, xscale="log", xlabel="images", ylim=(0, 1))
    panel.set_xticks(COUNTS[::2], map(str, COUNTS[::2]))
    panel.minorticks_off()
    style_axes(panel)
panels[0].set_ylabel("area")
panels[1].legend(frameon=False)
plt.show()

# %%
# Which ridge
# -----------
# ``ridge="auto"`` takes the λ by which the two sides predict each other best on images left out.
# The fewer images, the larger it is.

for count in COUNTS:
    chosen = sm.spectrum(x[:count], y[:count], center=True, ridge="auto")
    print(f"{count:5} images: λ = {chosen.ridge:.4f}, area {chosen.area:.2f}")

# %%
# Does a match carry over?
# ------------------------
# ``held_out`` predicts each neuron of a match on folds of the images that its weights were not
# fitted on. At 64 images the fitted residuals of the match at ε = 0.5 are near 0, but on images
# left out their median is 0.56: the match does not carry over. With a ridge chosen by folds it is
# 0.17, close to the 0.13 of all 1,797 images. From 400 images on the ridge makes no difference.


def find_medians(count, ridge):
    """Return the median residual of the match at ε = 0.5, fitted and on folds left out."""
    sides = x[:count], y[:count]
    match = sm.spectrum(*sides, center=True, ridge=ridge).match(0.5)
    fitted = sm.linear_map(*sides, match=match, center=True)
    carried = sm.held_out(*sides, match=match, center=True)
    return (
        np.median(np.concatenate([fitted.x_residuals, fitted.y_residuals])),
        np.median(np.concatenate([carried.x, carried.y])),
    )


FEW = COUNTS[1:]
without = np.array([find_medians(count, None) for count in FEW])
with_ridge = np.array([find_medians(count, "auto") for count in FEW])
print("without a ridge, fitted and held out:", *np.round(without, 2).tolist())
print("with a ridge, fitted and held out:", *np.round(with_ridge, 2).tolist())

figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for values, colour, name in ((without, ORANGE, "no ridge"), (with_ridge, BLUE, 'ridge="auto"')):
    axes.plot(FEW, values[:, 0], "o--", color=colour, label=f"{name}, fitted")
    axes.plot(FEW, values[:, 1], "o-", color=colour, label=f"{name}, held out")
axes.axhline(0.5, color="#6e7781", linewidth=1)
axes.annotate("ε", (FEW[-1], 0.5), xytext=(4, 3), textcoords="offset points")
axes.set(xscale="log", xlabel="images", ylabel="median relative residual", ylim=(0, None))
axes.set_xticks(FEW, map(str, FEW))
axes.minorticks_off()
axes.legend(frameon=False)
style_axes(axes)
plt.show()
