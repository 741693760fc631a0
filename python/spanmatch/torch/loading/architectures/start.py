"""The initial weights of a network."""

from __future__ import annotations

from torch import nn


def draw_he_weights(network: nn.Sequential) -> nn.Sequential:
    """Draw weights whose scale a ReLU keeps from layer to layer; offsets begin at zero.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015: without it the deeper
    networks that have no normalisation do not learn.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
