"""Calls that have only so much memory, each in a fork: an answer, or MemoryError."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST, MOST = 2e6, 6e8  # bytes: with less the C library itself ends a process, as a thread starts
ANSWERED, SHORT = 10, 11

needs_limits = pytest.mark.skipif(
    sys.platform != "linux" or np.lib.NumpyVersion(np.__version__) < "2.3.5",
    reason="needs the limits of Linux, and an OpenBLAS that does not wait for memory for ever",
)


def run_alone(script: str, *arguments: str) -> None:
    """Run a script that calls `try_limits`, in a process where no thread of BLAS starts late."""
    places = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    alone = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(places),
    }
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def try_limits(name: str, call: Callable[..., object], small: Any, large: Any, levels: int) -> None:
    """Call with `large`, under so many limits, once threads are there, which `small` starts.

    Raises AssertionError where a call ends otherwise, or does not end well at the highest.
    """
    codes = []
    for level in np.geomspace(LEAST, MOST, levels).astype(int).tolist():
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = _end(call, small, large, level)
            except BaseException as error:
                os.write(2, f"{name}, {level} bytes: {error!r}\n".encode())
            finally:
                os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    assert set(codes) <= {ANSWERED, SHORT}, (name, codes)
    assert codes[-1] == ANSWERED, (name, codes)


def _end(call: Callable[..., object], small: Any, large: Any, level: int) -> int:
    import resource  # which Windows has not

    # The stack has grown by then too: a system that cannot let it grow ends a process.
    call(*small)
    gc.collect()
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + level, taken + level))
    before = _sum(large)
    try:
        call(*large)
        code = ANSWERED
    except MemoryError:
        code = SHORT
    assert _sum(large) == before
    return code


def _sum(arguments: Any) -> list[float]:
    return [float(each.sum()) for each in arguments if hasattr(each, "sum")]
