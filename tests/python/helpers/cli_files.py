"""Runs of the commands on files, and what the library says to the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from problems import planted

pytest.importorskip("typer")
from typer.testing import CliRunner

from spanmatch.cli.program import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SPANMATCH = str(Path(sys.executable).with_name("spanmatch"))
COMMANDS: dict[str, list[str]] = {
    "spectrum": ["spectrum"],
    "simple": ["simple", "--eps", "0.5"],
    "each": ["simple", "--eps", "0.5", "--method", "each", "--seed", "3"],
    "support": ["support", "--eps", "0.5"],
}
LIBRARY: dict[str, Callable[..., Any]] = {
    "spectrum": sm.spectrum,
    "simple": lambda *sides, **more: sm.simple_matches(*sides, eps=0.5, **more),
    "each": lambda *sides, **more: sm.simple_matches(
        *sides, eps=0.5, method="each", seed=3, **more
    ),
    "support": lambda *sides, **more: sm.support(*sides, eps=0.5, **more),
}
each_command = pytest.mark.parametrize("command", COMMANDS)


def sides() -> tuple[NDArray[Any], NDArray[Any]]:
    """One dead neuron, float32, more rows than are read at once."""
    x, y = planted(np.random.default_rng(11), 24, 20, samples=1700)
    x[:, 4] = 0
    return x.astype(np.float32), y.astype(np.float32)


X, Y = sides()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    np.savez(tmp_path / "both.npz", a=X, b=Y)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def done(*arguments: str) -> Any:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def failed(code: int, *arguments: str, words: tuple[str, ...] = ()) -> None:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    for word in words:
        assert word in result.stderr


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=no_constant)


def as_null(value: Any) -> Any:
    """What JSON gives for a library's plain data."""
    if isinstance(value, dict):
        return {name: as_null(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_null(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def plain(result: Any) -> Any:
    parts = [part.to_dict() for part in result] if isinstance(result, list) else result.to_dict()
    return as_null(parts)
