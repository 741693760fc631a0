"""Whatever memory there is, every command ends in its answer, or says that memory is short.

`SPANMATCH_LEVELS` says how many limits are tried, between too little and enough.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forked_commands import ForkedCommands, compare_nets
from limited_memory import needs_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_limits

LEVELS = int(os.environ.get("SPANMATCH_LEVELS", "5"))
SIDES = ["a.npy", "b.npy"]
# Wide layers take more than what varies from run to run.
COMMANDS = {
    "spectrum": ["spectrum", *SIDES],
    "simple": ["simple", *SIDES, "--eps", "0.9"],
    "support": ["support", *SIDES, "--eps", "0.9"],
    "info": ["info", "nets.py:wide(k=0)", "--data", "nets.py:long_batches"],
    "compare": [*compare_nets("wide", 2, "long_batches"), "--out", "out"],
    "compare many": [*compare_nets("wide", 3, "long_batches"), "--out", "out"],
}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedCommands]:
    made = ForkedCommands(tmp_path_factory.mktemp("limits"))
    rng = np.random.default_rng(0)
    for name in SIDES:
        np.save(made.folder / name, rng.standard_normal((900, 300)))
    yield made
    made.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_answers_or_says_that_memory_is_short(
    commands: ForkedCommands, name: str
) -> None:
    before = commands.read_files()
    codes = []
    for level in np.geomspace(2e6, 2e9, LEVELS).astype(int).tolist():
        told = commands.run(COMMANDS[name], memory=level)
        where = f"{name} with {level} bytes: {told}"
        codes.append(told["code"])
        assert told["code"] in (0, 1), where
        assert "Traceback" not in told["said"], where
        # numpy's own words for it are Unable to allocate.
        said = told["said"].lower()
        assert told["code"] == 0 or "memory" in said or "allocate" in said, where
        after = commands.read_files()
        out = {path for path in after if path.startswith("out/")}
        assert not [path for path in out if "/." in path], where
        assert {path: after[path] for path in after.keys() - out} == before, where
        shutil.rmtree(commands.folder / "out", ignore_errors=True)
    assert codes[-1] == 0, codes
