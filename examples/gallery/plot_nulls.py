"""
What untrained networks share: nulls at work
============================================

Two networks match. Is that more than chance? Positive means and smooth maps make even networks
match that have nothing in common. This script takes two untrained networks, once on different
images and once on the same ones, and two trained networks, and lets nulls tell them apart.
"""

# %%
# Three comparisons
# -----------------
# The first comparison is one that must come out as nothing: the networks are untrained, and network
# B sees other images than network A (``data_b``). The second gives the same images to both. In the
# third the networks are trained.

import matplotlib.pyplot as plt
import numpy as np
import torch
from digit_networks import build_convolutional, split_digits, train_network

import spanmatch as sm
from spanmatch.plot.style import BLUE, CHANCE, draw_nulls, find_spread, style_axes
from spanmatch.torch import compare

training, held_out = split_digits()
trained = [train_network(seed, training) for seed in (0, 1)]
torch.manual_seed(0)
untrained = [build_convolutional() for _ in range(2)]

images = held_out.images.split(150)
other_images = training.images[: len(held_out.images)].split(150)
cases = {
    "untrained, other images": (untrained, other_images),
    "untrained, same images": (untrained, images),
    "trained, same images": (trained, images),
}
comparisons = {
    name: compare(
        *networks,
        images,
        data_b=images_b,
        layers=["conv1", "conv2", "fc1", "fc2"],
        nulls=39,
        progress=False,
    )
    for name, (networks, images_b) in cases.items()
}

# %%
# Area and nulls
# --------------
# Each null shifts the images of B circularly against those of A, so that every image meets another
# one. It keeps all that makes unrelated networks match.

for name, comparison in comparisons.items():
    print(name)
    for layer, spectrum in comparison.items():
        nulls = comparison.nulls[layer]
        print(
            f"  {layer}: area {spectrum.area:.2f}, of nulls {np.median(nulls.area):.2f}, "
            f"chance level {nulls.chance_level:.2f}, p = {nulls.p_value(spectrum):.3f}"
        )

# %%
# On other images the ten outputs (``fc2``) have an area of 0.70, and yet share nothing. The outputs
# of an untrained network hardly depend on the image, so a mean is nearly all there is of them. The
# nulls have the same area, and p is large. The trained outputs have an area of 0.71, hardly more,
# but there the nulls have 0.06. An area says nothing without its nulls.
#
# On the same images every p is 0.025, the least that 39 nulls can give, without any training: both
# networks see the same digits, and random weights keep much of an image. So more than chance does
# not mean that it was learned. For that, compare with the trained networks: in every layer their
# areas are farther above the nulls than those of the untrained ones.

figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
layers = comparisons["trained, same images"].layers
for place, (name, comparison) in enumerate(comparisons.items()):
    at = np.arange(len(layers)) + 0.24 * (place - 1)
    nulls = np.array([comparison.nulls[layer].area for layer in layers])
    axes.errorbar(
        at,
        np.median(nulls, axis=1),
        np.abs(np.percentile(nulls, [0, 100], axis=1) - np.median(nulls, axis=1)),
        fmt="_",
        color=CHANCE,
        markersize=11,
        capsize=3,
        label="nulls, from least to largest" if place == 0 else None,
    )
    axes.plot(at, comparison.area, "o^s"[place], color=BLUE, label=name, zorder=3)
axes.set_xticks(range(len(layers)), layers)
axes.set(ylabel="area under s(ε)", ylim=(0, 1))
axes.legend(ncols=2, frameon=False, loc="upper left", fontsize=8.5)
style_axes(axes, grid="y")
plt.show()

# %%
# Without the means
# -----------------
# ``center=True`` takes the means away, and with them half of what matches in the second layer on
# other images: the area falls from 0.31 to 0.15. The rest comes from positions: all digits have
# empty corners and ink in the middle, and a channel of either network shows it. The curves of the
# data and of the nulls lie on each other in both panels.

pair = comparisons["untrained, other images"].pair("conv2")
eps = np.linspace(0, 1, 400, endpoint=False)
figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.2), sharey=True, layout="constrained")
for panel, center in zip(panels, (False, True), strict=True):
    spectrum, nulls = sm.spectrum(pair, center=center), sm.null_spectra(pair, center=center)
    draw_nulls(panel, eps, find_spread(nulls.similarity(eps)), label="nulls")
    panel.plot(eps, spectrum.similarity(eps), "--", color=BLUE, label="data: other images")
    print(f"{'centred' if center else 'not centred'}: area {spectrum.area:.2f}")
    title = "centred" if center else "not centred"
    panel.set(title=f"conv2, {title}", xlabel="ε", xlim=(0, 1), ylim=(0, 1.02))
    style_axes(panel)
panels[0].set_ylabel("s(ε), part of the neurons matched")
panels[0].legend(frameon=False, loc="upper left")
plt.show()

# %%
# Other measures need nulls as well
# ---------------------------------
# ``calibrate`` finds every measure of the data and of the nulls. Linear CKA of the same layer is
# 0.5 for networks that share nothing, and debiased CKA is no better: it takes rows for independent,
# and positions of one image are not. The threshold is the value that nineteen of twenty nulls stay
# within, and the score says what is above it. It is 0 for every measure.

found = sm.calibrate(pair)
for name, measure in found.items():
    print(
        f"{name:22} {measure.value:.3f}  threshold {measure.threshold:.3f}  "
        f"score {measure.score:.3f}  p = {measure.p_value:.3f}"
    )
