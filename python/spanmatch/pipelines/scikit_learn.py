"""A subspace match as an estimator of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, TransformerMixin
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_array,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from spanmatch.pipelines.fitted_match import FittedMatch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spanmatch.base.arguments import Ridge
    from spanmatch.results.residuals import Residuals
    from spanmatch.results.result import Floats


class SubspaceMatch(TransformerMixin, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """The maximum match of two sides, found on some rows and judged on others.

    `fit` finds the match M(ε) of `X` and `y`, and the weights by which each side of it predicts the
    other. `score` judges the match on any rows by these weights. The estimator is shaped like
    `sklearn.cross_decomposition.CCA`: it takes two matrices, and `y` stands in the place of a
    target. So it can be cloned, be a step of a `Pipeline`, or be searched by `GridSearchCV`.

    Parameters
    ----------
    eps
        The largest residual a neuron of the match may have, in [0, 1); 0 asks for exact matches.
    center
        Subtract each neuron's mean on the rows of the fit first.
    ridge
        λ of the residuals and of the weights, as for `spectrum`: a number, "auto" or None.

    Attributes
    ----------
    spectrum_
        `MatchSpectrum` of the rows of the fit: every ε, whatever `eps` is.
    match_
        `Match`, the maximum match at `eps`.
    linear_map_
        `LinearMap`, the weights by which each side of the match predicts the other.
    n_features_in_
        How many neurons X has.
    feature_names_in_
        Its column names, if X was a DataFrame whose columns are all named by texts.

    Notes
    -----
    Three methods judge the match on rows of the caller's choice, by the weights of the fit:

    - `residuals` is the relative residual of every neuron, as `held_out` has it: √(Σ error² / Σ
      energy), without a penalty, 1 for a neuron outside the match.
    - `similarity` is the part of all neurons that are in the match and within ε there. On the rows
      of the fit that is s(ε), the maximum matching similarity of the paper.
    - `score` is (1 − ε) times that similarity, so that a larger ε has to pay for itself.

    Without the factor the largest ε would always win, since more neurons lie within a wider bound.
    With it `score` is the area of a rectangle under the curve s(ε), from ε to 1, so it never
    exceeds the area under the curve. A match that does not hold on other rows scores 0, and a match
    at an ε near 1 scores little.

    Examples
    --------
    >>> import numpy as np
    >>> from spanmatch.pipelines import SubspaceMatch
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 4))
    >>> y = np.column_stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], rng.standard_normal(1000)])
    >>> model = SubspaceMatch(eps=0.2).fit(x[:500], y[:500])
    >>> model.match_.x, model.match_.y
    (array([0, 1]), array([0, 1]))
    >>> round(model.similarity(x[500:], y[500:]), 4), round(model.score(x[500:], y[500:]), 4)
    (0.5714, 0.4571)
    """

    def __init__(self, eps: float = 0.5, *, center: bool = False, ridge: Ridge = None) -> None:
        self.eps = eps
        self.center = center
        self.ridge = ridge

    def fit(self, X: ArrayLike, y: ArrayLike) -> SubspaceMatch:  # noqa: N803
        """Find the match of two sides, and the weights between them.

        Parameters
        ----------
        X
            Samples × neurons of one side, of shape (samples, n_x).
        y
            The same samples × neurons of the other side, of shape (samples, n_y); of shape
            (samples,) for a single neuron.

        Returns
        -------
        SubspaceMatch
            Itself.

        Raises
        ------
        TypeError, ValueError
            An argument is refused as by `spectrum`; scikit-learn refuses an array, since it is
            sparse, not finite, or has another number of rows.

        Warns
        -----
        UndersampledWarning, RidgeWarning
            As `spectrum`.
        """
        in_x, in_y = self._check_sides(X, y, reset=True)
        self._fitted = FittedMatch.of(
            in_x, in_y, eps=self.eps, center=self.center, ridge=self.ridge
        )
        self.spectrum_ = self._fitted.spectrum
        self.match_ = self._fitted.match
        self.linear_map_ = self._fitted.linear_map
        self._n_features_out = self.match_.y.size
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Predict the neurons of y in the match from X, in their own units.

        Parameters
        ----------
        X
            Samples × neurons, of shape (samples, n_x).

        Returns
        -------
        array
            Of shape (samples, `len(match_.y)`): a column for each y of the match, in its order.
        """
        return self._fitted_match.predict_y(self._check_x(X))

    def predict(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Predict all neurons of y from X; a neuron outside the match gets its mean.

        Parameters
        ----------
        X
            Samples × neurons, of shape (samples, n_x).

        Returns
        -------
        array
            Of the shape of y. The columns of `match_.y` hold what `transform` returns; the others
            hold their mean on the rows of the fit, or 0 without `center`.
        """
        fitted = self._fitted_match
        x = self._check_x(X)
        found = np.tile(fitted.means[1], (len(x), 1))
        found[:, fitted.match.y] = fitted.predict_y(x)
        return found[:, 0] if self._is_one_neuron else found

    def residuals(self, X: ArrayLike, y: ArrayLike) -> Residuals:  # noqa: N803
        """Return the relative residual of every neuron on these rows, by the weights of the fit.

        Parameters
        ----------
        X, y
            As for `fit`, of any rows.

        Returns
        -------
        Residuals
            `.x` of shape (n_x,) and `.y` of shape (n_y,). It is 1 for a neuron outside the match,
            above 1 if the prediction is worse than none, and nan if the neuron is silent on these
            rows.
        """
        fitted = self._fitted_match
        return fitted.find_residuals(*self._check_sides(X, y))

    def similarity(self, X: ArrayLike, y: ArrayLike) -> float:  # noqa: N803
        """Return the part of all neurons that are in the match and within ε on these rows.

        Parameters
        ----------
        X, y
            As for `fit`, of any rows.

        Returns
        -------
        float
            In [0, 1]. On the rows of the fit it is s(ε); on other rows, the part that carries over.
        """
        fitted = self._fitted_match
        return fitted.find_similarity(*self._check_sides(X, y))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:  # noqa: N803
        """Return (1 − ε) times the similarity on these rows, which a search over ε maximises.

        Parameters
        ----------
        X, y
            As for `fit`, of any rows.

        Returns
        -------
        float
            In [0, 1], and at most `spectrum_.area`, whatever the rows.
        """
        return (1.0 - self._fitted_match.match.eps) * self.similarity(X, y)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[Any]:
        """Return the names of what `transform` returns: "y" and the column in y, such as "y12".

        Parameters
        ----------
        input_features
            The names of X. scikit-learn asks for them; they are checked, and not used.

        Returns
        -------
        array
            Of shape (`len(match_.y)`,).
        """
        match = self._fitted_match.match
        _check_feature_names_in(self, input_features, generate_names=False)
        return np.array([f"y{column}" for column in match.y], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # it counts neurons that match
        return tags

    @property
    def _fitted_match(self) -> FittedMatch:
        check_is_fitted(self)
        return self._fitted

    def _check_x(self, x: ArrayLike) -> Floats:
        check_is_fitted(self)
        return np.asarray(validate_data(self, x, reset=False, dtype=np.float64))

    def _check_sides(
        self, x: ArrayLike, y: ArrayLike, *, reset: bool = False
    ) -> tuple[Floats, Floats]:
        """Return both sides as float64 of two axes.

        Raises ValueError if they differ in their number of rows, or in width from the fit.
        """
        in_x = validate_data(self, x, reset=reset, dtype=np.float64, ensure_min_samples=2)
        if y is None:
            raise ValueError("SubspaceMatch requires y to be passed, but the target y is None")
        in_y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        if reset:
            self._is_one_neuron = in_y.ndim == 1
        if in_y.ndim == 1:
            in_y = in_y[:, None]
        check_consistent_length(in_x, in_y)
        return in_x, in_y
