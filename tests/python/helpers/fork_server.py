"""Runs of commands by the hundred: each a fork of this process, which has imported what is slow.

It reads a line of JSON for each run from standard input, and answers with one: its exit code, how
long it took, and what it said. A run may be sent a signal some time after its start, or have only
so much memory.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NoReturn


def serve() -> None:
    # All that the commands import as they run.
    import torch

    import spanmatch.cli.compare_job
    import spanmatch.cli.experiment_job
    import spanmatch.cli.many_job
    import spanmatch.cli.report_job  # noqa: F401
    from spanmatch.cli import program

    # typer imports more as it reads its first arguments.
    with redirect_stdout(io.StringIO()):
        program.app(["report", "--help"], standalone_mode=False)
    torch.set_num_threads(1)
    assert threading.active_count() == 1
    tell("ready")
    for line in sys.stdin:
        tell(json.dumps(run(**json.loads(line))))


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(
    arguments: list[str],
    folder: str,
    name: str | None = None,
    delay: float = 0.0,
    memory: int | None = None,
) -> dict[str, Any]:
    """Run a command, and send it a signal of this name, or let it take so many bytes more."""
    with tempfile.TemporaryDirectory() as place:
        said = Path(place, "said")
        begin = time.perf_counter()
        ready, tell_ready = os.pipe()
        child = os.fork()
        if child == 0:
            _run_here(arguments, folder, said, memory, tell_ready)
        os.close(tell_ready)
        os.read(ready, 1)  # nothing, where it has ended before
        os.close(ready)
        if name is not None:
            time.sleep(delay)
            os.kill(child, getattr(signal, name))
        _, status = os.waitpid(child, 0)
        took = time.perf_counter() - begin
        code = os.waitstatus_to_exitcode(status)
        return {"code": code, "took": took, "said": said.read_text() if said.exists() else ""}


def _run_here(
    arguments: list[str], folder: str, said: Path, memory: int | None, ready: int
) -> NoReturn:
    """Be the command, and say when it has taken over the signals."""
    from spanmatch.cli import main, signals

    watch = signals._watch

    def watch_and_tell(*told: Any) -> None:
        watch(*told)
        os.write(ready, b".")

    signals._watch = watch_and_tell  # type: ignore[assignment]

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    file = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["spanmatch", *arguments]
    code = 0
    if memory is not None:
        import resource  # which Windows has not

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
        if isinstance(ended.code, str):
            sys.stderr.write(ended.code)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
