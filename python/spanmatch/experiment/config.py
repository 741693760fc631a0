"""The config of an experiment."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from spanmatch.base.arguments import MAX_SEED, as_eps, as_ridge
from spanmatch.pair.pair import make_gram

KEPT = ("pairs", "spectra")
EPS = (0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, kw_only=True)
class ExperimentConfig:
    """The networks that are trained or read, and the data on which they are compared.

    Raises
    ------
    ValueError
        A value is not valid. The message says which, and what it must be.
    """

    data: str
    """The data to compare on, named as in `spanmatch.torch.load_data`, held out from training."""
    arch: str
    """A name of `spanmatch.torch.loading.architectures`, or as in `spanmatch.torch.load_model`."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """A network is trained from each seed; with checkpoints, the seeds of untrained controls."""
    checkpoints: tuple[str, ...] = ()
    """Files with the weights of trained networks, which are used instead of training."""
    train_data: str | None = None
    """The data to train on; by default the training part of `data`."""
    epochs: int = 30
    batch_size: int = 64
    """The number of inputs in a batch; a function of the user chooses its own."""
    learning_rate: float = 0.05
    """The highest learning rate of stochastic gradient descent, which warms up and anneals."""
    weight_decay: float = 5e-4
    augment: bool = False
    """Flip the training images, and shift them by up to an eighth, at random."""
    limit: int | None = None
    """Compare on at most this number of inputs, spread evenly."""
    layers: tuple[str, ...] | None = None
    """Globs; by default all children of one of our networks, and all leaves of another."""
    eps: tuple[float, ...] = EPS
    """The ε at which simple matches are found, if they lie below the chance level."""
    mask: str | None = None
    """The key of a batch that says which positions count; by default `attention_mask`."""
    center: bool = False
    """Subtract each neuron's mean first."""
    ridge: float | None = None
    """λ of all matches, for few samples. It cannot be "auto", since all curves share one λ."""
    nulls: int = 19
    """The number of permutation nulls of every two trained networks."""
    folds: int = 16
    """The number of folds of the inputs, for jackknife intervals; 0 for none."""
    keep: str = "pairs"
    """What to keep of comparisons: `pairs` keeps everything, `spectra` everything but the pairs."""
    device: str = "cpu"
    """The device on which networks run."""
    threads: int = 1
    """The number of threads of torch on a CPU, on which rounding and so the weights depend."""

    def __post_init__(self) -> None:
        for name, wanted in get_value_types().items():
            _check_type(name, getattr(self, name), wanted)
        for name in ("epochs", "batch_size", "threads", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"`{name}` is {value}: it must be at least 1")
        for name in ("learning_rate", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"`{name}` is {getattr(self, name)}: it must be a number of at least 0"
                )
        for name in ("seeds", "checkpoints", "eps"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` holds a value twice: {', '.join(map(str, values))}")
        if not all(0 <= seed <= MAX_SEED for seed in self.seeds):
            raise ValueError(f"`seeds` must be numbers from 0 to {MAX_SEED}")
        if len(self.checkpoints or self.seeds) < 2:
            what = "checkpoints" if self.checkpoints else "seeds"
            raise ValueError(f"an experiment compares networks: give at least two {what}")
        if self.keep not in KEPT:
            raise ValueError(f"`keep` is {self.keep!r}: it must be {' or '.join(KEPT)}")
        for eps in self.eps:
            as_eps(eps)
        as_ridge(self.ridge)
        make_gram(self.nulls, self.folds)

    def to_plain(self) -> dict[str, Any]:
        """Return the values for TOML: tuples as lists, and without values that are None."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None
        }


@cache
def get_value_types() -> dict[str, Any]:
    """Return the type of each value, by name."""
    return get_type_hints(ExperimentConfig)


WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _check_type(name: str, value: object, wanted: Any) -> None:
    """Raise ValueError if a value has another type, as may happen in a file of the user."""
    if NoneType in get_args(wanted):
        if value is None:
            return
        wanted = next(each for each in get_args(wanted) if each is not NoneType)
    if get_origin(wanted) is tuple:
        of_each = get_args(wanted)[0]
        if not isinstance(value, tuple) or not all(_is(part, of_each) for part in value):
            raise ValueError(
                f"`{name}` is {value!r}: it must be a list, each of which is {WORDS[of_each]}"
            )
    elif not _is(value, wanted):
        raise ValueError(f"`{name}` is {value!r}: it must be {WORDS[wanted]}")


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
