"""One of two processes that compare models together; run by test_compare_ranks.py."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_runs import config
from spanmatch.cli import compare_job
from spanmatch.cli.program import app
from spanmatch.comparison.layer_files import find_finished_pairs
from spanmatch.torch.resuming.ranks import join_ranks
from spanmatch.torch.resuming.resumable import compare_in

if TYPE_CHECKING:
    from spanmatch.torch.resuming.ranks import Ranks

WORK: dict[str, dict[str, Any]] = {
    "whole": {},
    "centred": {"center": True, "layers": ("act", "head")},
    "all": {"layers": ("conv*", "act"), "layers_b": ("act", "head"), "all_pairs": True, "nulls": 2},
    # Fewer layers than processes, and fewer batches.
    "one": {"layers": ("conv1",), "max_batches": 1},
    "odd": {"data": "digits", "batch_size": 100, "max_batches": 3},
}
COMMAND = ["compare", "nets.py:small", "nets.py:small", "--seed-a", "0", "--seed-b", "1"]
COMMAND += ["--data", "digits", "--device", "cpu", "--out", "command", "--json"]


def complaint(ranks: Ranks, folder: str, **changes: Any) -> str:
    try:
        compare_in(folder, config(**changes), ranks)
    except (OSError, RuntimeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "none"


def main() -> None:
    heard: dict[str, Any] = {}
    with join_ranks("cpu") as ranks:
        for name, changes in WORK.items():
            heard[name] = compare_in(name, config(**changes), ranks) is not None
        if ranks.rank == 0:
            for kind in ("pairs", "spectra"):
                for file in [*Path("whole", kind).iterdir()][:2]:
                    file.unlink()
            Path("runs").unlink()
        ranks.run_in_each(lambda: None)
        compare_in("whole", config(), ranks)
        heard["anew"] = len(find_finished_pairs(Path("whole"), ["conv1", "act#0", "conv2", "head"]))
        heard["another"] = complaint(ranks, "whole", center=True)
        heard["no folder"] = complaint(ranks, "nets.py/out")
        plain = {"checkpoint_a": None, "checkpoint_b": None}
        broken = {"model_a": "nets.py:broken", "model_b": "nets.py:broken"}
        heard["broken"] = complaint(ranks, "broken", **broken, **plain)
        heard["no batch"] = complaint(ranks, "empty", data="nets.py:nothing")
        moody = {"model_a": "nets.py:moody", "model_b": "nets.py:moody", "data": "nets.py:moods"}
        heard["not alike"] = complaint(ranks, "uneven", **moody, **plain)
        # In the group that is there: torch cannot be relied on to begin another one.
        compare_job.join_ranks = lambda _: nullcontext(ranks)  # type: ignore[assignment, attr-defined, return-value]
        printed = io.StringIO()
        with redirect_stdout(printed):
            app(COMMAND, standalone_mode=False)
        heard["printed"] = printed.getvalue()
    Path(f"heard-{os.environ['RANK']}").write_text(json.dumps(heard))


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    main()
