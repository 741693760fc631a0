"""What the functions return: immutable, picklable, comparable."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from spanmatch import result_file
from spanmatch.arguments import as_eps, as_similarity

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

# A residual counts as exact up to this many times the resolution: a combination of the other side
# with coefficients of norm 100 at most. SLACK absorbs rounding. The core compares by the same rule.
EXACT = 100.0
SLACK = 1e-7


class Result:
    """Equality that knows arrays, a pickle that keeps them read-only, and plain data."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as numbers and lists; the class makes an equal result of them again."""
        return {name: _plain(value) for name, value in self._fields()}

    def save(self, path: str | PathLike[str]) -> None:
        """Write the result to a safetensors file, which appears under its name once it is whole.

        Arrays are tensors, all else is metadata. Raises OSError where the file cannot be written.
        """
        result_file.write(path, type(self).__name__, self._fields())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a result of this kind that `save` has written, to the bit.

        Raises
        ------
        OSError
            The file cannot be read.
        FileError
            It is cut short, of another kind, or of a newer format. A ValueError.
        """
        result: Self = result_file.read(path, cls)
        return result

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        pairs = zip(self._fields(), other._fields(), strict=True)
        return all(_equal(mine, theirs) for (_, mine), (_, theirs) in pairs)

    # Results hold arrays, so they have no hash, like arrays.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(value for _, value in self._fields())

    def _fields(self) -> list[tuple[str, Any]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]  # type: ignore[arg-type]

    def _freeze(self, name: str, value: ArrayLike, dtype: type[np.generic]) -> None:
        object.__setattr__(self, name, _frozen(value, dtype))


@dataclass(frozen=True, eq=False, repr=False)
class MatchSpectrum(Result):
    """The critical ε of every neuron, and with it the maximum match at every ε.

    A neuron v is in the maximum match at ε exactly when ε >= c(v), its critical ε.
    """

    x: Floats
    """Critical ε of each neuron of x, shape (n_x,): 0.0 exact, at most 1.0, inf dead."""
    y: Floats
    """Critical ε of each neuron of y, shape (n_y,)."""
    chance: tuple[Floats, Floats]
    """For each side, the residual to expect of each neuron were the sides unrelated; nan dead."""
    n_samples: int
    """How many samples the activations had."""
    resolution: float
    """The δ of the regularised span: residuals up to 100 δ count as exact."""
    refreshes: int
    """How often rounding called for a fresh factorisation."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)
        x, y = self.chance
        object.__setattr__(self, "chance", (_frozen(x, np.float64), _frozen(y, np.float64)))

    @overload
    def similarity(self, eps: float) -> float: ...
    @overload
    def similarity(self, eps: ArrayLike) -> Floats: ...

    def similarity(self, eps: ArrayLike) -> float | Floats:
        """Return s(ε), the part of all neurons, dead ones too, that the maximum match at ε holds.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        float or array
            In [0, 1]; 0.0 where there are no neurons at all. An array has the shape of `eps`.

        Raises
        ------
        TypeError, ValueError
            `eps` is not a real number; it is outside [0, 1) or NaN.
        """
        if np.ndim(eps) == 0:
            return float(self._similarity(as_eps(np.asarray(eps).item())))
        levels = np.asarray(eps)
        if levels.dtype.kind not in "fiu":
            raise TypeError(f"eps must hold real numbers, got {levels.dtype}")
        outside = levels[~((levels >= 0) & (levels < 1))]
        if outside.size > 0:
            raise ValueError(f"eps must be in [0, 1), got {outside[0]}")
        return self._similarity(levels.astype(np.float64))

    def match(self, eps: float) -> Match:
        """Return the maximum match at `eps`, a number in [0, 1)."""
        eps = as_eps(eps)
        threshold = self._threshold(eps)
        x, y = np.flatnonzero(self.x <= threshold), np.flatnonzero(self.y <= threshold)
        return Match(eps, x, y, n_x=self.x.size, n_y=self.y.size)

    def eps_for(self, similarity: float) -> float:
        """Return the smallest critical ε at which s(ε) reaches `similarity`.

        Parameters
        ----------
        similarity
            A number in [0, 1].

        Returns
        -------
        float
            0.0 where exact matches suffice; inf where no ε in [0, 1) reaches it.

        Raises
        ------
        TypeError, ValueError
            `similarity` is not a real number; it is outside [0, 1] or NaN.
        """
        wanted = as_similarity(similarity)
        candidates = np.concatenate([[0.0], self._sorted[self._sorted < 1.0]])
        enough = np.flatnonzero(self._similarity(candidates) >= wanted)
        return float(candidates[enough[0]]) if enough.size > 0 else float("inf")

    @property
    def area(self) -> float:
        """The area under s(ε): a similarity in [0, 1] with no ε to choose."""
        parts = np.maximum(0.0, 1.0 - self._sorted)
        return float(parts.mean()) if parts.size > 0 else 0.0

    @property
    def dead(self) -> tuple[Indices, Indices]:
        """For each side the neurons that are zero on every sample (every row alike, if centred)."""
        return np.flatnonzero(np.isinf(self.x)), np.flatnonzero(np.isinf(self.y))

    def __repr__(self) -> str:
        dead_x, dead_y = self.dead
        return (
            f"MatchSpectrum({self.x.size} + {self.y.size} neurons, "
            f"{dead_x.size} + {dead_y.size} dead, {self.n_samples} samples, area={self.area:.4f})"
        )

    @cached_property
    def _sorted(self) -> Floats:
        return np.sort(np.concatenate([self.x, self.y]))

    def _threshold(self, eps: float | Floats) -> Floats:
        """Return the largest critical ε that passes for at most `eps`."""
        return np.asarray(np.maximum(eps, EXACT * self.resolution) + SLACK)

    def _similarity(self, eps: float | Floats) -> Floats:
        matched = np.searchsorted(self._sorted, self._threshold(eps), side="right")
        return np.asarray(matched / max(1, self._sorted.size))


@dataclass(frozen=True, eq=False, repr=False)
class Match(Result):
    """A set of neurons of each side, each within `eps` of the span of the other side's set.

    `len(match)` counts the neurons of both sides.
    """

    eps: float
    """The ε it is a match for."""
    x: Indices
    """The neurons of x in it, in rising order."""
    y: Indices
    """The neurons of y in it, in rising order."""
    n_x: int
    """How many neurons side x has in all."""
    n_y: int
    """How many neurons side y has in all."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.int64)
        self._freeze("y", self.y, np.int64)

    @property
    def similarity(self) -> float:
        """Part of all neurons, dead ones too, that the match holds; 0.0 where there are none."""
        return len(self) / max(1, self.n_x + self.n_y)

    def __len__(self) -> int:
        return self.x.size + self.y.size

    def __repr__(self) -> str:
        return (
            f"Match(eps={self.eps:.6g}, x: {self.x.size} of {self.n_x}, "
            f"y: {self.y.size} of {self.n_y}, similarity={self.similarity:.4f})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Residuals(Result):
    """The relative residual of every neuron on chosen neurons of the other side."""

    x: Floats
    """Of each neuron of x on the chosen neurons of y, shape (n_x,): in [0, 1]; nan dead."""
    y: Floats
    """Of each neuron of y on the chosen neurons of x, shape (n_y,)."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)

    def __repr__(self) -> str:
        return f"Residuals(x: {_span(self.x)}, y: {_span(self.y)})"


def _frozen(value: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    array = np.array(value, dtype=dtype, order="C")
    array.setflags(write=False)
    return array


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def _equal(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, tuple):
        return all(map(_equal, mine, theirs))
    if isinstance(mine, np.ndarray | float):
        # nan is what a result says of the dead: the same, then.
        return np.array_equal(mine, theirs, equal_nan=np.asarray(mine).dtype.kind == "f")
    return bool(mine == theirs)


def _span(values: Floats) -> str:
    living = values[~np.isnan(values)]
    if living.size == 0:
        return f"{values.size} neurons, none living"
    return f"{values.size} neurons, {living.min():.4g} to {living.max():.4g}"
