"""Small decoder-only networks that read bytes, trained here in minutes, or not trained at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from library_text import cut_windows, read_bytes
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG: dict[str, Any] = {
    "vocab_size": 256,
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 256,
    "bos_token_id": None,
    "eos_token_id": None,
}
"""Of Llama: 1.3 million parameters in six blocks."""
WINDOW = 128
BATCH = 32
RATE = 3e-3


def make_decoder(seed: int) -> LlamaForCausalLM:
    """Return a network with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(LlamaConfig(**CONFIG))


def train_decoder(seed: int, folder: Path, steps: int) -> Iterator[str]:
    """Train a network on the standard library and save its blocks, unless the folder is there."""
    if folder.is_dir():
        yield f"{folder} is there: it is read"
        return
    network, text = make_decoder(seed), read_bytes(held_out=False)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    for step in range(steps):
        windows = cut_windows(text, BATCH, WINDOW, seed * steps + step)
        loss = measure_loss(network, windows)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 40 == 0:
            yield f"seed {seed}, step {step} of {steps}: {loss.item():.2f} nats a byte"
    with torch.no_grad():
        seen = measure_loss(network, cut_windows(read_bytes(held_out=True), 256, WINDOW, seed=0))
    yield f"seed {seed}: {seen.item():.2f} nats a byte on files that were held out"
    # Whoever is cut off leaves no half of a network behind.
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        network.model.save_pretrained(Path(unfinished, "network"))
        Path(unfinished, "network").rename(folder)


def measure_loss(network: LlamaForCausalLM, windows: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy of each byte, given those before it."""
    logits = network(input_ids=windows[:, :-1]).logits
    return cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
