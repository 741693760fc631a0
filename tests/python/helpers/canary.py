"""What a malicious pickle holds."""

from __future__ import annotations

from pathlib import Path


class RunsCode:
    """Unpickling it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)
