"""Commands that are ended at random moments, and resumed until done: the same files as undisturbed.

SPANMATCH_SIGNALS says how many moments of each command are tried.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forked_commands import ForkedCommands, compare_nets

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

MOMENTS = int(os.environ.get("SPANMATCH_SIGNALS", "2"))
SEED = int(os.environ.get("SPANMATCH_SIGNALS_SEED", "0"))
COMMANDS = {
    "compare": compare_nets("small", 2, "batches"),
    "compare many": compare_nets("small", 3, "batches"),
    "experiment": ["experiment", "--data", "digits", "--arch", "small-vgg", "--seeds", "0,1"],
}
COMMANDS["experiment"] += ["--epochs", "1", "--limit", "60", "--nulls", "0", "--folds", "2"]
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedCommands]:
    made = ForkedCommands(tmp_path_factory.mktemp("signals"))
    yield made
    made.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_ended_and_resumed_has_the_same_files(
    commands: ForkedCommands, command: str
) -> None:
    if command == "experiment" and "SPANMATCH_SIGNALS" not in os.environ:
        pytest.skip("takes a while: set SPANMATCH_SIGNALS")
    slug = command.replace(" ", "-")
    asked = [*COMMANDS[command], "--out"]
    whole = commands.run([*asked, f"{slug}-whole"])
    assert whole["code"] == 0, whole["said"]
    expected = commands.read_files(f"{slug}-whole")
    assert len(expected) > 5
    chance = random.Random(SEED)
    sent = 0
    while sent < MOMENTS:
        out, killed = f"{slug}-{sent}", False
        # One run in two is ended again, as it goes on.
        while True:
            name, delay = chance.choice(list(CODES)), chance.uniform(0.0, whole["took"])
            told = commands.run([*asked, out], name=name, delay=delay)
            sent += 1
            where = f"{command}, {name} after {delay:.4f} s: {told}"
            assert told["code"] in (CODES[name], 0), where
            assert "Traceback" not in told["said"], where
            hidden = [path for path in commands.read_files(out) if Path(path).name.startswith(".")]
            # What SIGKILL has left, the run that ends whole takes away.
            killed = killed or name == "SIGKILL"
            assert killed or not hidden, f"{where}: {hidden}"
            if told["code"] == 0 or chance.random() < 0.5:
                break
        told = commands.run([*asked, out])
        assert told["code"] == 0, f"{where}; then {told}"
        found = commands.read_files(out)
        assert found.keys() == expected.keys(), where
        assert [path for path in found if found[path] != expected[path]] == [], where
