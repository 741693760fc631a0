"""A signal ends a command at once, wherever it is, with its exit code and nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
pytest.importorskip("matplotlib")
from compare_runs import MODELS, made, place

__all__ = ["made", "place"]  # fixtures

# Waits where a module is imported, once that has been told; a stubborn one does not let go.
PAUSE = """
import importlib.abc
import os
import sys
import time
from pathlib import Path


class Pause(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("PAUSE_AT") and not Path("paused").exists():
            Path("paused").touch()
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    if "STUBBORN" not in os.environ:
                        raise


sys.meta_path.insert(0, Pause())
"""
COMMAND = [sys.executable, "-m", "spanmatch", *MODELS, "--seed-a", "0", "--seed-b", "1"]
COMMAND += ["--data", "nets.py:batches", "--max-batches", "1", "--layers", "head"]
START_UP, IMPORTS, PICTURE = "typer", "torch", "matplotlib.backends.backend_agg"
CODES = {"SIGINT": (130, "interrupted"), "SIGTERM": (143, "terminated")}


def end_at(moment: str, *signals: str, stubborn: bool = False) -> tuple[int, str, float]:
    """Run until a module is imported, and return how it ended, what it said, how long it took."""
    Path("pause").mkdir()
    Path("pause/sitecustomize.py").write_text(PAUSE)
    paths = os.pathsep.join(["pause", os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "PAUSE_AT": moment}
    if stubborn:
        environment["STUBBORN"] = "1"
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True, env=environment) as child:
        try:
            deadline = time.perf_counter() + 120
            while not Path("paused").exists():
                assert child.poll() is None, child.stderr and child.stderr.read()
                assert time.perf_counter() < deadline
                time.sleep(0.02)
            assert (moment != PICTURE) or list_hidden("comparison.png")
            begin = time.perf_counter()
            for each in signals:
                child.send_signal(getattr(signal, each))
                time.sleep(0.1)
            _, said = child.communicate(timeout=60)
        finally:
            child.kill()
    return child.returncode, said, time.perf_counter() - begin


def list_hidden(name: str = "") -> list[Path]:
    """What is locked or half written, of a file of this name or of all."""
    return [path for path in Path("out").rglob(f".{name}*") if path.is_file()]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (START_UP, "SIGINT"),
        (START_UP, "SIGTERM"),
        (IMPORTS, "SIGINT"),
        (PICTURE, "SIGINT"),
        (PICTURE, "SIGTERM"),
    ],
)
def test_a_signal_ends_it_and_leaves_nothing_half_written(moment: str, name: str) -> None:
    code, said, _ = end_at(moment, name)
    assert (code, said.splitlines()[-1]) == CODES[name]
    assert "Traceback" not in said
    assert list_hidden() == []


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("signals", [["SIGINT", "SIGINT"], ["SIGTERM"]])
def test_what_does_not_let_go_is_left(signals: list[str]) -> None:
    code, said, took = end_at(PICTURE, *signals, stubborn=True)
    assert (code, said.splitlines()[-1]) == CODES[signals[0]]
    assert list_hidden() == []
    # At once by the second; by one after the time that cleaning up may take.
    assert (took >= 2.0) == (len(signals) == 1)


LOST = """
import os, signal, sys
from spanmatch.cli.signals import ending_by_signals


class Trap:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass


with ending_by_signals():
    Trap()
    print("went on", flush=True)
"""


def test_a_signal_that_nobody_can_catch_is_not_lost() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOST], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


EARLY = """
from spanmatch.cli import main, signals


def interrupt(*_):
    raise KeyboardInterrupt


signals._watch = interrupt
main()
"""


def test_an_interrupt_before_signals_are_caught() -> None:
    told = subprocess.run(
        [sys.executable, "-c", EARLY], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (130, "interrupted\n")
