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
    """The part of `ActivationPair`, its only subclass, that only reads the sums."""

    __slots__ = ()

    @property
    def n_x(self) -> int:
        """The number of neurons of x; 0 before the first batch."""
        return (self._gram.widths or (0, 0))[0]

    @property
    def n_y(self) -> int:
        """The number of neurons of y; 0 before the first batch."""
        return (self._gram.widths or (0, 0))[1]

    @property
    def x_names(self) -> tuple[str, ...] | None:
        """The names of the neurons of x; None if they were not given."""
        return self._names[0]

    @property
    def y_names(self) -> tuple[str, ...] | None:
        """The names of the neurons of y; None if they were not given."""
        return self._names[1]

    def gram(self, *, center: bool = False) -> Floats:
        """Return the joint Gram matrix [X Y]ᵀ[X Y] of all rows.

        Its entries are sums over samples, in squared units of the activations. They are not divided
        by the number of samples. With `center=True`, dividing them by `n_samples - 1` gives the
        covariances of `numpy.cov`.

        Parameters
        ----------
        center
            Whether to subtract each neuron's mean first.

        Returns
        -------
        array
            float64 of shape (n_x + n_y, n_x + n_y), exactly symmetric, with the neurons of x first:
            `gram[:n_x, n_x:]` is Xᵀ Y. It is a copy, which you may change.

        Raises
        ------
        TypeError
            `center` is not a bool.
        ValueError
            The pair is empty.

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
        """Return the cosine, or with `center=True` the correlation, of each x with each y.

        The cosine of the angle between two activation vectors keeps their means. With `center=True`
        the result is Pearson's correlation. This needs as much memory again as the pair.

        Parameters
        ----------
        center
            Whether to subtract each neuron's mean first.

        Returns
        -------
        array
            float64 of shape (n_x, n_y), in [-1, 1]. Rows and columns of dead neurons are nan: they
            are zero on every sample, or constant with `center=True`, and have no direction.

        Raises
        ------
        TypeError
            `center` is not a bool.
        ValueError
            The pair is empty; a neuron is so small, or varies by so little, that its squares
            underflow float64; or its sums have lost their digits.

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
