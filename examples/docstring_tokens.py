"""What a block of MiniLM makes of the docstrings of packages: rows of its residual stream."""

from __future__ import annotations

import ast
import random
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

TOKENS = 62
"""Of each window of text; with the tokens that begin and end a text it is 64 long."""


def read_windows(packages: Sequence[str], tokenizer: Any, counts: Sequence[int]) -> list[list[Any]]:
    """Return lists of so many windows, 62 tokens each, and no docstring in two of the lists.

    A paragraph that many docstrings have is read once, and so is a window. The docstrings are
    shuffled, and so are the windows of each list: neighbours have nothing to do with each other.
    """
    docstrings = [text for package in packages for text in read_docstrings(package)]
    order = random.Random(0)
    order.shuffle(docstrings)
    read = iter(tokenizer(docstrings, add_special_tokens=False, verbose=False)["input_ids"])
    lists: list[list[Any]] = []
    seen: set[tuple[int, ...]] = set()
    for count in counts:
        windows: list[Any] = []
        while len(windows) < count:
            tokens = next(read, None)
            if tokens is None:
                raise ValueError(
                    f"the docstrings of {', '.join(packages)} have fewer than {sum(counts)} "
                    f"windows of {TOKENS} tokens"
                )
            for at in range(0, len(tokens) - TOKENS + 1, TOKENS):
                window = tokens[at : at + TOKENS]
                if tuple(window) not in seen:
                    seen.add(tuple(window))
                    windows.append(window)
        del windows[count:]
        order.shuffle(windows)
        lists.append(windows)
    return lists


def read_docstrings(package: str) -> list[str]:
    """Return the docstrings of an installed package, less what any of them said before."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(f"the docstrings of {package} are read: pip install {package}")
    folder = Path(spec.origin).parent
    seen: set[str] = set()
    texts = []
    for path in sorted(folder.rglob("*.py")):
        if "tests" in path.relative_to(folder).parts:
            continue
        for docstring in find_docstrings(path.read_text(encoding="utf-8")):
            paragraphs = [
                part for part in dict.fromkeys(docstring.split("\n\n")) if part not in seen
            ]
            seen.update(paragraphs)
            texts.append("\n\n".join(paragraphs))
    return texts


def find_docstrings(source: str) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and its functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield docstring


def read_activations(
    model: nn.Module, tokenizer: Any, windows: Sequence[Sequence[int]], blocks: int
) -> torch.Tensor:
    """Return what the first blocks of MiniLM make of the windows: windows × tokens × neurons.

    The tokens that begin and end a text are read by the model, and left out of what is returned.
    """
    encoder: Any = model.encoder
    encoder.layer = encoder.layer[:blocks]
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    texts = torch.tensor([[begin, *window, end] for window in windows])
    with torch.no_grad():
        return torch.cat([model(part).last_hidden_state[:, 1:-1] for part in texts.split(64)])
