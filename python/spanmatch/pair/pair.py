"""Two sides of activations, reduced batch by batch to all that a match depends on."""

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
    """The activations of two sides on the same inputs, accumulated over batches.

    What a match depends on is the joint Gram matrix of both sides, [X Y]ᵀ[X Y]. It adds up over
    batches, in any order, so a pair takes at most (n_x + n_y)² float64 of memory, of wide sides
    half of that, and as much again while it adds a batch, however many samples it has seen, and
    gives the same answers as all samples at once. Row i of `x` and row i of `y` belong to the same
    sample. The first batch sets both widths.

    Several threads may update or merge into one pair: each call is atomic, one waits for the other.
    A call that raises leaves the pair as it was.

    Parameters
    ----------
    x_names, y_names
        Names of the neurons of a side, one for each: kept in files and shown in tables.
    nulls
        How many times x is also summed against y whose items are shifted circularly inside each
        batch, each time by another offset: for `null_spectra` and `p_value`. Each takes n_x × n_y
        float64, and n_x × n_y multiplications a row. Each batch must hold two items at least: join
        a last one to the batch before, or drop it.
    folds
        To how many folds the items are assigned, each with a Gram of its own: for `interval`. 0 or
        at least 2; together they take as much work as the pair, and `folds` times its memory.
    seed
        What circular shifts and fold assignment follow from. Pairs that are to be merged should
        have each its own.

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
            Samples × neurons, of shape (samples, n_x) and (samples, n_y): arrays of numpy, tensors
            of torch, or anything with `__dlpack__` (CuPy, JAX); float16, bfloat16, float32 or
            float64, with any strides. `as_rows` makes them of maps and tokens. Sparse ones too:
            arrays and matrices of scipy.sparse, tensors of torch (COO, CSR, CSC), and what
            `sparse_rows` returns; on one side or on both.

            What the host holds is read where it lies and widened block by block, never copied
            whole. Of a tensor on a GPU the sums are kept there, in float64, and come to the host
            once, when they are needed. Where the sides lie apart, y goes to the device of x, or x
            to that of y if x is on the host.
            Devices without float64, as Apple's MPS, go through the host: a warning says so, once.

            Sparse samples are summed without their zeros where that is less work, which is counted:
            up to one value in eight or so. Neurons that are on in all of the first samples have a
            shift, as those of other samples have: so centring takes no digits from them. A pair
            that began with samples that are not sparse adds sparse ones with their zeros, block by
            block. Those of a GPU go through the host.

            DataFrames of pandas and DataArrays of xarray too. Labels of neurons that are all texts
            become `x_names` and `y_names`, and later batches must agree with them. Sides that label
            the same rows in another order are refused.

            Arrays on the host are summed likewise where at most one value in 16 of that side is not
            zero, in its first batch and then in each, and the sides have 256 neurons together; but
            not where a batch would take more room than the sums, and than 1 GiB. No clock decides.
        rows_per_item
            How many rows an item has, as an image has positions and a sequence tokens; or the
            length of each item, in order. Rows of one item depend on each other, so nulls shift,
            and folds take, whole items. Where lengths differ, the batch is shifted to where an item
            begins, and rows of y meet other positions than their own.

        Raises
        ------
        TypeError
            A side is not an array of floats.
        ValueError
            A side has not two axes, no rows, or another width than before; the sides' row counts
            differ; a value is NaN or infinite; a sum of squares leaves the range of float64; items
            do not make up the batch, or there is one alone, which nulls cannot shift.
        DeviceError
            The device ran out of memory, or was lost. What a lost device had summed is lost with
            it: every later call says so.

        Each says which batch, counted from 0, and leaves the pair as it was.
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
        """Write the pair to a safetensors file, which appears under its name once it is whole.

        Tensors `shift`, `sums`, `spread` and `products`: (x y)-row minus shift, summed over samples
        as it is, and as its outer product with itself; the metadata hold the counts and names.
        Where they are kept, `nulls`, the products of x with each shifted y, and for each fold
        `folds.sums`, `folds.spread`, `folds.products`.

        `norms`, of shape (n_x + n_y + 2, 2), is what debiased CKA takes: with a and b the squared
        norms of the rows of x and of y less the shift, the products of each neuron, of a and of b
        with a and with b. `nulls.norms` has for each null the products of every neuron with the
        norms of the other side, and Σ a b; `folds.norms` what `norms` is for each fold. Files of
        version 0.1.0 have none of them: they load, and what needs them says so.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._write(path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> ActivationPair:
        """Read a pair that `save` has written, to the bit.

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
        """Save the pair; in a folder that has one for each layer, saying of which it is."""
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
    """Return a Gram matrix that has seen nothing, and keeps so many nulls and folds.

    Errors call its sides by their names, and without names x and y.
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
    """Return the Gram matrix of what a public function was given: two arrays or a pair.

    Arrays are added to what `empty` returns.
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
    """As `read_gram`, for more than one look: whatever is added to a pair meanwhile."""
    gram = read_gram(x, y, progress)
    return x._gram.copy() if isinstance(x, ActivationPair) else gram


def wrap_gram(gram: core.Gram, names: Names = (None, None)) -> ActivationPair:
    """Return a pair that has seen what a Gram has, and shares it."""
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
