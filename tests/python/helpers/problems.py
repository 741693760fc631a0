"""Problems with a seed: one generator for every kind of input that a real layer can bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]
Sides = tuple[Floats, Floats]
Rng = np.random.Generator

# Two numbers that differ: a mix-up of the sides cannot pass unseen.
N_X, N_Y, SAMPLES = 24, 20, 300


def random(rng: Rng, n_x: int = N_X, n_y: int = N_Y, samples: int = SAMPLES) -> Sides:
    return rng.standard_normal((samples, n_x)), rng.standard_normal((samples, n_y))


def planted(
    rng: Rng, n_x: int = N_X, n_y: int = N_Y, samples: int = SAMPLES, size: int = 3
) -> Sides:
    """Half of each side in blocks of shared dimensions, with more noise from block to block."""
    x, y = random(rng, n_x, n_y, samples)
    blocks = max(1, min(n_x, n_y) // (2 * size))
    for block in range(blocks):
        shared = rng.standard_normal((samples, size))
        noise = 0.6 * (block + 0.2) / blocks
        for side in (x, y):
            part = side[:, block * size : (block + 1) * size]
            part *= noise
            part += shared @ rng.standard_normal((size, part.shape[1]))
    return x, y


def small(seed: int, most: int = 4) -> Sides:
    """Few enough neurons for brute force, of every kind that makes matches overlap."""
    rng = np.random.default_rng([seed, most])
    n_x, n_y = most, int(rng.integers(2, most + 1))
    x, y = planted(rng, n_x, n_y, samples=3 * most, size=1 + seed % 2)
    match seed % 5:
        case 1:
            x[:, 3] = x[:, 0] + x[:, 1]
        case 2:
            x[:, 2] = 2 * y[:, 1]
            y[:, 0] = y[:, 1]
        case 3:
            x[:, 1] = 0.0
        case 4:
            y = x[:, :n_y] @ np.triu(rng.standard_normal((n_y, n_y)))
    return x, y


def exact(rng: Rng, n: int = 12, samples: int = SAMPLES, cond: float = 30.0) -> Sides:
    """Y = X K: one span, so that everything matches at ε = 0."""
    x = np.linalg.qr(rng.standard_normal((samples, n)))[0]
    return x, x @ conditioned(rng, n, cond)


def conditioned(rng: Rng, n: int, cond: float) -> Floats:
    """A square matrix of the given condition number."""
    u, v = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    made: Floats = (u * np.geomspace(1.0, cond, n)) @ v
    return made


def dead(rng: Rng) -> Sides:
    x, y = planted(rng)
    x[:, [0, 5, N_X - 1]] = 0.0
    y[:, [2, 3]] = 0.0
    return x, y


def duplicated(rng: Rng) -> Sides:
    """15 scaled copies on each side, of its own neurons, and a few of the other side's."""
    x, y = planted(rng)
    x[:, 0], x[:, 13] = y[:, 0], -3.0 * y[:, 8]
    out = []
    for side in (x, y):
        source = rng.integers(0, side.shape[1], 15)
        out.append(np.hstack([side, side[:, source] * rng.choice([1.0, -2.0, 0.3], 15)]))
    return out[0], out[1]


def dependent(rng: Rng) -> Sides:
    """Each side of half its width in rank."""
    x, y = planted(rng, N_X // 2, N_Y // 2)
    x = np.hstack([x, x @ rng.standard_normal((N_X // 2, N_X // 2))])
    y = np.hstack([y, y @ rng.standard_normal((N_Y // 2, N_Y // 2))])
    return x[:, rng.permutation(N_X)], y[:, rng.permutation(N_Y)]


def nearly_dependent(level: float) -> Callable[[Rng], Sides]:
    """The other half of each side depends on the first up to noise of this relative size."""

    def make(rng: Rng) -> Sides:
        x, y = planted(rng, N_X // 2, N_Y // 2)
        return np.hstack([x, almost(rng, x, level)]), np.hstack([y, almost(rng, y, level)])

    return make


def almost(rng: Rng, z: Floats, level: float) -> Floats:
    """A third duplicates of columns of z, the others mixes, all up to noise of this size."""
    k = z.shape[1]
    mix = z @ rng.standard_normal((k, k)) / np.sqrt(k)
    mix[:, : k // 3] = z[:, : k // 3]
    noise = rng.standard_normal(mix.shape) / np.sqrt(len(mix))
    made: Floats = mix + level * np.linalg.norm(mix, axis=0) * noise
    return made


def low_rank(rng: Rng) -> Sides:
    """Rank 4 of 32 columns: two dimensions shared, two near enough to match in part."""
    f = rng.standard_normal((SAMPLES, 4))
    g = np.hstack([f[:, :2], f[:, 2:] + rng.standard_normal((SAMPLES, 2))])
    return f @ rng.standard_normal((4, 32)), g @ rng.standard_normal((4, 32))


def undersampled(rng: Rng) -> Sides:
    """Fewer samples than one side has neurons: that side spans everything."""
    return random(rng, n_x=30, n_y=13, samples=22)


def few_samples(rng: Rng) -> Sides:
    """Fewer samples than neurons, though not than those of either side."""
    return planted(rng, samples=34)


def large_mean(rng: Rng) -> Sides:
    """Mean 1e3 times the deviation."""
    x, y = planted(rng)
    return x / x.std(axis=0) + 1e3, y / y.std(axis=0) + 1e3


def scaled(rng: Rng) -> Sides:
    """One column of size 1e-30 among columns of size 1e30."""
    x, y = planted(rng)
    x, y = x * 1e30, y * 1e30
    x[:, 4] *= 1e-60
    y[:, 1] *= 1e-60
    return x, y


def outlying_first_row(rng: Rng) -> Sides:
    """The first row, by which sums are shifted, is far from all others."""
    x, y = planted(rng)
    x[0] *= 1e4
    y[0] *= 1e4
    return x, y


def relu(rng: Rng) -> Sides:
    """Positive means, many zeros, a few neurons that hardly ever fire: a layer after ReLU."""
    x, y = planted(rng)
    bias = np.linspace(-2.5, 1.0, N_X)
    return np.maximum(x + bias, 0.0), np.maximum(y + bias[:N_Y], 0.0)


def all_dead(rng: Rng) -> Sides:
    x, y = random(rng)
    return x, np.zeros_like(y)


def empty_side(rng: Rng) -> Sides:
    x, _ = random(rng)
    return x, np.empty((SAMPLES, 0))


PROBLEMS: dict[str, Callable[[Rng], Sides]] = {
    "random": random,
    "planted": planted,
    "exact": exact,
    "dead": dead,
    "duplicated": duplicated,
    "dependent": dependent,
    "nearly_dependent_1e-4": nearly_dependent(1e-4),
    "nearly_dependent_1e-5": nearly_dependent(1e-5),
    "nearly_dependent_1e-7": nearly_dependent(1e-7),
    "rank_4_of_32": low_rank,
    "undersampled": undersampled,
    "few_samples": few_samples,
    "large_mean": large_mean,
    "scaled": scaled,
    "outlying_first_row": outlying_first_row,
    "relu": relu,
    "all_dead": all_dead,
    "empty_side": empty_side,
}


def problem(name: str, seed: int = 0) -> Sides:
    """The problem of this name, which is part of the seed: no two share their numbers."""
    return PROBLEMS[name](np.random.default_rng([seed, *name.encode()]))
