"""The half of `ActivationPair` that only reads: counts, names, the Gram matrix, correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.arguments import as_center
from spanmatch.pair.accumulated import Accumulated
from spanmatch.pair.products import find_correlations, find_gram

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.pair.types import Floats


class SummedSides(Accumulated):
    """What there is to see of two sides that have been summed.

    `ActivationPair`, which also adds to them, is its only subclass: in one class the two would be
    too long a file.
    """

    __slots__ = ()

    @property
    def n_x(self) -> int:
        """How many neurons side x has; 0 before the first batch."""
        return (self._gram.widths or (0, 0))[0]

    @property
    def n_y(self) -> int:
        """How many neurons side y has; 0 before the first batch."""
        return (self._gram.widths or (0, 0))[1]

    @property
    def x_names(self) -> tuple[str, ...] | None:
        """The names of the neurons of side x, where given."""
        return self._names[0]

    @property
    def y_names(self) -> tuple[str, ...] | None:
        """The names of the neurons of side y, where given."""
        return self._names[1]

    def gram(self, *, center: bool = False) -> Floats:
        """Return the joint Gram matrix [X Y]ᵀ[X Y], as `z.T @ z` of all rows would give it.

        Its entries are sums over samples, in the units of the activations squared, and are divided
        by nothing. Divided by `n_samples` they are mean products; with `center=True` and divided by
        `n_samples - 1` they are what `numpy.cov` gives.

        Parameters
        ----------
        center
            Subtract each neuron's mean first.

        Returns
        -------
        array
            float64, of shape (n_x + n_y, n_x + n_y), exactly symmetric, with the neurons of x
            first: `gram[:n_x, n_x:]` is Xᵀ Y. It is a copy, which you may change.

        Raises
        ------
        TypeError
            `center` is not a bool.
        ValueError
            The pair has seen nothing yet.

        Examples
        --------
        >>> import numpy as np
        >>> import spanmatch as sm
        >>> pair = sm.ActivationPair()
        >>> pair.update(np.array([[1.0], [3.0]]), np.array([[2.0], [2.0]]))
        >>> pair.gram()
        array([[10.,  8.],
               [ 8.,  8.]])
        >>> pair.gram(center=True)
        array([[2., 0.],
               [0., 0.]])
        """
        center = as_center(center)
        return find_gram(self._read_sums(), center=center)

    def correlations(self, *, center: bool = False) -> Floats:
        """Return how alike each neuron of x is to each neuron of y.

        With `center=True` that is Pearson's correlation; without it is the cosine of the angle
        between the two activation vectors, which keeps their means. On the way this takes as much
        memory as the pair.

        Parameters
        ----------
        center
            Subtract each neuron's mean first.

        Returns
        -------
        array
            float64, of shape (n_x, n_y), in [-1, 1]. Rows and columns of dead neurons, which are
            zero on every sample or, with `center=True`, constant, are nan: they have no direction.

        Raises
        ------
        TypeError
            `center` is not a bool.
        ValueError
            The pair has seen nothing yet; or a neuron is so small, or varies by so little, that its
            squares are lost in float64; or its sums have lost their digits.

        Examples
        --------
        >>> import numpy as np
        >>> import spanmatch as sm
        >>> rng = np.random.default_rng(0)
        >>> x = rng.standard_normal((100, 2))
        >>> pair = sm.ActivationPair()
        >>> pair.update(x, np.column_stack([5 - x[:, 0], np.ones(100)]))
        >>> pair.correlations(center=True).round(2)
        array([[-1.  ,   nan],
               [-0.14,   nan]])
        """
        center = as_center(center)
        return find_correlations(self._read_sums(), center=center)

    def _read_sums(self) -> core.Gram:
        if self.n_samples == 0:
            raise ValueError("the pair is empty: update it with at least one batch")
        return self._gram.to_host()
