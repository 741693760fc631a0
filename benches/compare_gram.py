"""The joint Gram matrix against products of numpy and torch."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from compare_data import shared_factors
from compare_race import Contender, DifferentAnswerError, Task

import spanmatch as sm
from spanmatch.pair.pair import read_gram

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from compare_data import Floats


def tasks(options: argparse.Namespace) -> list[Task]:
    x, y = shared_factors(options.gram_neurons, options.samples, options.seed)
    joint = np.hstack([x, y])
    contenders = [Contender("numpy, `z.T @ z` (dsyrk)", lambda: joint.T @ joint, check_gram(joint))]
    missing = []
    if find_spec("torch"):
        import torch

        tensor = torch.from_numpy(joint)
        product = Contender("torch, `z.T @ z`", lambda: tensor.T @ tensor, check_gram(joint))
        contenders.append(product)
    else:
        missing.append("torch is not installed: its product is left out.")
    return [
        Task(
            f"Gram matrix, {options.samples:,} × ({x.shape[1]:,} + {x.shape[1]:,})",
            lambda: pair_of(x, y),
            contenders,
            [
                "Gram: `ActivationPair.update` reads two arrays, looks for NaN and infinities, and "
                "sums columns besides; the others are given both sides in one array, for nothing. "
                "Compared: centred products, by the largest error over the largest entry.",
                *missing,
            ],
        )
    ]


def pair_of(x: Any, y: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(x, y)
    return pair


def check_gram(joint: Floats) -> Callable[[sm.ActivationPair, Any], str]:
    """Compare a pair with a product of the samples as they are."""
    sums = joint.sum(axis=0)

    def check(pair: sm.ActivationPair, product: Any) -> str:
        wanted = np.asarray(product) - np.outer(sums, sums) / len(joint)
        error = np.abs(read_gram(pair, None).centered() - wanted).max() / np.abs(wanted).max()
        if not error <= 1e-12:
            raise DifferentAnswerError(f"products differ by {error:.0e} of the largest")
        return f"to {error:.0e}"

    return check
