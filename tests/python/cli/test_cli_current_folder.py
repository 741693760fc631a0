"""What lies in the current folder under the name of a library does not run in its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import SPANMATCH
from compare_runs import made, place

__all__ = ["made", "place"]  # fixtures

CANARY = 'from pathlib import Path\nPath(__file__).with_name("ran").touch()\n'
# What commands import at their start, for a name, a picture, data or a page; and two of no package.
NAMES = (
    *("torchvision", "timm", "transformers", "matplotlib", "sklearn", "scipy", "jinja2", "rich"),
    *("typer", "click", "torch", "numpy", "pandas", "flax", "tensorflow"),
)
NET = "small-vgg(channels=1)"
BOTH = ["--seed-a", "0", "--seed-b", "1", "--device", "cpu", "--out", "out"]
COMMANDS = {
    "help": ["--help"],
    "info": ["info", "torchvision:alexnet", "--seed", "0"],
    "compare": ["compare", NET, NET, "--data", "digits", "--limit", "20", *BOTH],
    "factory": ["info", "own:small", "--shape", "2,1,8,8"],
}
WAYS = {"spanmatch": [SPANMATCH], "python -m": [sys.executable, "-m", "spanmatch"]}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "way"),
    [
        ("help", "python -m"),
        ("info", "spanmatch"),
        ("compare", "python -m"),
        ("factory", "spanmatch"),
    ],
)
def test_no_library_is_imported_from_the_current_folder(command: str, way: str) -> None:
    if command == "info":
        pytest.importorskip("torchvision")
    for name in NAMES:
        Path(f"{name}.py").write_text(CANARY)
    Path("nets.py").rename("own.py")
    run = subprocess.run(
        [*WAYS[way], *COMMANDS[command]], capture_output=True, text=True, check=False
    )
    assert not Path("ran").exists()
    assert run.returncode == 0, run.stderr
