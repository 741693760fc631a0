"""Subspace matches behind the interfaces that other packages expect.

`fitted_match` is what all stand on: a match that is found on some rows and judged on others. Each
other module is named for the package whose interface it has: `scikit_learn` an estimator, `netrep`
a metric, `similarity_repository` a function of two representations. scikit-learn alone is imported
by its module, and only when its name is asked for.
"""

from typing import TYPE_CHECKING

from spanmatch.pipelines.netrep import SubspaceMetric, pairwise_distances
from spanmatch.pipelines.similarity_repository import subspace_similarity

if TYPE_CHECKING:
    from spanmatch.pipelines.scikit_learn import SubspaceMatch

__all__ = ["SubspaceMatch", "SubspaceMetric", "pairwise_distances", "subspace_similarity"]


def __getattr__(name: str) -> object:
    if name != "SubspaceMatch":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from spanmatch.pipelines.scikit_learn import SubspaceMatch
    except ImportError as error:
        message = "SubspaceMatch needs scikit-learn 1.6 or newer: pip install 'scikit-learn>=1.6'"
        raise ImportError(message, name=error.name) from error
    return SubspaceMatch


def __dir__() -> list[str]:
    return __all__
