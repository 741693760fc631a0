"""A function of two representations, as repositories of similarity measures call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from spanmatch.base.arguments import as_choice, as_eps
from spanmatch.pair.rows import as_rows
from spanmatch.pair.samples import view_array
from spanmatch.solve.matches import spectrum

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge
    from spanmatch.pair.types import Readable, Samples

SHAPES = {"nd": 2, "ntd": 3, "nchw": 4}
"""How many axes a representation of each shape has."""


def subspace_similarity(
    R: Samples,  # noqa: N803
    Rp: Samples,  # noqa: N803
    shape: Literal["nd", "ntd", "nchw"] = "nd",
    *,
    eps: float | None = None,
    center: bool = False,
    ridge: Ridge = None,
) -> float:
    """Measure the similarity of two representations by their subspace match, as one number.

    `subspace_similarity(X, Y)` is what similarity-repository calls a measure, and
    `subspace_similarity(R, Rp, shape)` is what ReSi (`repsim.measures`) calls one. It is symmetric,
    larger for more similar sides, and not a metric.

    Parameters
    ----------
    R, Rp
        Two representations of the same inputs, in this order of axes. Their numbers of neurons may
        differ; those of inputs, tokens, height and width may not. Arrays as `spectrum` takes them,
        not sparse.
    shape
        "nd": inputs × neurons. "ntd": inputs × tokens × neurons, every token a sample. "nchw":
        inputs × channels × height × width: channels are the neurons, every position is a sample.
    eps
        Return s(ε), the part of all neurons in the maximum match at this ε. None: the area under
        s(ε), for which no ε is chosen.
    center, ridge
        As for `spectrum`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        `shape` is another; a representation has another number of axes than `shape`, or other
        inputs, tokens or positions than the other; as `spectrum`.

    Warns
    -----
    UndersampledWarning, RidgeWarning
        As `spectrum`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> maps = rng.standard_normal((20, 4, 5, 5))
    >>> subspace_similarity(maps, maps[:, ::-1], "nchw")
    1.0
    >>> subspace_similarity(maps, rng.standard_normal((20, 4, 5, 5)), "nchw") < 0.05
    True
    """
    as_choice(shape, SHAPES, "`shape`")
    level = None if eps is None else as_eps(eps)
    x, y = _view(R, "R", shape), _view(Rp, "Rp", shape)
    neurons = 1 if shape == "nchw" else SHAPES[shape] - 1
    placed = [[size for axis, size in enumerate(side.shape) if axis != neurons] for side in (x, y)]
    if placed[0] != placed[1]:
        raise ValueError(
            f"R has shape {tuple(x.shape)} and Rp {tuple(y.shape)}: in {shape!r} all axes but that "
            "of the neurons must agree; pool or crop the larger one"
        )
    found = spectrum(as_rows(x, axis=neurons), as_rows(y, axis=neurons), center=center, ridge=ridge)
    return found.area if level is None else found.similarity(level)


def _view(representation: Samples, name: str, shape: str) -> Readable:
    array = view_array(representation, name)
    if array.ndim != SHAPES[shape]:
        raise ValueError(
            f"{name} has shape {tuple(array.shape)}, but shape {shape!r} has {SHAPES[shape]} axes"
        )
    return array
