"""How long processes have worked, as Linux counts it: what else the machine does takes no part."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess


def cpu_seconds(pid: int) -> float:
    """Of a process that runs, all its threads."""
    # After the name, which may hold blanks: the 12th and 13th field from there.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ended_cpu_seconds() -> float:
    """Of all processes that this one has started and seen the end of."""
    import resource  # which only Unix has

    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def wait_for_work(child: subprocess.Popen[Any], seconds: float) -> None:
    """Wait until a process has worked so long from now on; fail if it ends before."""
    start, deadline = cpu_seconds(child.pid), time.perf_counter() + 120
    while cpu_seconds(child.pid) - start < seconds:
        assert child.poll() is None, "it has ended"
        assert time.perf_counter() < deadline, "it does nothing"
        time.sleep(0.02)
