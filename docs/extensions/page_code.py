"""The code of a page, run, so that a picture shows what the reader gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

DOCS = Path(__file__).parents[1]


def run_page(name: str, blocks: int) -> dict[str, Any]:
    """Run the first blocks of Python of a page and return what they have named.

    Calls of `print` and of `plot` are left out: a picture has no use for them.
    """
    text = (DOCS / name).read_text("utf-8")
    code = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[:blocks]
    kept = re.sub(r"^.*(?:print|\.plot)\(.*\n", "", "\n".join(code), flags=re.MULTILINE)
    torch.set_num_threads(1)  # networks as small as these gain nothing by more
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(kept, name, "exec"), names)
    return names
