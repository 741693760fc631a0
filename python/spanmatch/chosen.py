"""A question about chosen neurons of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from spanmatch.arguments import as_center, as_eps, as_index
from spanmatch.pair import ActivationPair, gram_of
from spanmatch.sampling import warn_if_undersampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from spanmatch import _core
    from spanmatch.results import Indices
    from spanmatch.samples import Samples

Answer = TypeVar("Answer")


def ask_of_set(
    question: Callable[[_core.Gram, float, Indices, Indices, bool], Answer],
    x: Samples | ActivationPair,
    y: Samples | None,
    *,
    eps: float,
    x_index: ArrayLike,
    y_index: ArrayLike,
    center: bool,
) -> Answer:
    """Check the arguments of the public function that calls this, and ask the core."""
    eps, center = as_eps(eps), as_center(center)
    chosen_x, chosen_y = as_index(x_index, "x_index"), as_index(y_index, "y_index")
    gram = gram_of(x, y)
    answer = question(gram, eps, chosen_x, chosen_y, center)
    warn_if_undersampled(gram.n_samples, max(chosen_x.size, chosen_y.size), depth=2)
    return answer
