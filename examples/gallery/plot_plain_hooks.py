"""
With hooks of your own
======================

``compare`` runs two models for you. Where the loop is yours, as in an evaluation that exists
already, a forward hook and an ``ActivationPair`` do the same in a few lines. A side of a pair may
also be something else than the output of a module.
"""

# %%
# The networks and the batches
# ----------------------------

import matplotlib.pyplot as plt
import torch
from digit_networks import split_digits, train_network

import spanmatch as sm
from spanmatch.torch import compare

training, held_out = split_digits()
network_a, network_b = (train_network(seed, training) for seed in (0, 1))
batches = held_out.images.split(100)

# %%
# A hook for each layer
# ---------------------
# A hook keeps the output of its layer until both networks have run. ``as_rows`` turns maps into
# samples × neurons: the channels are neurons, and every position of every image is a sample.

LAYERS = ("conv1", "conv2", "fc1", "fc2")
outputs = {}


def keep_output(name):
    """Return a hook that keeps an output under a name."""

    def hook(_module, _arguments, output):
        outputs[name] = output.detach()

    return hook


hooks = [
    network.get_submodule(layer).register_forward_hook(keep_output((side, layer)))
    for side, network in (("a", network_a), ("b", network_b))
    for layer in LAYERS
]

# %%
# Sum batch by batch
# ------------------
# A pair keeps sums alone, so memory does not grow with the data. ``nulls`` are summed at the same
# time. They shift whole images, so the pair has to know how many rows an image has.

pairs = {layer: sm.ActivationPair(nulls=39) for layer in LAYERS}
with torch.no_grad():
    for batch in batches:
        network_a(batch)
        network_b(batch)
        for layer, pair in pairs.items():
            rows_a, rows_b = (sm.as_rows(outputs[side, layer]) for side in "ab")
            pair.update(rows_a, rows_b, rows_per_item=len(rows_a) // len(batch))
for hook in hooks:
    hook.remove()
for layer, pair in pairs.items():
    print(layer, pair)

# %%
# Ask the pairs
# -------------
# Everything that takes two arrays takes a pair. The areas are those that ``compare`` finds.

comparison = sm.Comparison(
    {layer: sm.spectrum(pair) for layer, pair in pairs.items()},
    pairs,
    one_to_one={layer: sm.one_to_one(pair) for layer, pair in pairs.items()},
    nulls={layer: sm.null_spectra(pair) for layer, pair in pairs.items()},
    inputs=len(held_out.images),
)
usual = compare(network_a, network_b, batches, layers=list(LAYERS), nulls=39, progress=False)
for layer in LAYERS:
    print(f"{layer}: area {comparison[layer].area:.4f}, by compare {usual[layer].area:.4f}")
print(comparison)

# %%
# What no module returns
# ----------------------
# A side may be any array of samples × neurons. Here the pixels themselves stand against the fully
# connected layer: how much of the image does it still hold, and how much of it is in the pixels?

pair = sm.ActivationPair()
with torch.no_grad():
    for batch in batches:
        pair.update(batch.flatten(1), network_a[:3](batch))
spectrum = sm.spectrum(pair, center=True)
measures = sm.measures(pair)
print(spectrum)
print(f"s(0.4) = {spectrum.similarity(0.4):.2f}, s(0.5) = {spectrum.similarity(0.5):.2f}")
print(f"the layer explains {measures.r2_x:.0%} of the variance of the pixels,")
print(f"and the pixels explain {measures.r2_y:.0%} of the variance of the layer")
comparison = sm.Comparison(
    {"pixels and fc1": spectrum},
    None,
    center=True,
    one_to_one={"pixels and fc1": sm.one_to_one(pair, center=True)},
)
plt.figure(comparison.plot())
plt.show()

# %%
# By regression each side explains most of the other, the pixels more of the layer than the layer of
# the pixels. Still nothing matches within ε = 0.4: ε counts what is left of each single neuron and
# each single pixel, and 0.4 allows 16 % of its variance. Four pixels are empty in all images and 19
# neurons are dead, so that s(ε) ends at 0.82.
