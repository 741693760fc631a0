"""`ActivationPair`: two sides of activations, summed batch by batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import spanmatch._core as core
from spanmatch.base.arguments import as_count, as_rows_per_item, as_seed
from spanmatch.base.errors import DeviceError, prefix_errors
from spanmatch.base.progress import show_progress
from spanmatch.pair import pair_file
from spanmatch.pair.joint_gram import JointGram
from spanmatch.pair.labelled import find_names
from spanmatch.pair.names import PAIR, Names, as_names, check_counts, merge_names
from spanmatch.pair.summed_sides import SummedSides

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from spanmatch.base.arguments import RowsPerItem
    from spanmatch.pair.names import Label
    from spanmatch.pair.types import Samples


class ActivationPair(SummedSides):
    """The activations of two sides on the same inputs, summed over batches.

    A match depends on the data only through the joint Gram matrix of both sides, [X Y]ᵀ[X Y], which
    adds up over batches in any order. So a pair gives the same answers as all samples at once, and
    its memory does not grow with their number. It is at most (n_x + n_y)² float64, half of that for
    wide sides, and as much again while a batch is added. Row i of `x` and row i of `y` belong to
    the same sample. The first batch sets both widths.

    Several threads may update one pair: each call is atomic. A call that raises an error leaves the
    pair as it was.

    Parameters
    ----------
    x_names, y_names
        Names of the neurons of a side, one for each. They are kept in files and shown in tables.
    nulls
        The number of nulls to sum, for `null_spectra` and `p_value`. In a null the items of y are
        shifted circularly inside each batch. Each null takes n_x × n_y float64, and n_x × n_y
        multiplications for each row. Each batch must then hold at least two items.
    folds
        The number of folds that the items are dealt to, for `interval`, `held_out` and
        `ridge="auto"`: 0, or at least 2. Each fold has a Gram matrix of its own, so they take
        `folds` times the memory of the pair, and together as much time as its sums.
    seed
        The seed of the circular shifts and the folds. Give pairs that you will merge different
        seeds.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> pair = sm.ActivationPair()
    >>> for _ in range(3):
    ...     x = rng.standard_normal((100, 4), dtype=np.float32)
    ...     pair.update(x, x @ rng.standard_normal((4, 2), dtype=np.float32))
    >>> pair
    ActivationPair(4 + 2 neurons, 300 samples)
    """

    __slots__ = ()

    def __init__(
        self,
        *,
        x_names: Sequence[str] | None = None,
        y_names: Sequence[str] | None = None,
        nulls: int = 0,
        folds: int = 0,
        seed: int = 0,
    ) -> None:
        names = tuple(map(as_names, (x_names, y_names), PAIR))
        super().__init__(JointGram(make_gram(nulls, folds, seed)), names)

    def update(self, x: Samples, y: Samples, *, rows_per_item: RowsPerItem = 1) -> None:
        """Add a batch.

        Parameters
        ----------
        x, y
            Activations of shape (samples, n_x) and (samples, n_y): numpy arrays, torch tensors, or
            anything with `__dlpack__` (CuPy, JAX), in float16, bfloat16, float32 or float64, with
            any strides. Use `as_rows` for maps and tokens. Either side may be sparse: arrays and
            matrices of scipy.sparse, sparse tensors of torch (COO, CSR, CSC), or `sparse_rows`.

            A DataFrame of pandas or a DataArray of xarray may name its neurons: labels that are all
            strings become `x_names` and `y_names`, and later batches must agree with them. Sides
            that label the same rows in another order are refused.
        rows_per_item
            The number of rows of an item, as the positions of an image or the tokens of a text; or
            a list with the number of each item, in order. Rows of one item depend on each other, so
            nulls shift whole items, and folds take whole items. If the numbers differ, a null pairs
            rows with other positions than their own.

        Raises
        ------
        TypeError
            A side is not an array of floats.
        ValueError
            A side does not have two axes, has no rows, or another width than before; the sides
            differ in their number of rows; a value is NaN or infinite; a sum of squares leaves the
            range of float64; `rows_per_item` does not add up to the batch, or leaves only one item
            while there are nulls.
        DeviceError
            The device ran out of memory or was lost. Sums on a lost device are lost too, and every
            later call raises this error.

        Notes
        -----
        Messages of errors say which batch it was, counted from 0. The pair stays as it was.

        Arrays in the memory of the host are read in place and converted block by block. Sums of
        tensors on a GPU stay on that GPU in float64, and come to the host once, when an answer is
        asked for. If the sides lie on different devices, y moves to the device of x; if x is on the
        host, x moves to the device of y. Devices without float64, such as Apple's MPS, go through
        the host, and so do sparse tensors on a GPU; a warning says so once.

        Sparse samples are summed without their zeros if that is less work, which is so up to about
        one non-zero value in eight. Dense arrays on the host are treated likewise if at most one
        value in 16 of a side is not zero and both sides together have at least 256 neurons, unless
        a batch would take more memory than the sums and more than 1 GiB. A pair that began with
        dense samples adds sparse ones with their zeros, block by block.
        """
        with self._gram.lock:
            where = f"batch {self.n_batches} (counted from 0)"
            with prefix_errors(where, (TypeError, ValueError, DeviceError)):
                rows = as_rows_per_item(rows_per_item)
                names = merge_names(self._names, (find_names(x), find_names(y)), PAIR)
                check_widths = partial(check_counts, names)
                self._gram.update({"x": x, "y": y}, rows, check_widths=check_widths)
                self._names = names

    def save(self, path: str | PathLike[str]) -> None:
        """Write the pair to a safetensors file.

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
    def load(cls, path: str | PathLike[str]) -> ActivationPair:
        """Read a pair from a file that `save` has written, exact to the bit.

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
        >>> pair = ActivationPair(y_names=["edge", "curve"])
        >>> pair.update(np.eye(3), np.ones((3, 2)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "pair.safetensors")
        ...     pair.save(path)
        ...     ActivationPair.load(path).y_names
        ('edge', 'curve')
        """
        return wrap_gram(*pair_file.read(path))

    def __reduce__(self) -> tuple[Any, ...]:
        with self._gram.lock:
            gram = self._gram.to_host()
            return _from_parts, (gram.parts(), gram.replicates(), self._names, gram.norms())

    def __repr__(self) -> str:
        return f"ActivationPair({self.n_x} + {self.n_y} neurons, {self.n_samples} samples)"

    def _write(self, path: str | PathLike[str], of: object = None) -> None:
        """Save the pair; `of` names its layer, in a folder with a file for each layer."""
        with self._gram.lock:
            pair_file.write(path, self._gram.to_host(), self._names, of)

    @property
    def _labels(self) -> Sequence[Label]:
        return PAIR

    def _check_kind(self, other: object) -> None:
        if not isinstance(other, ActivationPair):
            raise TypeError(f"merge needs an ActivationPair, got {type(other).__name__}")

    def _wrap(self, gram: core.Gram) -> ActivationPair:
        return wrap_gram(gram, self._names)


def make_gram(
    nulls: int = 0, folds: int = 0, seed: int = 0, sides: Sequence[str] = ()
) -> core.Gram:
    """Return an empty Gram matrix with these nulls and folds.

    Its errors call the sides by their names, or x and y without names.
    """
    nulls, folds = as_count(nulls, "nulls"), as_count(folds, "folds")
    if folds == 1:
        raise ValueError("`folds` must be 0 or at least 2: an interval compares them")
    return core.Gram(nulls, folds, as_seed(seed), list(sides))


def read_gram(
    x: Samples | ActivationPair,
    y: Samples | None,
    progress: bool = False,
    *,
    empty: Callable[[], core.Gram] = core.Gram,
    rows_per_item: RowsPerItem = 1,
) -> core.Gram:
    """Return the Gram matrix of the arguments of a public function: two arrays, or a pair.

    Arrays are added to the Gram matrix that `empty` returns.
    """
    if isinstance(x, ActivationPair):
        if y is not None:
            raise TypeError("a pair holds both sides already: pass it alone, without y")
        if x.n_samples == 0:
            raise ValueError("the pair is empty: update it with at least one batch")
        return x._gram.to_host()
    if y is None:
        raise TypeError("y is missing: pass two arrays, x and y, or one ActivationPair")
    if isinstance(y, ActivationPair):
        raise TypeError("y is a pair, which holds both sides: pass it alone, as x")
    gram = JointGram(empty())
    with show_progress("Reading samples", progress) as report:
        gram.update({"x": x, "y": y}, as_rows_per_item(rows_per_item), report)
    return gram.to_host()


def copy_gram(x: Samples | ActivationPair, y: Samples | None, progress: bool = False) -> core.Gram:
    """Return the result of `read_gram`, as a copy that later updates of a pair do not change."""
    gram = read_gram(x, y, progress)
    return x._gram.copy() if isinstance(x, ActivationPair) else gram


def wrap_gram(gram: core.Gram, names: Names = (None, None)) -> ActivationPair:
    """Return a pair that shares this Gram matrix."""
    pair = ActivationPair()
    pair._gram, pair._names = JointGram(gram), names
    return pair


def _from_parts(
    parts: core._Parts,
    replicates: core._Replicates | None,
    names: Names,
    norms: core._Norms | None = None,
) -> ActivationPair:
    return wrap_gram(core.Gram.from_parts(parts, replicates, norms), names)
