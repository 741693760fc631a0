"""
Along a training run
====================

When does a layer become what it is at the end? This script keeps checkpoints of two training runs
and compares them: each checkpoint with the end of its run, and all checkpoints of both runs with
each other.
"""

# %%
# Keep checkpoints
# ----------------
# ``train_network`` calls a function after every epoch. It keeps a copy of the network at some of
# them; epoch 0 is before training.

from copy import deepcopy

import matplotlib.pyplot as plt
import numpy as np
from digit_networks import measure_accuracy, split_digits, train_network

from spanmatch.torch import compare_many

EPOCHS = (0, 1, 2, 4, 8, 15)
LAYERS = ["conv1", "conv2", "fc1", "fc2"]
training, held_out = split_digits()
images = held_out.images.split(100)


def keep_checkpoints(seed):
    """Train a network and return it as it was at each of the epochs."""
    kept = {}

    def keep(epoch, network):
        if epoch in EPOCHS:
            kept[epoch] = deepcopy(network).eval()

    train_network(seed, training, after_epoch=keep)
    return kept


run, other_run = keep_checkpoints(0), keep_checkpoints(1)
for epoch, network in run.items():
    print(f"epoch {epoch:2}: {measure_accuracy(network, held_out):.1%} of held-out digits correct")

# %%
# Each checkpoint with the end
# ----------------------------
# With ``reference`` each network is compared with that one alone. ``center=True`` leaves the means
# out, which untrained layers share as well.

along = compare_many(
    {f"epoch {epoch}": network for epoch, network in run.items()},
    images,
    layers=LAYERS,
    reference="epoch 15",
    center=True,
    progress=False,
)
for layer in LAYERS:
    print(f"{layer}: {np.round(along[layer].area[-1, :-1], 2)}")
plt.figure(along.plot())
plt.show()

# %%
# At epoch 0, with random weights, ``conv1`` has two thirds of its final area already: training
# changes the first layer least. The outputs (``fc2``) change most, and nearly all at once: their
# area goes from 0.22 to 0.64 in the first epoch, while the accuracy goes from 7 to 68 %. No layer
# is finished before the others: between epoch 8 and epoch 15 each still moves.
#
# The line of ``fc1`` ends lower than the others, at 0.63. A third of its neurons are dead at the
# end, so even the network with itself has an area of no more than 0.70 there.

# %%
# Two runs, all with all
# ----------------------
# Without ``reference`` every network is compared with every other. ``many[layer].area`` is an array
# of networks × networks.

STEPS = (0, 1, 4, 15)
networks = {f"a{epoch}": run[epoch] for epoch in STEPS}
networks |= {f"b{epoch}": other_run[epoch] for epoch in STEPS}
many = compare_many(
    networks,
    images,
    layers=LAYERS,
    center=True,
    progress=False,
)
for layer in LAYERS:
    area = many[layer].area
    print(
        f"{layer}: a15 with a0 {area[3, 0]:.2f}, with b15 {area[3, 7]:.2f}; "
        f"a and b at epochs {STEPS}: {np.round(np.diag(area[:4, 4:]), 2)}"
    )
plt.figure(many.plot())
plt.show()

# %%
# Each run has a block of its own in ``conv1``: at its end the layer is nearer to its own random
# start (0.66) than to the end of the other run (0.47). In the later layers the start is forgotten.
# The outputs at the end are far from their start (0.22) and near the other run (0.70).
#
# The two runs come nearer to each other in the first epochs, and hardly after them: from epoch 4 to
# 15 the area of ``conv1`` grows by 0.03, those of ``fc1`` and ``fc2`` stay as they are, and that of
# ``conv2`` falls. The tree below the matrices shows the mean over all layers: the trained
# checkpoints group by run, and the two untrained networks stand apart from all others.
