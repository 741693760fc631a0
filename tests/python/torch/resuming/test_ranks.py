"""Joining the processes that torchrun has started."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import torch.distributed as dist

from spanmatch.torch.resuming.ranks import join_ranks

if TYPE_CHECKING:
    import pytest


def test_what_is_printed_as_processes_connect_is_not_among_results(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """From C++, as gloo of torch 2.8 prints."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "init_process_group", lambda *_, **__: os.write(1, b"connected\n"))
    monkeypatch.setattr(dist, "new_group", lambda **_: None)
    monkeypatch.setattr(dist, "destroy_process_group", lambda: None)
    sys.stdout.write("before\n")
    with join_ranks("cpu"):
        sys.stdout.write("results\n")
    assert capfd.readouterr() == ("before\nresults\n", "connected\n")
