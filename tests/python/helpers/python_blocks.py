"""The Python of a page of Markdown: it runs, and prints what the page promises."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    import pytest

FENCED = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n*```output\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
PROMISED = re.compile(r"print\(.*\)  # ([^a-z:\n…][^:\n…]*)")
"""What stands beside a `print` is how its line begins, unless it begins as a remark: small."""
TORCHRUN = "# match.py: torchrun --nproc-per-node 8 match.py\n"


@dataclass(frozen=True)
class Block:
    """A block of Python, and what a block of output under it says that it prints."""

    page: str
    line: int
    code: str
    output: str | None

    @property
    def is_for_torchrun(self) -> bool:
        return self.code.startswith(TORCHRUN)

    def run(self, names: dict[str, Any]) -> None:
        """Run it, with what earlier blocks have named, and check what it prints."""
        printed = StringIO()
        # Lines of errors are those of the page.
        code = compile("\n" * self.line + self.code, self.page, "exec")
        with redirect_stdout(printed):
            exec(code, names)
        if self.output is not None:
            assert printed.getvalue() == self.output
            return
        lines = iter(printed.getvalue().splitlines())
        for promise in PROMISED.findall(self.code):
            assert any(line.startswith(promise) for line in lines), promise


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found["code"], found["output"])
        for found in FENCED.finditer(text)
    ]


def run_under_torchrun(block: Block, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a block by two processes, in the current folder, and return what they print."""
    Path("match.py").write_text(block.code)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "match.py"]
    if torch.cuda.device_count() < 2:
        # NCCL asks for a GPU of its own for each of the two.
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
