"""A distance with the interface of netrep's metrics, and of its `pairwise_distances`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, overload

import numpy as np

from spanmatch.base.progress import show_progress
from spanmatch.pair.samples import as_samples
from spanmatch.pipelines.fitted_match import FittedMatch
from spanmatch.solve.columns import widen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.base.arguments import Ridge
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats


class Metric(Protocol):
    """What netrep's metrics have in common."""

    def fit(self, X: Samples, Y: Samples) -> object:  # noqa: N803
        """Align two sides."""

    def score(self, X: Samples, Y: Samples) -> float:  # noqa: N803
        """Return their distance by this alignment."""


class SubspaceMetric:
    """One minus the maximum matching similarity, with the methods of netrep's `LinearMetric`.

    `fit` finds the match M(ε) of two sides and the weights by which they predict each other;
    `score` is the part of all neurons of both sides that are outside the match, or not within ε on
    the given rows. On the rows of the fit it is 1 − s(ε). On other rows, such as `testdata`, it is
    held out.

    The distance is symmetric, and 0 between a side without dead neurons and itself. It is not a
    metric, since the triangle inequality can fail; `shape_distance` is one.

    Parameters
    ----------
    eps
        The largest residual a neuron of the match may have, in [0, 1); 0 asks for exact matches.
    center_columns
        Subtract each neuron's mean on the rows of the fit first. True, as in netrep, where
        `center` of all other functions here is False.
    ridge
        λ of the residuals and of the weights, as for `spectrum`: a number, "auto" or None. Two
        equal neurons then have the residual √(λ / (1 + λ)), so `eps` must be at least that.

    Examples
    --------
    >>> import numpy as np
    >>> from spanmatch.pipelines import SubspaceMetric
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((500, 4))
    >>> SubspaceMetric(eps=0.2).fit_score(x, x @ rng.standard_normal((4, 4)) + 3)
    0.0
    >>> SubspaceMetric(eps=0.2).fit_score(x, rng.standard_normal((500, 4)))
    1.0
    """

    def __init__(
        self, eps: float = 0.5, *, center_columns: bool = True, ridge: Ridge = None
    ) -> None:
        self.eps = eps
        self.center_columns = center_columns
        self.ridge = ridge
        self._fitted: FittedMatch | None = None

    def fit(self, X: Samples, Y: Samples) -> SubspaceMetric:  # noqa: N803
        """Find the match of two sides.

        Parameters
        ----------
        X, Y
            Samples × neurons, of shape (samples, n_x) and (samples, n_y), as `spectrum` takes them.
            The widths may differ: nothing is padded.

        Returns
        -------
        SubspaceMetric
            Itself.

        Raises
        ------
        TypeError, ValueError
            As `spectrum`; `eps` is no real number in [0, 1).

        Warns
        -----
        UndersampledWarning, RidgeWarning
            As `spectrum`.
        """
        self._fitted = FittedMatch.of(
            _read(X, "X"),
            _read(Y, "Y"),
            eps=self.eps,
            center=self.center_columns,
            ridge=self.ridge,
        )
        return self

    def score(self, X: Samples, Y: Samples) -> float:  # noqa: N803
        """Return the distance on these rows, by the match and the weights of the fit.

        Parameters
        ----------
        X, Y
            As for `fit`, of any rows.

        Returns
        -------
        float
            In [0, 1].

        Raises
        ------
        TypeError, ValueError
            `fit` has not been called; the sides have other widths than those of the fit, other
            counts of rows, or values that are not finite.
        """
        return 1.0 - self._fitted_match.find_similarity(_read(X, "X"), _read(Y, "Y"))

    def fit_score(self, X: Samples, Y: Samples) -> float:  # noqa: N803
        """Return 1 − s(ε): `fit`, then `score` on the same rows."""
        return self.fit(X, Y).score(X, Y)

    def transform_X(self, X: Samples) -> Floats:  # noqa: N802, N803
        """Predict the y of the match from X: an array of shape (samples, len(y of the match))."""
        return self._fitted_match.predict_y(_read(X, "X"))

    def transform_Y(self, Y: Samples) -> Floats:  # noqa: N802, N803
        """Return the y of the match as they are, in the columns of `transform_X`."""
        return self._fitted_match.select_y(_read(Y, "Y"))

    def transform(self, X: Samples, Y: Samples) -> tuple[Floats, Floats]:  # noqa: N803
        """Return `transform_X` and `transform_Y`: two arrays with the same columns."""
        return self.transform_X(X), self.transform_Y(Y)

    @property
    def _fitted_match(self) -> FittedMatch:
        if self._fitted is None:
            raise ValueError("the metric is not fitted: call fit(X, Y) first")
        return self._fitted


@overload
def pairwise_distances(
    metric: Metric, traindata: Sequence[Samples], testdata: None = None, verbose: bool = False
) -> Floats: ...
@overload
def pairwise_distances(
    metric: Metric,
    traindata: Sequence[Samples],
    testdata: Sequence[Samples],
    verbose: bool = False,
) -> tuple[Floats, Floats]: ...


def pairwise_distances(
    metric: Metric,
    traindata: Sequence[Samples],
    testdata: Sequence[Samples] | None = None,
    verbose: bool = False,
) -> Floats | tuple[Floats, Floats]:
    """Measure all pairs of a list of networks, as netrep's function of this name does.

    Parameters
    ----------
    metric
        A `SubspaceMetric`, or anything with `fit(X, Y)` and `score(X, Y)`.
    traindata
        One array of samples × neurons for each network, on the same inputs.
    testdata
        As many arrays, of other inputs: distances are measured there too, by what was fitted to
        `traindata`.
    verbose
        Show a bar on standard error. Needs `rich`.

    Returns
    -------
    array or tuple
        The distances on `traindata`, of shape (networks, networks): symmetric, and 0 on the
        diagonal, which is not measured. With `testdata` a tuple: these, and those on `testdata`.

    Raises
    ------
    ValueError
        `testdata` has another length than `traindata`.

    Examples
    --------
    >>> import numpy as np
    >>> from spanmatch.pipelines import SubspaceMetric, pairwise_distances
    >>> x = np.random.default_rng(0).standard_normal((500, 4))
    >>> pairwise_distances(SubspaceMetric(eps=0.2), [x, x[:, ::-1], x[:, :2]]).round(2)
    array([[0.  , 0.  , 0.33],
           [0.  , 0.  , 0.33],
           [0.33, 0.33, 0.  ]])
    """
    data = [traindata] if testdata is None else [traindata, testdata]
    if len(data[-1]) != len(traindata):
        raise ValueError(
            f"testdata has {len(data[-1])} arrays, and traindata {len(traindata)}: one each for "
            "every network"
        )
    count = len(traindata)
    found = np.zeros((len(data), count, count))
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    with show_progress("Measuring pairs", verbose) as report:
        for done, (i, j) in enumerate(pairs, start=1):
            metric.fit(traindata[i], traindata[j])
            for distances, arrays in zip(found, data, strict=True):
                distances[i, j] = distances[j, i] = metric.score(arrays[i], arrays[j])
            if report is not None:
                report(done, len(pairs))
    return found[0] if testdata is None else (found[0], found[1])


def _read(samples: Samples, side: str) -> Floats:
    return widen(as_samples(samples, side))
