"""Text that comes with Python: the sources of the standard library, and its docstrings."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import torch

LEFT_OUT = {"site-packages", "test", "tests", "idlelib", "lib2to3"}
HELD_OUT = 10
"""One file in so many is for no training."""


def find_sources() -> list[Path]:
    """Return the files of the standard library, in the order of their names."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(root.rglob("*.py"), key=lambda file: file.relative_to(root).as_posix())
    return [file for file in files if not LEFT_OUT.intersection(file.relative_to(root).parts)]


def read_bytes(*, held_out: bool) -> torch.Tensor:
    """Return the bytes of the files that are for training, or of those that are not."""
    files = enumerate(find_sources())
    text = b"\n".join(
        file.read_bytes() for at, file in files if (at % HELD_OUT == HELD_OUT - 1) == held_out
    )
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)


def cut_windows(text: torch.Tensor, count: int, size: int, seed: int) -> torch.Tensor:
    """Return so many windows of a text, of so many bytes each, drawn by a seed."""
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(len(text) - size, (count, 1), generator=generator)
    return text[starts + torch.arange(size)].long()


def read_sentences(count: int, seed: int, least: int = 20, most: int = 120) -> list[str]:
    """Return first lines of docstrings, each once, in an order that a seed draws."""
    lines = {line for file in find_sources() for line in _first_lines(file)}
    fit = sorted(line for line in lines if line.isascii() and least <= len(line) <= most)
    order = torch.randperm(len(fit), generator=torch.Generator().manual_seed(seed))
    return [fit[at] for at in order[:count]]


def as_byte_batches(texts: list[str], size: int = 64) -> list[dict[str, torch.Tensor]]:
    """Return batches of so many texts, of which every byte is a token, padded to the longest."""
    batches = []
    for start in range(0, len(texts), size):
        rows = [torch.tensor(list(text.encode())) for text in texts[start : start + size]]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        lengths = torch.tensor([[len(row)] for row in rows])
        mask = (torch.arange(ids.shape[1]) < lengths).long()
        batches.append({"input_ids": ids, "attention_mask": mask})
    return batches


def _first_lines(file: Path) -> list[str]:
    documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
    nodes = ast.walk(ast.parse(file.read_bytes()))
    texts = [ast.get_docstring(node) for node in nodes if isinstance(node, documented)]
    return [text.strip().splitlines()[0] for text in texts if text and text.strip()]
