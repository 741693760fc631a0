"""The rooms of the package: each imports from those below it alone, and nothing in a circle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import spanmatch as sm
from rooms import MOST_ENTRIES, ROOMS, Package, broken_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

SOUND = {
    "__init__.py": 'from spanmatch.base.words import all\n_LATER = {"compare": "torch.compare"}\n',
    "__main__.py": "from spanmatch.cli import main\n",
    "_core.pyi": "import numpy as np\n",
    "base/__init__.py": "",
    "base/words.py": "import spanmatch._core as core\n",
    "results/__init__.py": "",
    "results/match.py": "from spanmatch.base import words\n",
    "pair/__init__.py": "",
    "pair/types.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n",
    "pair/rows.py": 'import sys\nfrom .types import Samples\nHERE = sys.modules.get("torch")\n',
    "pair/device/__init__.py": "",
    "pair/device/gram.py": "import torch.linalg\nfrom ..types import Samples\n",
    "torch/__init__.py": "from spanmatch.torch.compare import compare\n",
    "torch/compare.py": "import torch\nfrom spanmatch.torch.layers import chosen\n",
    "torch/layers.py": "import spanmatch.pair.types as types\n",
    "cli/__init__.py": "def main():\n    from spanmatch.torch import compare\n",
}
"""A small package in which nothing is amiss, with imports of each kind."""


def written(tmp_path: Path, files: Mapping[str, str]) -> Package:
    root = tmp_path / "spanmatch"
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return Package(root)


def test_no_import_of_the_package_runs_up_or_in_a_circle() -> None:
    broken = broken_rules(Package(Path(sm.__file__).parent))
    assert not broken, "\n".join(broken)


def test_the_package_is_read_whole() -> None:
    found = Package(Path(sm.__file__).parent)
    assert {found.room(module) for module in found.files} >= {
        room for rooms in ROOMS for room in rooms
    }
    inner = [each for imports in found.imports.values() for each in imports]
    assert sum(found.holds(each.module) for each in inner) > 2 * len(found.files)


def test_a_sound_package_passes(tmp_path: Path) -> None:
    found = written(tmp_path, SOUND)
    assert broken_rules(found) == []
    assert {
        (module, each.module)
        for module, imports in found.imports.items()
        for each in imports
        if found.holds(each.module)
    } == {
        ("spanmatch", "spanmatch.base.words"),
        ("spanmatch", "spanmatch.torch.compare"),
        ("spanmatch.__main__", "spanmatch.cli"),
        ("spanmatch.base.words", "spanmatch._core"),
        ("spanmatch.results.match", "spanmatch.base.words"),
        ("spanmatch.pair.rows", "spanmatch.pair.types"),
        ("spanmatch.pair.device.gram", "spanmatch.pair.types"),
        ("spanmatch.torch", "spanmatch.torch.compare"),
        ("spanmatch.torch.compare", "spanmatch.torch.layers"),
        ("spanmatch.torch.layers", "spanmatch.pair.types"),
        ("spanmatch.cli", "spanmatch.torch.compare"),
    }


UP = [
    "import spanmatch.cli.files as files",
    "from spanmatch.cli import main",
    "from spanmatch.cli import files",
    "from spanmatch import cli",
    "from ..cli import files",
    "from .. import cli",
    "def later():\n    from spanmatch.cli import main",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from spanmatch.cli import main",
    'import importlib\nimportlib.import_module("spanmatch.cli")',
    'import importlib\nimportlib.import_module("..cli", __package__)',
    'from importlib import import_module as later\nlater("spanmatch.cli.files")',
    '__import__("spanmatch." + "cli")',
    '_LATER = {"main": "cli.files"}',
    '_LATER = ["spanmatch.cli.files:main"]',
]


@pytest.mark.parametrize("source", UP)
def test_an_import_that_runs_up_is_found(tmp_path: Path, source: str) -> None:
    broken = broken_rules(written(tmp_path, {**SOUND, "cli/files.py": "", "pair/bad.py": source}))
    line = source.count("\n") + 1
    assert [each for each in broken if each.startswith(f"pair/bad.py:{line}: ")], broken
    climbs = "pair imports from cli, which does not lie below it"
    assert all(climbs in each or ": a circle cli -> " in each for each in broken), broken


@pytest.mark.parametrize(
    ("file", "source", "why"),
    [
        ("results/bad.py", "from spanmatch.pair.types import Samples", "results imports from pair"),
        ("pair/bad.py", "from spanmatch.results.match import Match", "pair imports from results"),
        ("base/bad.py", "from spanmatch.drawer.all import every", "base imports from drawer"),
        ("drawer/bad.py", "from spanmatch.base.words import all", "drawer imports from base"),
        ("cli/bad.py", "import spanmatch as sm", "imports the package itself"),
        ("cli/bad.py", "from spanmatch import spectrum", "imports the package itself"),
        ("cli/bad.py", "import spanmatch.pair.rows", "imports the package itself"),
        ("cli/bad.py", "from .. import spectrum", "imports the package itself"),
        ("_core.pyi", "from spanmatch.pair.types import Samples", "the core imports"),
        ("pair/bad.py", "import torch", "torch is imported below torch"),
        ("pair/bad.py", "def f():\n    from torch.utils import dlpack", "torch is imported below"),
        ("comparison/bad.py", "import torch", "torch is imported below torch"),
    ],
)
def test_what_no_room_may_is_found(tmp_path: Path, file: str, source: str, why: str) -> None:
    files = {**SOUND, "drawer/all.py": "", file: source}
    line = source.count("\n") + 1
    broken = broken_rules(written(tmp_path, files))
    assert any(each.startswith(f"{file}:{line}: ") and why in each for each in broken), broken


@pytest.mark.parametrize(
    ("files", "circle"),
    [
        (
            {
                "torch/layers.py": "def f():\n    from .axes import axis",
                "torch/axes.py": "from spanmatch.torch import layers",
            },
            "spanmatch.torch: a circle axes -> layers -> axes: torch/axes.py:1: ",
        ),
        (
            {"torch/layers.py": "from spanmatch.torch import compare"},
            "spanmatch.torch: a circle compare -> layers -> compare: torch/compare.py:2: ",
        ),
        (
            {
                "torch/observing/__init__.py": "",
                "torch/observing/layers.py": "import spanmatch.torch.comparing.sums as sums",
                "torch/observing/batch.py": "",
                "torch/comparing/__init__.py": "",
                "torch/comparing/sums.py": "",
                "torch/comparing/collect.py": "from spanmatch.torch.observing.batch import Batch",
            },
            "spanmatch.torch: a circle comparing -> observing -> comparing: "
            "torch/comparing/collect.py:1: ",
        ),
        (
            {
                "torch/a.py": "import spanmatch.torch.b as b",
                "torch/b.py": "import spanmatch.torch.c as c",
                "torch/c.py": "import spanmatch.torch.a as a",
            },
            "spanmatch.torch: a circle a -> b -> c -> a: torch/a.py:1: ",
        ),
        (
            {
                "torch/layers.py": "from importlib import import_module as get\n"
                "get(f'{__package__}.a')",
                "torch/a.py": "from spanmatch.torch import layers",
            },
            "spanmatch.torch: a circle a -> layers -> a: torch/a.py:1: ",
        ),
        ({"pair/rows.py": "from .rows import rows"}, "spanmatch.pair: a circle rows -> rows: "),
        (
            {"torch/layers.py": "from spanmatch.torch import shown"},
            "spanmatch.torch: a circle __init__ -> compare -> layers -> __init__: ",
        ),
    ],
    ids=["modules", "submodule", "folders", "three", "put together", "itself", "the folder's own"],
)
def test_a_circle_is_found(tmp_path: Path, files: dict[str, str], circle: str) -> None:
    broken = broken_rules(written(tmp_path, {**SOUND, **files}))
    assert [each for each in broken if each.startswith(circle)], broken
    assert all(": a circle " in each for each in broken)


def test_entries_are_counted_and_known(tmp_path: Path) -> None:
    built = {"_core.abi3.so": "", "__pycache__/x.pyc": ""}
    drawers = {f"drawer_{i}.py": "" for i in range(MOST_ENTRIES)}
    assert broken_rules(written(tmp_path / "built", {**SOUND, **built})) == []
    broken = broken_rules(written(tmp_path / "more", {**SOUND, **drawers}))
    assert broken[0].startswith("spanmatch has 22 entries, not 14: ")
    assert broken[1:] == [f"{name}: is no room of the list" for name in sorted(drawers)]
