"""Experiments for tests: small ones, as a user would run them, or in the process of the test.

A process of its own spends more on imports than on the experiment.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer")
from typer.testing import CliRunner

from spanmatch.cli.program import app

SMALL = ["--data", "digits", "--arch", "small-vgg", "--seeds", "0,1", "--epochs", "1"]


def command(out: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "spanmatch", "experiment", *arguments, "--out", str(out)]


def experiment(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run to the end, in this process."""
    given = command(out, *arguments)[3:]
    done = CliRunner().invoke(app, given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(given, done.exit_code, done.stdout, done.stderr)


def experiment_alone(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run to the end, in a process of its own."""
    return subprocess.run(command(out, *arguments), capture_output=True, text=True, check=False)


def killed(out: Path, after: str, *arguments: str) -> None:
    """Run until a line begins so, and kill what cannot be caught."""
    process = subprocess.Popen(
        command(out, *arguments),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    with process, process.stderr:
        for line in process.stderr:
            if line.startswith(after):
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
