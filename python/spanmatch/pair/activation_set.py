"""`ActivationSet`: several sides on the same inputs, any two of which are a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import spanmatch._core as core
from spanmatch.base import tensor_file
from spanmatch.base.arguments import as_rows_per_item
from spanmatch.base.errors import DeviceError, describe_damage, prefix_errors
from spanmatch.base.words import suggest
from spanmatch.pair.accumulated import Accumulated
from spanmatch.pair.gram_file import put_together, take_apart
from spanmatch.pair.joint_gram import JointGram
from spanmatch.pair.labelled import find_names
from spanmatch.pair.names import Label, Names, as_names, check_counts, merge_names
from spanmatch.pair.pair import ActivationPair, make_gram, wrap_gram

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from spanmatch.base.arguments import RowsPerItem
    from spanmatch.pair.types import Samples

KIND = "ActivationSet"


class ActivationSet(Accumulated):
    """The activations of several sides on the same inputs, summed over batches.

    `pair("a", "b")` returns any two sides as an `ActivationPair`, up to rounding the one that the
    rows of both would give. Row i of every side belongs to the same sample. The first batch sets
    the widths.

    All sides share one joint Gram matrix. Its memory does not grow with the samples: with n neurons
    on all sides together it is at most n² float64, half of that for many neurons. Several threads
    may update one set: each call is atomic. A call that raises an error leaves the set as it was.

    Parameters
    ----------
    sides
        The names of the sides, at least two.
    nulls, folds, seed
        As for `ActivationPair`. All sides share the circular shifts of a null, so each pair has the
        nulls that it would have alone. In the other order a pair has the opposite shifts.
    neuron_names
        For some or all sides, the names of their neurons, one for each.

    Raises
    ------
    TypeError, ValueError
        There are fewer than two sides, a side is named twice, or its name is not a text; or an
        argument is wrong as for `ActivationPair`.

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

    __slots__ = ("_sides",)

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
        named = {} if neuron_names is None else dict(neuron_names)
        for side in named:
            self._check_side(side)
        names = map(as_names, map(named.get, self._sides), self._labels)
        gram = make_gram(nulls, folds, seed, _call_sides(self._sides))
        super().__init__(JointGram(gram), tuple(names))

    @property
    def sides(self) -> tuple[str, ...]:
        """The names of the sides, in order."""
        return self._sides

    @property
    def widths(self) -> dict[str, int]:
        """The number of neurons of each side, by its name; empty before the first batch."""
        widths = self._gram.widths
        return {} if widths is None else dict(zip(self._sides, widths, strict=True))

    def update(self, rows: Mapping[str, Samples], *, rows_per_item: RowsPerItem = 1) -> None:
        """Add a batch.

        Parameters
        ----------
        rows
            A mapping from the name of every side to its activations, samples × neurons, as
            `ActivationPair.update` takes them. Sides may have different types and devices.
        rows_per_item
            As for `ActivationPair.update`.

        Raises
        ------
        TypeError, ValueError
            A side is missing, or there is no side of this name; or the samples are wrong as for
            `ActivationPair.update`. The message names the side and the batch.
        DeviceError
            As for `ActivationPair.update`.
        """
        with self._gram.lock:
            where = f"batch {self.n_batches} (counted from 0)"
            with prefix_errors(where, (TypeError, ValueError, DeviceError)):
                self._check_names(rows)
                samples = {f"rows[{side!r}]": rows[side] for side in self._sides}
                found = tuple(map(find_names, samples.values()))
                names = merge_names(self._names, found, self._labels)
                check_widths = partial(check_counts, names, labels=self._labels)
                items = as_rows_per_item(rows_per_item)
                self._gram.update(samples, items, check_widths=check_widths)
                self._names = names

    def pair(self, a: str, b: str) -> ActivationPair:
        """Return a copy of the sums of two sides as a pair, with a as x and b as y.

        Raises
        ------
        KeyError
            There is no such side.
        ValueError
            `a` and `b` are the same side.
        """
        for side in (a, b):
            if side not in self._sides:
                raise KeyError(f"no side {side!r}: {suggest(str(side), self._sides)}")
        if a == b:
            raise ValueError(f"a pair is of two sides, got {a!r} twice")
        x, y = (self._sides.index(side) for side in (a, b))
        with self._gram.lock:
            gram, names = self._gram.to_host().pair(x, y), self._names
        return wrap_gram(gram, (names[x], names[y]))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the set to a safetensors file.

        The file holds the sums, the counts, the names, and the nulls and folds if there are any. It
        appears under its name only once it is complete. The page *File formats* of the
        documentation describes the tensors.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._write(path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> ActivationSet:
        """Read a set from a file that `save` has written, exact to the bit.

        Raises
        ------
        OSError
            The file cannot be read.
        FileError
            The file is cut short, of another kind, or of a newer format. This is a ValueError.

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
            acts = cls(values["sides"])
            widths, names = values["widths"], values["names"]
            called = _call_sides(acts.sides)
            gram = put_together(tensors, values, widths, called)
            acts._names = tuple(map(as_names, names, acts._labels))
            if len(names) != len(acts.sides) or len(widths) not in (0, len(acts.sides)):
                raise ValueError("its sides, their widths and their names differ")
            if gram.n_samples > 0:
                check_counts(acts._names, gram.widths, acts._labels)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise describe_damage(path, error) from error
        return acts._wrap(gram)

    def _write(self, path: str | PathLike[str], of: object = None) -> None:
        """Save the set; `of` names its layer, in a folder with a file for each layer."""
        with self._gram.lock:
            gram = self._gram.to_host()
            tensors, values = take_apart(gram)
            values |= {"sides": self._sides, "widths": gram.widths, "names": self._names}
        tensor_file.write(path, KIND, tensors, values, of=of)

    def __reduce__(self) -> tuple[Any, ...]:
        with self._gram.lock:
            gram = self._gram.to_host()
            state = gram.parts(), gram.replicates(), gram.norms()
            return _from_parts, (self._sides, self._names, *state)

    def __repr__(self) -> str:
        widths = self.widths
        sides = ", ".join(f"{side}: {widths.get(side, 0)}" for side in self._sides)
        return f"ActivationSet({sides} neurons, {self.n_samples} samples)"

    @property
    def _labels(self) -> list[Label]:
        called = _call_sides(self._sides)
        return [Label(each, f"neuron_names[{each}]") for each in called]

    def _check_kind(self, other: object) -> None:
        if not isinstance(other, ActivationSet):
            raise TypeError(f"merge needs an ActivationSet, got {type(other).__name__}")
        if other.sides != self.sides:
            raise ValueError(
                f"the sets have different sides: {', '.join(self.sides)} and "
                f"{', '.join(other.sides)}"
            )

    def _wrap(self, gram: core.Gram) -> ActivationSet:
        acts = ActivationSet(self._sides)
        acts._gram, acts._names = JointGram(gram), self._names
        return acts

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


def _call_sides(sides: Iterable[str]) -> list[str]:
    """Return the names of the sides as errors show them."""
    return [repr(side) for side in sides]


def _from_parts(
    sides: tuple[str, ...],
    names: Names,
    parts: core._Parts,
    replicates: core._Replicates | None,
    norms: core._Norms | None,
) -> ActivationSet:
    acts = ActivationSet(sides)
    acts._names = names
    return acts._wrap(core.Gram.from_parts(parts, replicates, norms, _call_sides(sides)))
