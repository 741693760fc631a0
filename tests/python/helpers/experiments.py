"""Experiments for tests: small ones, run as a user would."""

import os
import signal
import subprocess
import sys
from pathlib import Path

SMALL = ["--data", "digits", "--arch", "small-vgg", "--seeds", "0,1", "--epochs", "1"]


def command(out: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "spanmatch", "experiment", *arguments, "--out", str(out)]


def experiment(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
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
