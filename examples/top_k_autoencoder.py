"""A top-k sparse autoencoder: every row as a sum of k of many directions."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

RATE = 3e-3
"""Of Adam, at first."""


class TopKAutoencoder(nn.Module):
    """Of many latents the k largest are kept; the decoder's rows, one a latent, have length 1."""

    def __init__(self, width: int, latents: int, k: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        directions = functional.normalize(torch.randn(latents, width, generator=generator))
        self.k = k
        self.encoder = nn.Parameter(directions.clone())
        self.bias = nn.Parameter(torch.zeros(latents))
        self.decoder = nn.Parameter(directions)
        self.offset = nn.Parameter(torch.zeros(width))

    def encode(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return which latents each row has, and their values, none below 0."""
        found = (rows @ self.encoder.T + self.bias).topk(self.k)
        return found.indices, found.values.relu()

    def decode(self, indices: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Return the rows that the latents stand for."""
        summed = functional.embedding_bag(
            indices, self.decoder, per_sample_weights=values, mode="sum"
        )
        return summed + self.offset


def train_autoencoder(
    rows: torch.Tensor, *, latents: int, k: int, seed: int, steps: int, batch: int = 1024
) -> TopKAutoencoder:
    """Train an autoencoder on rows of mean 0 and variance 1.

    Adam, with a rate that falls to 0 over the last half. Ten times in the first half, latents that
    no row had since the last time are turned to the rows that were rebuilt worst.
    """
    model = TopKAutoencoder(rows.shape[1], latents, k, seed)
    generator = torch.Generator().manual_seed(seed)
    rate = RATE
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    fired = torch.zeros(latents, dtype=torch.bool)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, 2 * (1 - step / steps))
        x = rows[torch.randint(len(rows), (batch,), generator=generator)]
        indices, values = model.encode(x)
        errors = x - model.decode(indices, values)
        optimizer.zero_grad()
        errors.square().mean().backward()
        optimizer.step()
        with torch.no_grad():
            model.decoder.copy_(functional.normalize(model.decoder))
            fired[indices[values > 0]] = True
            if step < steps / 2 and (step + 1) % max(1, steps // 20) == 0:
                turn_to_errors(model, (~fired).nonzero().squeeze(1), errors)
                fired[:] = False
    return model


def turn_to_errors(model: TopKAutoencoder, latents: torch.Tensor, errors: torch.Tensor) -> None:
    """Turn latents to what was missing of the rows that were rebuilt worst."""
    worst = errors.square().sum(1).topk(min(len(latents), len(errors))).indices
    latents = latents[: len(worst)]
    directions = functional.normalize(errors[worst])
    model.decoder[latents] = directions
    model.encoder[latents] = directions
    model.bias[latents] = 0.0
