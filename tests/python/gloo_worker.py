"""One of two processes that reduce their pairs; run by test_all_reduce.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch.distributed as dist

import spanmatch as sm
from problems import planted

if TYPE_CHECKING:
    from collections.abc import Callable

N_X, N_Y = 6, 5
# Uneven shares, each with a mean of its own, so that the shifts differ.
SHARES = ((0, 130), (130, 200))


def samples() -> tuple[np.ndarray, np.ndarray]:
    x, y = planted(np.random.default_rng(11), N_X, N_Y, 200)
    x[130:] += 50.0
    return x, y


def share(rank: int, batches: int = 2) -> sm.ActivationPair:
    x, y = samples()
    pair = sm.ActivationPair()
    for rows in np.array_split(np.arange(*SHARES[rank]), batches):
        pair.update(x[rows], y[rows])
    return pair


def of_width(n_x: int) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(np.ones((3, n_x)), np.ones((3, 2)))
    return pair


def constant(value: float) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(np.full((60, 2), value), np.ones((60, 1)))
    return pair


def complaint(call: Callable[[], object]) -> str:
    try:
        call()
    except ValueError as error:
        return str(error)
    return "none"


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

    alone = dist.new_group([0])
    first = share(rank)
    heard["group"] = complaint(lambda: first.all_reduce(alone))
    heard["of the group"] = str(first.n_samples)

    (folder / f"heard-{rank}").write_text(json.dumps(heard))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
