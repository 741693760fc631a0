"""spanmatch beside other software, in one interleaved run: `python benches/compare.py`.

Prints a Markdown table of best times and ratios; `--growth` instead how times grow with neurons and
samples. Every answer is checked against ours, and the run fails where one differs. What is not
installed is left out and named: `make bench-tools`. On one thread it takes four minutes,
`--growth` eight.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TASKS = ("gram", "maximum", "minimum", "measures")


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    limit_threads(options.threads)
    choose_kernels(options.kernels)

    # Libraries read the variables that limit their threads when they are imported.
    import compare_growth
    import compare_machine
    from compare_race import DifferentAnswerError

    import spanmatch as sm

    sm.set_num_threads(options.threads)
    if find_spec("torch"):
        import torch

        torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    print(compare_machine.describe(options.threads), end="\n\n", flush=True)
    try:
        if options.growth:
            compare_growth.run(options)
        else:
            side_by_side(options)
    except DifferentAnswerError as different:
        print(f"compare.py: {different}", file=sys.stderr)
        return 1
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)}; all where none is given")
    add("--threads", type=int, default=1, help="of every library, 1; 0: all cores")
    add("--kernels", help="of OpenBLAS, named as in OPENBLAS_CORETYPE, if not its own choice")
    add("--repeats", type=int, default=7, help="rounds at most, of which the best counts")
    add("--budget", type=float, default=40.0, help="seconds for a task, after two rounds")
    add("--seed", type=int, default=0)
    add("--samples", type=int, default=10_000, help="of the Gram and the matches")
    add("--gram-neurons", type=int, default=1024, help="a side")
    add("--maximum-neurons", type=int, default=256, help="a side")
    add("--minimum-neurons", type=int, default=128, help="a side")
    add("--measure-neurons", type=int, default=256, help="a side")
    add("--measure-samples", type=int, default=2_000, help="fewer: others hold samples × samples")
    add("--growth", action="store_true", help="how times grow, in place of the tasks")
    add("--growth-neurons", type=int, nargs="+", default=[2**k for k in range(7, 13)], metavar="N")
    add(
        "--growth-samples",
        type=int,
        nargs="+",
        default=[10_000, 31_600, 100_000, 316_000, 1_000_000],
        metavar="N",
    )
    add("--kernel-samples", type=int, nargs="+", default=[500, 1000, 2000, 4000], metavar="N")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.tasks) - set(TASKS)):
        parser.error(f"no task {unknown[0]!r}: there are {', '.join(TASKS)}")
    options.threads = options.threads or os.cpu_count() or 1
    return options


def limit_threads(threads: int) -> None:
    # No more than asked for, of any BLAS or OpenMP; repsim has one thread always.
    names = ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR")
    os.environ.update({f"{name}_NUM_THREADS": str(threads) for name in names})
    os.environ["TQDM_DISABLE"] = "1"  # torch_cka draws a bar


def choose_kernels(kernels: str | None) -> None:
    """Let OpenBLAS choose its kernels by itself, or take those named.

    Where something holds it to those of an older processor, its times would flatter ours: with
    OPENBLAS_CORETYPE=Haswell dsyrk takes 1.7 times as long on a processor with AVX-512.
    """
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if held := os.environ.pop(name, None):
            print(f"{name}={held} is set, and set aside", file=sys.stderr)
    if kernels:
        os.environ["OPENBLAS_CORETYPE"] = kernels


def side_by_side(options: argparse.Namespace) -> None:
    import compare_gram
    import compare_matches
    import compare_measures
    from compare_race import race
    from compare_table import notes_of, table

    makers = {
        "gram": compare_gram.tasks,
        "maximum": compare_matches.maximum_tasks,
        "minimum": compare_matches.minimum_tasks,
        "measures": compare_measures.tasks,
    }
    tasks = [task for name in options.tasks or TASKS for task in makers[name](options)]
    races = []
    for task in tasks:
        print(f"{task.name} …", file=sys.stderr, flush=True)
        races.append(race(task, options.repeats, options.budget))
    print(table(races), end="\n\n")
    print(notes_of(tasks))


if __name__ == "__main__":
    sys.exit(main())
