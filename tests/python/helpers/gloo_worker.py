"""One of two processes that reduce their pairs; run by test_all_reduce.py."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch.distributed as dist

import spanmatch as sm
from problems import planted

if TYPE_CHECKING:
    from collections.abc import Callable

N_X, N_Y = 6, 5
# Uneven shares, each with a mean of its own, so that the shifts differ.
SHARES = ((0, 130), (130, 200))
KEPT = {"both": {"nulls": 4, "folds": 3}, "nulls": {"nulls": 4}, "folds": {"folds": 3}}


def samples() -> tuple[np.ndarray, np.ndarray]:
    x, y = planted(np.random.default_rng(11), N_X, N_Y, 200)
    x[130:] += 50.0
    return x, y


def share(rank: int, batches: int = 2, rows_per_item: int = 1, **kept: Any) -> sm.ActivationPair:
    x, y = samples()
    pair = sm.ActivationPair(**kept)
    items = np.arange(*SHARES[rank]).reshape(-1, rows_per_item)
    for rows in np.array_split(items, batches):
        pair.update(x[rows.ravel()], y[rows.ravel()], rows_per_item=rows_per_item)
    return pair


def beside(rank: int, **kept: Any) -> sm.ActivationPair:
    """A share, of items of five rows, with nulls and folds beside it."""
    return share(rank, rows_per_item=5, seed=3 + rank, **kept)


def of_width(n_x: int) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(np.ones((3, n_x)), np.ones((3, 2)))
    return pair


def constant(value: float) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(np.full((60, 2), value), np.ones((60, 1)))
    return pair


def mostly_zero(rank: int) -> sm.ActivationPair:
    """What the first process sums without zeros, and the second with a shift."""
    rng = np.random.default_rng(rank)
    pair = sm.ActivationPair(nulls=2, folds=2, seed=rank)
    rows = 20.0 * rank + rng.standard_normal((90, 256))
    if rank == 0:
        rows[rng.random(rows.shape) > 0.03] = 0.0
    pair.update(rows[:, :150], rows[:, 150:])
    return pair


def complaint(call: Callable[[], object]) -> str:
    try:
        call()
    except ValueError as error:
        return str(error)
    return "none"


def share_of_set(rank: int) -> sm.ActivationSet:
    """What a process has seen of three sides, the last of which it makes of the others."""
    acts = sm.ActivationSet(["a", "b", "c"], nulls=3, folds=2, seed=rank)
    rng = np.random.default_rng(rank)
    for _ in range(1 + rank):
        a, b = rng.standard_normal((2, 40, 3))
        acts.update({"a": a, "b": b, "c": (a + b)[:, :2]})
    return acts


def main(rank: int, folder: Path) -> None:
    heard = {"before": complaint(sm.ActivationPair().all_reduce)}
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)

    pair = share(rank)
    pair.all_reduce()
    pair.save(folder / f"whole-{rank}")
    pair.all_reduce()
    heard["twice"] = str(pair.n_samples)

    only_second = share(1) if rank == 1 else sm.ActivationPair(x_names=list("abcdef"))
    only_second.all_reduce()
    only_second.save(folder / f"second-{rank}")

    for name, kept in KEPT.items():
        pair = beside(rank, **kept)
        pair.all_reduce()
        pair.save(folder / f"{name}-{rank}")
    late = beside(1, **KEPT["both"]) if rank == 1 else sm.ActivationPair()
    late.all_reduce()
    late.save(folder / f"late-{rank}")
    seeded = beside(1, **KEPT["both"]) if rank == 1 else sm.ActivationPair(nulls=4, folds=3, seed=9)
    seeded.all_reduce()
    seeded.save(folder / f"seeded-{rank}")
    for name, counts in {"other nulls": (2, 3), "no nulls": (2, 0)}.items():
        pair = beside(rank, nulls=counts[rank])
        before = pickle.dumps(pair)
        heard[name] = complaint(pair.all_reduce)
        heard[f"{name} leaves the pair"] = str(pickle.dumps(pair) == before)

    pair = mostly_zero(rank)
    pair.all_reduce()
    pair.save(folder / f"zeros-{rank}")

    acts = share_of_set(rank)
    acts.all_reduce()
    acts.save(folder / f"set-{rank}")
    other = sm.ActivationSet(["a", "b", "cd"[rank]])
    heard["other sides"] = complaint(other.all_reduce)

    nobody = sm.ActivationPair()
    nobody.all_reduce()
    heard["nobody"] = repr(nobody)

    for name, pair in {
        "widths": of_width(2 + rank),
        "overflow": constant(1.5e152 * (-1) ** rank),
    }.items():
        before = pair.__reduce__()[1]
        heard[name] = complaint(pair.all_reduce)
        after = pair.__reduce__()[1]
        same = all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True))
        heard[f"{name} leaves the pair"] = str(same)
    heard["names"] = complaint(sm.ActivationPair(y_names=["a", "bc"[rank]]).all_reduce)

    # In the process that is not of it, new_group gives a number.
    alone = cast("dist.ProcessGroup", dist.new_group([0]))
    first = share(rank)
    heard["group"] = complaint(lambda: first.all_reduce(alone))
    heard["of the group"] = str(first.n_samples)

    (folder / f"heard-{rank}").write_text(json.dumps(heard))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
