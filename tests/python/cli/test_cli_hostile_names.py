"""Names of arrays, neurons and layers that a terminal would obey: commands show them as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
import torch

from cli_files import X, Y, done, folder, run, strict
from hostile_names import HOSTILE, OBEYED, WIDEST

__all__ = ["folder"]  # a fixture
ESCAPE = HOSTILE[3]
NETS = """
from torch import nn


def net():
    names = NAMES
    return nn.Sequential(*[nn.Linear(4, 4) for _ in names])


def hostile():
    made = net()
    modules = dict(zip(NAMES, made.children()))
    made._modules.clear()
    made._modules.update(modules)
    return made
"""


@pytest.mark.usefixtures("folder")
def test_errors_show_keys_as_text() -> None:
    np.savez("keys.npz", **{ESCAPE: X, "\u202etxet": Y})  # type: ignore[arg-type]
    for arguments in (["keys.npz", "y.npy"], ["keys.npz", "y.npy", "--x", "no\x1b[2J"]):
        failed = run("spectrum", *arguments)
        assert failed.exit_code == 1
        assert "\\x1b]0;owned" in failed.stderr
        assert not OBEYED.search(failed.stderr + failed.stdout)


@pytest.mark.usefixtures("folder")
def test_tables_show_names_of_neurons_as_text() -> None:
    pair = sm.ActivationPair(
        x_names=[*HOSTILE, *"bcdefghijk"], y_names=list("abcdefghijklmnopqrst")
    )
    pair.update(X, Y)
    pair.save("pair.safetensors")
    for command in (["simple", "--eps", "0.9", "--method", "each"], ["support", "--eps", "0.9"]):
        shown = done(command[0], "pair.safetensors", *command[1:]).stdout
        assert not OBEYED.search(shown)
        assert max(map(len, shown.splitlines())) <= WIDEST
    given = strict(done("support", "pair.safetensors", "--eps", "0.9", "--json").stdout)
    assert given["x"]["names"][: len(HOSTILE)] == list(HOSTILE)


@pytest.mark.usefixtures("folder")
def test_info_and_errors_show_layers_and_weights_as_text() -> None:
    names = [name for name in HOSTILE if "." not in name]
    Path("nets.py").write_text(NETS.replace("NAMES", repr(names)), encoding="utf-8")
    for more in ([], ["--plan"]):
        shown = done("info", "nets.py:hostile", "--shape", "2,4", *more).stdout
        assert more or "\\x1b]0;owned" in shown
        assert not OBEYED.search(shown)
        assert max(map(len, shown.splitlines())) <= WIDEST
    torch.save({ESCAPE: torch.ones(3)}, "weights.pt")
    failed = run("info", "nets.py:hostile", "--shape", "2,4", "--checkpoint", "weights.pt")
    assert failed.exit_code == 1
    assert not OBEYED.search(failed.stderr)
