"""Do two neural networks learn the same representation? Neuron activation subspace matching.

A set of neurons stands for the span of its activation vectors. Two sets, one from each network,
are an ε-match when every neuron of either lies within a relative distance ε of the other's span.
`spectrum` finds, for every neuron, the smallest ε at which it belongs to the maximum match; the
whole similarity curve follows.

>>> import numpy as np
>>> import spanmatch as sm
>>> rng = np.random.default_rng(0)
>>> x = rng.standard_normal((500, 3))
>>> y = x @ np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
>>> sm.spectrum(x, y).similarity(0.0)
1.0
"""

from typing import TYPE_CHECKING

from spanmatch._core import __version__
from spanmatch.joint_gram import DeviceError
from spanmatch.match import is_match, maximum_match, residuals, set_num_threads, spectrum
from spanmatch.pair import ActivationPair
from spanmatch.results import Match, MatchSpectrum, Residuals
from spanmatch.rows import as_rows
from spanmatch.sampling import UndersampledWarning
from spanmatch.tensor_file import FileError

if TYPE_CHECKING:
    from spanmatch.classic import linear_cka, measures
    from spanmatch.classic_result import Measures
    from spanmatch.comparison import Comparison
    from spanmatch.interval_result import Interval
    from spanmatch.intervals import interval
    from spanmatch.null_results import NullSpectra
    from spanmatch.nulls import null_spectra, p_value
    from spanmatch.stitching import linear_map
    from spanmatch.storage import load, save
    from spanmatch.structure import is_simple, minimum_for, minimum_match, simple_matches, support
    from spanmatch.structure_results import LinearMap, Support

__all__ = [
    "ActivationPair",
    "Comparison",
    "DeviceError",
    "FileError",
    "Interval",
    "LinearMap",
    "Match",
    "MatchSpectrum",
    "Measures",
    "NullSpectra",
    "Residuals",
    "Support",
    "UndersampledWarning",
    "__version__",
    "as_rows",
    "interval",
    "is_match",
    "is_simple",
    "linear_cka",
    "linear_map",
    "load",
    "maximum_match",
    "measures",
    "minimum_for",
    "minimum_match",
    "null_spectra",
    "p_value",
    "residuals",
    "save",
    "set_num_threads",
    "simple_matches",
    "spectrum",
    "support",
]


# No program needs all, and `import spanmatch` is to stay quick.
_LATER = {
    "Comparison": "comparison",
    "Interval": "interval_result",
    "LinearMap": "structure_results",
    "Measures": "classic_result",
    "NullSpectra": "null_results",
    "Support": "structure_results",
    "interval": "intervals",
    "is_simple": "structure",
    "linear_cka": "classic",
    "linear_map": "stitching",
    "load": "storage",
    "measures": "classic",
    "minimum_for": "structure",
    "minimum_match": "structure",
    "null_spectra": "nulls",
    "p_value": "nulls",
    "save": "storage",
    "simple_matches": "structure",
    "support": "structure",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def __dir__() -> list[str]:
    return __all__
