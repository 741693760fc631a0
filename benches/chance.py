"""Simulate what p-values and intervals promise: `python benches/chance.py`. Takes some minutes.

False positives: two networks that see different images of one kind. Power: they share some causes.
Coverage: how often intervals hold the value of endless data, in populations whose value is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Population = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

DRAWS = 200
SIDE, CAUSES, NEURONS = 6, 12, 24  # maps of SIDE × SIDE positions
POSITIONS = SIDE * SIDE
EPS = np.arange(2, 100) / 100


def main() -> None:
    print("False positives: unrelated networks of smooth maps with a positive mean, 19 nulls")
    for images in (20, 50, 100, 200):
        p, apart = zip(*(chance(seed, images, shared=0) for seed in range(DRAWS)), strict=True)
        print(
            f"  {images:4} images: p <= 0.05 in {share(p, 0.05)}, <= 0.1 in {share(p, 0.1)}, "
            f"<= 0.5 in {share(p, 0.5)}; median critical eps less that of nulls "
            f"{np.mean(apart):+.4f}, 95 % within {np.quantile(np.abs(apart), 0.95):.4f}"
        )
    print("Power: the same networks, of which some causes are shared, 50 images")
    for shared in (1, 2, 4):
        p, apart = zip(*(chance(seed, 50, shared=shared) for seed in range(DRAWS)), strict=True)
        print(f"  {shared} of {CAUSES} shared: p <= 0.05 in {share(p, 0.05)}")
    print("Coverage of 95 % intervals, 16 folds")
    for name, (population, items, rows) in POPULATIONS.items():
        known = truth(population, rows)
        for method in ("jackknife", "bootstrap"):
            print(f"  {name}, {items} items, {method}: {coverage(name, known, method)}")


def share(p: tuple[float, ...], most: float) -> str:
    return f"{np.mean(np.array(p) <= most + 1e-9):.1%}"


def smooth(rng: np.random.Generator, images: int, causes: int) -> Floats:
    """Positive maps, images × positions × causes."""
    waves = rng.standard_normal((images, SIDE, SIDE, causes))
    for axis in (1, 2):
        waves = (waves + np.roll(waves, 1, axis) + np.roll(waves, -1, axis)) / 3
    contrast = np.exp(0.3 * rng.standard_normal((images, 1, 1)))
    return 3 * waves.reshape(images, POSITIONS, causes) * contrast + 0.5


def network(rng: np.random.Generator) -> Callable[[Floats], Floats]:
    first = rng.standard_normal((CAUSES, 48)) / np.sqrt(CAUSES)
    second = rng.standard_normal((48, NEURONS)) / np.sqrt(48)
    return lambda maps: np.maximum(np.maximum(maps @ first + 0.1, 0) @ second + 0.3, 0)


def chance(seed: int, images: int, *, shared: int) -> tuple[float, float]:
    """Return p of the area, and the median critical ε less that of the nulls."""
    rng = np.random.default_rng([seed, images, shared])
    common = smooth(rng, images, shared)
    sides = [
        network(rng)(np.concatenate([common, smooth(rng, images, CAUSES - shared)], axis=2))
        for _ in range(2)
    ]
    pair = sm.ActivationPair(nulls=19, seed=seed)
    pair.update(*(side.reshape(-1, NEURONS) for side in sides), rows_per_item=POSITIONS)
    spectrum, nulls = sm.spectrum(pair), sm.null_spectra(pair)
    median = np.median(np.concatenate([spectrum.x, spectrum.y]))
    return nulls.p_value(spectrum), float(median - nulls.chance_level)


def blocks(neurons: int) -> Population:
    """Neurons in six blocks, each side's on two causes of its block, with more and more noise."""
    rng = np.random.default_rng(neurons)
    causes = rng.standard_normal((2, neurons, 12)) * 0.05
    for neuron in range(neurons):
        block = 6 * neuron // neurons
        causes[:, neuron, 2 * block : 2 * block + 2] += rng.standard_normal((2, 2))
    causes /= np.linalg.norm(causes, axis=2, keepdims=True)
    noise = np.geomspace(0.15, 1.6, neurons) * np.exp(0.2 * rng.standard_normal((2, neurons)))

    def sample(rng: np.random.Generator, items: int) -> tuple[Floats, Floats]:
        z = rng.standard_normal((items, 12))
        x, y = (
            z @ side.T + scale * rng.standard_normal((items, neurons))
            for side, scale in zip(causes, noise, strict=True)
        )
        return x, y

    return sample


def dense(rng: np.random.Generator, items: int) -> tuple[Floats, Floats]:
    """Return positive neurons, each on all causes: nearly one critical ε."""
    fixed = np.random.default_rng(9)
    z = rng.standard_normal((items, 12))
    x, y = (
        np.maximum(
            z @ fixed.standard_normal((12, 24)) + 1.5 * rng.standard_normal((items, 24)) + 1, 0
        )
        for _ in range(2)
    )
    return x, y


def maps(rng: np.random.Generator, items: int) -> tuple[Floats, Floats]:
    """Return maps of two networks that share a third of their causes, with noise."""
    fixed = np.random.default_rng(4)
    common = smooth(rng, items, 4)
    x, y = (
        network(fixed)(np.concatenate([common, smooth(rng, items, 8)], axis=2)) for _ in range(2)
    )
    return x.reshape(-1, NEURONS), y.reshape(-1, NEURONS)


POPULATIONS: dict[str, tuple[Population, int, int]] = {
    "24 + 24 neurons": (blocks(24), 1600, 1),
    "24 + 24 neurons, few": (blocks(24), 320, 1),
    "100 + 100 neurons": (blocks(100), 1600, 1),
    "dense": (dense, 1600, 1),
    "maps": (maps, 96, POSITIONS),
}


def truth(population: Population, rows: int) -> sm.MatchSpectrum:
    pair, rng = sm.ActivationPair(), np.random.default_rng(123)
    for _ in range(40):
        pair.update(*population(rng, 20_000 // rows))
    return sm.spectrum(pair)


def coverage(name: str, known: sm.MatchSpectrum, method: str) -> str:
    population, items, rows = POPULATIONS[name]
    curve = known.similarity(EPS)
    areas, curves, neurons, widths, estimates = [], [], [], [], []
    for seed in range(DRAWS if method == "jackknife" else DRAWS // 4):
        x, y = population(np.random.default_rng([seed, items]), items)
        pair = sm.ActivationPair(folds=16, seed=seed)
        pair.update(x, y, rows_per_item=rows)
        found = sm.interval(pair, eps=EPS, method=method)  # type: ignore[arg-type]
        areas.append(found.area[0] <= known.area <= found.area[1])
        curves.append((found.similarity[0] <= curve) & (curve <= found.similarity[1]))
        neurons.append(((found.x[0] <= known.x) & (known.x <= found.x[1])).mean())
        widths.append(np.ptp(found.area))
        estimates.append(sm.spectrum(pair).similarity(EPS))
    varies = np.std(estimates, axis=0) > 0
    of_eps = np.mean(curves, axis=0)[varies]
    return (
        f"area {np.mean(areas):.1%} (width {np.mean(widths):.3f}), s {of_eps.mean():.1%}, at the "
        f"worst eps {of_eps.min():.1%}, neurons {np.mean(neurons):.1%}"
    )


if __name__ == "__main__":
    main()
