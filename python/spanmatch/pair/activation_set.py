"""Activations of many sides on the same inputs, of which any two are a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base import tensor_file
from spanmatch.base.errors import DeviceError, describe_damage, prefix_errors
from spanmatch.base.words import suggest
from spanmatch.pair import pair_file
from spanmatch.pair.mirrored import mirror_gram
from spanmatch.pair.pair import ActivationPair, wrap_gram
from spanmatch.pair.samples import as_samples, is_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import torch

    from spanmatch.base.arguments import RowsPerItem
    from spanmatch.pair.types import Readable, Samples

KIND = "ActivationSet"


class ActivationSet:
    """The activations of several sides on the same inputs, accumulated over batches.

    Any two sides are a pair: `pair("a", "b")` is what an `ActivationPair` would hold that had seen
    the rows of both, to the bit. Row i of every side belongs to the same sample. The first batch
    sets the widths.

    Every two sides have sums of their own, (n_a + n_b)² float64. Several threads may update or
    merge into one set: each call is atomic, one waits for the other. A call that raises leaves the
    set as it was; while it works, it takes the memory of a second set.

    Parameters
    ----------
    sides
        Their names, two at least.
    nulls, folds, seed
        As `ActivationPair` takes them. One roll of the items is shared by all sides: each pair has
        the nulls that it would have alone, and in the other order those of the mirrored roll.
    neuron_names
        Of some sides, the names of their neurons, one for each.

    Raises
    ------
    TypeError, ValueError
        There are fewer than two sides, one is named twice, or is no text; or as `ActivationPair`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> acts = sm.ActivationSet(["a", "b", "c"])
    >>> acts.update({"a": x, "b": x[:, :2], "c": x**2})
    >>> acts
    ActivationSet(a: 3, b: 2, c: 3 neurons, 100 samples)
    >>> sm.maximum_match(acts.pair("b", "a"), eps=0.1).x
    array([0, 1])
    """

    __slots__ = ("_lock", "_pairs", "_sides")

    def __init__(
        self,
        sides: Sequence[str],
        *,
        nulls: int = 0,
        folds: int = 0,
        seed: int = 0,
        neuron_names: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._sides = _as_sides(sides)
        names = {} if neuron_names is None else dict(neuron_names)
        for side in names:
            self._check_side(side)
        self._lock = RLock()
        self._pairs = {
            (a, b): ActivationPair(
                x_names=names.get(a), y_names=names.get(b), nulls=nulls, folds=folds, seed=seed
            )
            for a, b in combinations(self._sides, 2)
        }

    @property
    def sides(self) -> tuple[str, ...]:
        """The names of the sides, in order."""
        return self._sides

    @property
    def widths(self) -> dict[str, int]:
        """How many neurons each side has; empty before the first batch."""
        first, *others = self._sides
        with self._lock:
            if self.n_samples == 0:
                return {}
            return {
                first: self._first.n_x,
                **{other: self._pairs[first, other].n_y for other in others},
            }

    @property
    def n_batches(self) -> int:
        """How many batches the set has seen."""
        return self._first.n_batches

    @property
    def n_samples(self) -> int:
        """How many rows the set has seen."""
        return self._first.n_samples

    @property
    def n_items(self) -> int:
        """How many items a set with nulls or folds has seen; rows, of any other set."""
        return self._first.n_items

    @property
    def n_nulls(self) -> int:
        """How many nulls are summed for every pair."""
        return self._first.n_nulls

    @property
    def n_folds(self) -> int:
        """To how many folds the items are assigned."""
        return self._first.n_folds

    def update(self, rows: Mapping[str, Samples], *, rows_per_item: RowsPerItem = 1) -> None:
        """Add a batch.

        Parameters
        ----------
        rows
            Of exactly the sides, samples × neurons, as `ActivationPair.update` takes them. Sides
            may have different types, and lie on different devices.
        rows_per_item
            As `ActivationPair.update` takes it.

        Raises
        ------
        TypeError, ValueError
            A side is missing, or there is no such side; or as `ActivationPair.update`. The error
            says which side, at which batch.
        DeviceError
            As `ActivationPair.update`.
        """
        with self._lock:
            where = f"batch {self.n_batches} (counted from 0)"
            with prefix_errors(where, (TypeError, ValueError, DeviceError)):
                self._check_names(rows)
                samples = {side: as_samples(rows[side], f"rows[{side!r}]") for side in self._sides}
                self._check_shapes(samples)
                for side, each in samples.items():
                    _check_finite(side, each)
            # Whatever fails, this set has seen none of it.
            pairs = {key: _fork(pair) for key, pair in self._pairs.items()}
            for (a, b), pair in pairs.items():
                kinds = (TypeError, ValueError, DeviceError)
                with prefix_errors(f"{a!r} as x and {b!r} as y", kinds):
                    pair.update(rows[a], rows[b], rows_per_item=rows_per_item)
            self._pairs = pairs

    def pair(self, a: str, b: str) -> ActivationPair:
        """Return what two sides have seen, a as x and b as y: a copy, which is the caller's.

        Raises
        ------
        KeyError
            There is no such side.
        ValueError
            Both are the same.
        """
        for side in (a, b):
            if side not in self._sides:
                raise KeyError(f"no side {side!r}: {suggest(str(side), self._sides)}")
        if a == b:
            raise ValueError(f"a pair is of two sides, got {a!r} twice")
        with self._lock:
            if (a, b) in self._pairs:
                return self._pairs[a, b].__copy__()
            there = self._pairs[b, a]
            return wrap_gram(mirror_gram(there._gram.take_snapshot()), there._names[::-1])

    def merge(self, other: ActivationSet) -> None:
        """Add all that `other` has seen, as though its batches had come here.

        Raises
        ------
        TypeError
            `other` is not a set.
        ValueError
            It has other sides, or as `ActivationPair.merge`.
        """
        if not isinstance(other, ActivationSet):
            raise TypeError(f"merge needs an ActivationSet, got {type(other).__name__}")
        if other.sides != self.sides:
            raise ValueError(
                f"the sets have other sides: {', '.join(self.sides)} and {', '.join(other.sides)}"
            )
        # A copy, so that no call holds two locks.
        more = other.__copy__()
        with self._lock:
            pairs = {key: pair.__copy__() for key, pair in self._pairs.items()}
            for (a, b), pair in pairs.items():
                with prefix_errors(f"{a!r} as x and {b!r} as y"):
                    pair.merge(more._pairs[a, b])
            self._pairs = pairs

    def all_reduce(self, group: torch.distributed.ProcessGroup | None = None) -> None:
        """Merge the sets of all processes of a group of torch.distributed, in each of them.

        Every process calls it, once, after its last batch: see `ActivationPair.all_reduce`.

        Raises
        ------
        ImportError, ValueError
            As `ActivationPair.all_reduce`; the sets have other sides.
        """
        from spanmatch.pair.device.all_reduce import check_same

        with self._lock:
            check_same(self._sides, "sides", group)
            pairs = {key: pair.__copy__() for key, pair in self._pairs.items()}
            for pair in pairs.values():
                pair.all_reduce(group)
            self._pairs = pairs

    def without_replicates(self) -> ActivationSet:
        """Return a copy that keeps neither nulls nor folds: as large as a set that never did."""
        with self._lock:
            pairs = {key: pair.without_replicates() for key, pair in self._pairs.items()}
        return _wrap(self._sides, pairs)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the set to a safetensors file, which appears under its name once it is whole.

        Tensors are those of `ActivationPair.save`, for every two sides, with the number of the pair
        before their names.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        tensors: dict[str, Any] = {}
        values: list[dict[str, object]] = []
        layout = tensor_file.FIRST_FORMAT
        for at, pair in enumerate(self.__copy__()._pairs.values()):
            of_pair, known, layout = pair_file.take_apart(pair._gram.to_host(), pair._names)
            tensors |= {f"{at}.{name}": tensor for name, tensor in of_pair.items()}
            values.append(known)
        tensor_file.write(path, KIND, tensors, {"sides": self._sides, "pairs": values}, layout)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> ActivationSet:
        """Read a set that `save` has written, to the bit.

        Raises
        ------
        OSError
            The file cannot be read.
        FileError
            It is cut short, of another kind, or of a newer format. A ValueError.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> import numpy as np
        >>> acts = ActivationSet(["a", "b"])
        >>> acts.update({"a": np.eye(3), "b": np.ones((3, 2))})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "set.safetensors")
        ...     acts.save(path)
        ...     ActivationSet.load(path).widths
        {'a': 3, 'b': 2}
        """
        tensors, values = tensor_file.read_as(path, KIND)
        try:
            sides = _as_sides(values["sides"])
            keys = list(combinations(sides, 2))
            pairs = {}
            for at, (key, known) in enumerate(zip(keys, values["pairs"], strict=True)):
                begin = f"{at}."
                of_pair = {
                    name.removeprefix(begin): tensor
                    for name, tensor in tensors.items()
                    if name.startswith(begin)
                }
                pairs[key] = wrap_gram(*pair_file.put_together(of_pair, known))
            _check_alike(sides, pairs)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise describe_damage(path, error) from error
        return _wrap(sides, pairs)

    def __add__(self, other: ActivationSet) -> ActivationSet:
        """Return a new set that has seen what both have."""
        if not isinstance(other, ActivationSet):
            return NotImplemented
        total = self.__copy__()
        total.merge(other)
        return total

    def __copy__(self) -> ActivationSet:
        with self._lock:
            pairs = {key: pair.__copy__() for key, pair in self._pairs.items()}
        return _wrap(self._sides, pairs)

    def __deepcopy__(self, memo: dict[int, Any]) -> ActivationSet:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _wrap, (self._sides, self.__copy__()._pairs)

    def __repr__(self) -> str:
        widths = self.widths
        sides = ", ".join(f"{side}: {widths.get(side, 0)}" for side in self._sides)
        return f"ActivationSet({sides} neurons, {self.n_samples} samples)"

    @property
    def _first(self) -> ActivationPair:
        return next(iter(self._pairs.values()))

    def _check_side(self, side: object) -> None:
        if side not in self._sides:
            raise ValueError(f"no side {side!r}: {suggest(str(side), self._sides)}")

    def _check_names(self, rows: object) -> None:
        if not isinstance(rows, Mapping):
            raise TypeError(
                f"rows are a mapping from the sides to their arrays, got {type(rows).__name__}"
            )
        for side in rows:
            self._check_side(side)
        missing = [repr(side) for side in self._sides if side not in rows]
        if missing:
            raise ValueError(f"there are no rows of {', '.join(missing)}: every side needs some")

    def _check_shapes(self, samples: Mapping[str, Readable]) -> None:
        first, widths = self._sides[0], self.widths
        for side, each in samples.items():
            if len(each) != len(samples[first]):
                raise ValueError(
                    f"{first!r} has {len(samples[first])} rows and {side!r} {len(each)}: row i of "
                    "every side is the same sample"
                )
            if widths and each.shape[1] != widths[side]:
                raise ValueError(
                    f"{side!r} has {each.shape[1]} neurons, but had {widths[side]} before"
                )


def _as_sides(sides: object) -> tuple[str, ...]:
    if isinstance(sides, str) or not isinstance(sides, Iterable):
        raise TypeError(f"sides are a list of names, got {type(sides).__name__}")
    names = tuple(sides)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a side is named by a text, got {name!r}")
    if len(names) < 2:
        raise ValueError(f"a set is of two sides at least, got {len(names)}")
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise ValueError(f"side {twice!r} is named twice")
    return names


def _check_finite(side: str, samples: Readable) -> None:
    """Raise ValueError where a value is not finite; of what numpy cannot tell, pairs do."""
    if is_tensor(samples) or not isinstance(samples, np.ndarray) or samples.dtype.kind != "f":
        return
    finite = np.isfinite(samples)
    if not finite.all():
        row, neuron = (int(each) for each in np.argwhere(~finite)[0])
        raise ValueError(
            f"{side!r} holds {samples[row, neuron]} in row {row}, neuron {neuron}: leave such "
            "samples out on every side"
        )


def _check_alike(sides: tuple[str, ...], pairs: Mapping[tuple[str, str], ActivationPair]) -> None:
    """Raise ValueError where pairs cannot be those of one set."""
    first = pairs[sides[0], sides[1]]
    widths = {sides[0]: first.n_x, **{b: pairs[sides[0], b].n_y for b in sides[1:]}}
    for (a, b), pair in pairs.items():
        counts = [(each.n_batches, each.n_samples, each.n_items) for each in (first, pair)]
        if counts[0] != counts[1] or (pair.n_x, pair.n_y) != (widths[a], widths[b]):
            raise ValueError(f"{a!r} and {b!r} have not seen what the other sides have")


def _fork(pair: ActivationPair) -> ActivationPair:
    """Return the same pair, which goes on by itself, its sums where they lie."""
    forked = ActivationPair()
    forked._gram, forked._names = pair._gram.fork(), pair._names
    return forked


def _wrap(sides: tuple[str, ...], pairs: dict[tuple[str, str], ActivationPair]) -> ActivationSet:
    acts = ActivationSet(sides)
    acts._pairs = pairs
    return acts
