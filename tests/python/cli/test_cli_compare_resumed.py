"""`spanmatch compare` again: it goes on where it was ended, and does nothing twice."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import done, strict
from compare_runs import COMMAND, made, place, runs, spanmatch
from cpu_time import cpu_seconds, ended_cpu_seconds

if TYPE_CHECKING:
    import subprocess

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")

WIDE = ["compare", "nets.py:wide", "nets.py:wide", "--seed-a", "0", "--seed-b", "1", "--threads"]
WIDE += ["1", "--data", "nets.py:vectors", "--layers", "*.1", "--out", "out", "--device", "cpu"]


def test_the_same_command_again_runs_nothing() -> None:
    first = done(*COMMAND)
    runs()
    Path("out/comparison.png").unlink()
    again = done(*COMMAND)
    assert runs() == ""
    assert again.stdout == first.stdout
    assert again.stderr == "out holds 5 of 5 pairs and 5 of 5 spectra already\n"
    assert Path("out/comparison.png").exists()


def wait_for(child: subprocess.Popen[str], pattern: str) -> None:
    deadline = time.perf_counter() + 60
    while not list(Path.cwd().glob(pattern)):
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.perf_counter() < deadline
        time.sleep(0.01)


def spectra() -> dict[str, int]:
    """Those that are whole, and when they were written."""
    files = Path("out/spectra").glob("[!.]*")
    return {file.name: file.stat().st_mtime_ns for file in files}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how long it works")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
@pytest.mark.usefixtures("restore_threads")
def test_it_goes_on_where_it_was_ended(how: str) -> None:
    ended = ended_cpu_seconds()
    with spanmatch(*WIDE) as child:
        try:
            wait_for(child, "out/spectra/[!.]*")
            before_signal = cpu_seconds(child.pid)
            child.send_signal(getattr(signal, how))
            code = child.wait(timeout=60)
            took = ended_cpu_seconds() - ended - before_signal
            assert child.stderr is not None
            said = child.stderr.read()
        finally:
            child.kill()
    if how == "SIGINT":
        assert (code, said) == (130, "interrupted\n")
        # A second alone on a core, and what the end of a process takes.
        assert took < 3.0
    before = spectra()
    assert 1 <= len(before) < 5, "it was not ended while it worked"
    assert not Path("out/comparison.json").exists()
    runs()
    result = done(*WIDE, "--json")
    assert f"5 of 5 pairs and {len(before)} of 5 spectra already" in result.stderr
    assert "warning: 5 of 5 comparisons, as 0.1: 300 samples for 1000 neurons" in result.stderr
    assert runs() == ""
    after = spectra()
    assert len(after) == 5
    assert {name: after[name] for name in before} == before
    layers = [layer["layer"] for layer in strict(result.stdout)["layers"]]
    assert layers == ["0.1", "1.1", "2.1", "3.1", "4.1"]
