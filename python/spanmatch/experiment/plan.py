"""The networks and comparisons of an experiment, which follow from its config."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from spanmatch.experiment.config import ExperimentConfig

ComparisonKind = Literal["trained", "start", "untrained"]


@dataclass(frozen=True)
class PlannedNetwork:
    """A trained network."""

    key: str
    """The name of its files."""
    name: str
    seed: int | None
    """The seed of its initial weights and its training; None if it comes from a checkpoint."""
    checkpoint: str | None


@dataclass(frozen=True)
class ComparedNetwork:
    """A network in a comparison, trained or not."""

    name: str
    """Such as `seed 0`."""
    is_trained: bool
    """False for a network at its initialisation."""


@dataclass(frozen=True)
class PlannedComparison:
    """Two networks that are compared."""

    key: str
    """The name of its folder."""
    kind: ComparisonKind
    """`trained` compares two trained networks. The controls are `start`, a network at its
    initialisation and the same one trained, and `untrained`, two at their initialisation."""
    a: str
    """The name of a network, such as `seed 0`."""
    b: str

    @property
    def networks(self) -> tuple[ComparedNetwork, ComparedNetwork]:
        """Both networks.

        >>> a, b = PlannedComparison("start-seed-0", "start", "seed 0", "seed 0").networks
        >>> a.is_trained, b.is_trained
        (False, True)
        """
        return (
            ComparedNetwork(self.a, self.kind == "trained"),
            ComparedNetwork(self.b, self.kind != "untrained"),
        )


def list_networks(config: ExperimentConfig) -> list[PlannedNetwork]:
    """Return the trained networks of an experiment."""
    if config.checkpoints:
        return [
            PlannedNetwork(f"checkpoint-{number}", path, None, path)
            for number, path in enumerate(config.checkpoints, start=1)
        ]
    return [PlannedNetwork(f"seed-{seed}", f"seed {seed}", seed, None) for seed in config.seeds]


def list_comparisons(config: ExperimentConfig) -> list[PlannedComparison]:
    """Return what an experiment compares: all pairs of trained networks, then the controls.

    The initial weights of checkpoints are not known. They have no `start`, and the untrained
    networks come from the seeds.

    >>> from spanmatch.experiment.config import ExperimentConfig
    >>> config = ExperimentConfig(data="digits", arch="small-vgg", seeds=(0, 1))
    >>> for planned in list_comparisons(config):
    ...     print(planned.key)
    trained-seed-0-seed-1
    start-seed-0
    start-seed-1
    untrained-seed-0-seed-1
    """
    networks = list_networks(config)
    trained = [
        PlannedComparison(f"trained-{a.key}-{b.key}", "trained", a.name, b.name)
        for a, b in combinations(networks, 2)
    ]
    start = [
        PlannedComparison(f"start-{each.key}", "start", each.name, each.name)
        for each in networks
        if each.seed is not None
    ]
    untrained = [
        PlannedComparison(f"untrained-seed-{a}-seed-{b}", "untrained", f"seed {a}", f"seed {b}")
        for a, b in _pair_neighbours(config.seeds)
    ]
    return trained + start + untrained


def _pair_neighbours(seeds: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pair each seed with the next, and of three or more the last with the first."""
    following = list(pairwise(seeds))
    return following if len(seeds) < 3 else [*following, (seeds[-1], seeds[0])]
