"""
Two digit networks, layer by layer
==================================

Two small convolutional networks are trained on the same digits from two seeds. Both label 97 % or
more of the held-out digits correctly. Do they represent the digits in the same way?
"""

# %%
# Train two networks
# ------------------
# ``digit_networks.py``, beside this script, holds the training loop. Nothing differs between the
# two runs but the seed.

import matplotlib.pyplot as plt
from digit_networks import measure_accuracy, split_digits, train_network

from spanmatch.torch import compare

training, held_out = split_digits()
network_a, network_b = (train_network(seed, training) for seed in (0, 1))
for seed, network in enumerate((network_a, network_b)):
    print(f"seed {seed}: {measure_accuracy(network, held_out):.1%} of held-out digits are correct")

# %%
# Compare every layer
# -------------------
# Both networks run over the held-out digits. ``nulls=39`` also compares them with the digits of one
# network shifted against those of the other, which shows what unrelated networks would reach.

LAYERS = ["conv1", "conv2", "fc1", "fc2"]
comparison = compare(
    network_a, network_b, held_out.images.split(100), layers=LAYERS, nulls=39, progress=False
)
print(comparison)

# %%
# Read the table line by line.
#
# ``conv1``: in a convolutional layer a neuron is a channel, and every position of every image is a
# sample, so 599 images make 38,336 samples. Nothing matches within ε = 0.3, but at ε = 0.5 nearly
# all channels do. Few of them match one by one (``s1``): the channels of one network are mixtures
# of those of the other.
#
# ``conv2``: less of it matches at ε = 0.5, and its area is the lowest of all layers. Its chance
# level is not far above that ε: unrelated networks match at about ε = 0.6 here, since maps have
# positive means and are smooth.
#
# ``fc1``: s(ε) stops at two thirds, because a third of the neurons are dead: they are 0 on every
# held-out digit. Dead neurons match nothing, but count among all neurons. Of the neurons that live
# nearly all match within ε = 0.3, one in six of them one by one.
#
# ``fc2``: the ten outputs match best, as one expects of two networks that learn the same labels.
# Yet output by output only a fifth match within ε = 0.3, while nine tenths do as a span.
#
# The column ``p`` is 1/40 in each layer, the least that 39 nulls can give: none of them reaches
# these areas.

# %%
# The same as a picture
# ---------------------
# The blue line is s(ε). Under it stand three bands: what is shared one by one, one by one but
# repeated, and only in another basis. The orange line is the median of the nulls. In the three
# hidden layers it rises well before ε = 1: positive means alone make neurons match.

plt.figure(comparison.plot())
plt.show()

# %%
# Without the means
# -----------------
# ``center=True`` subtracts the mean of each neuron first. The nulls move to the right: their chance
# level is now 0.8 in ``conv2`` and above 0.9 in the other layers. Much of what the convolutional
# layers shared at ε = 0.5 was owed to means: s falls from 0.91 to 0.19 in ``conv1`` and from 0.73
# to 0 in ``conv2``. The linear layers keep nearly all of their match. In every layer the curve
# still rises before that of the nulls.

centred = compare(
    network_a,
    network_b,
    held_out.images.split(100),
    layers=LAYERS,
    nulls=39,
    center=True,
    progress=False,
)
for layer in LAYERS:
    before, after = (each[layer].similarity(0.5) for each in (comparison, centred))
    print(f"{layer}: s(0.5) = {before:.2f}, centred {after:.2f}")
plt.figure(centred.plot())
plt.show()
