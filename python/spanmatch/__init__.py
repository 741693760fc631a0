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

if TYPE_CHECKING:
    from spanmatch.base.errors import (
        DeviceError,
        FileError,
        FolderInUseError,
        RaisedResolutionWarning,
        RidgeWarning,
        UndefinedWarning,
        UndersampledWarning,
    )
    from spanmatch.base.threads import set_num_threads
    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.many.many_comparison import ManyComparison
    from spanmatch.comparison.storage import load, save
    from spanmatch.pair.activation_set import ActivationSet
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.rows import as_rows
    from spanmatch.pair.sparse import sparse_rows
    from spanmatch.results.calibration import Calibration
    from spanmatch.results.interval import Interval
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.match import Match
    from spanmatch.results.measures import Measures
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.one_to_one import OneToOne
    from spanmatch.results.residuals import Residuals
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.results.structure import LinearMap, Support
    from spanmatch.solve.calibrate import calibrate
    from spanmatch.solve.gulp_distance import gulp_distance
    from spanmatch.solve.held_out import held_out
    from spanmatch.solve.intervals import interval
    from spanmatch.solve.linear_map import linear_map
    from spanmatch.solve.matches import maximum_match, residuals, spectrum
    from spanmatch.solve.measures import debiased_linear_cka, linear_cka, measures
    from spanmatch.solve.nulls import null_spectra, p_value
    from spanmatch.solve.one_to_one import align_neurons, one_to_one
    from spanmatch.solve.ridge_cca import ridge_cca
    from spanmatch.solve.sets import is_match, is_simple, minimum_for
    from spanmatch.solve.shape_distance import shape_distance
    from spanmatch.solve.soft_matching import soft_matching
    from spanmatch.solve.structure import minimum_match, simple_matches, support

__all__ = [
    "ActivationPair",
    "ActivationSet",
    "Calibration",
    "Comparison",
    "DeviceError",
    "FileError",
    "FolderInUseError",
    "Interval",
    "LayerAnswer",
    "LinearMap",
    "ManyComparison",
    "Match",
    "MatchSpectrum",
    "Measures",
    "NullSpectra",
    "OneToOne",
    "RaisedResolutionWarning",
    "Residuals",
    "RidgeWarning",
    "Support",
    "UndefinedWarning",
    "UndersampledWarning",
    "__version__",
    "align_neurons",
    "as_rows",
    "calibrate",
    "debiased_linear_cka",
    "gulp_distance",
    "held_out",
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
    "one_to_one",
    "p_value",
    "residuals",
    "ridge_cca",
    "save",
    "set_num_threads",
    "shape_distance",
    "simple_matches",
    "soft_matching",
    "sparse_rows",
    "spectrum",
    "support",
]

# The module of each name. A name is imported when it is first used, so that `import spanmatch`
# stays quick.
_MODULES = {
    "ActivationPair": "pair.pair",
    "ActivationSet": "pair.activation_set",
    "Calibration": "results.calibration",
    "Comparison": "comparison.comparison",
    "DeviceError": "base.errors",
    "FileError": "base.errors",
    "FolderInUseError": "base.errors",
    "Interval": "results.interval",
    "LayerAnswer": "results.layer_answer",
    "LinearMap": "results.structure",
    "ManyComparison": "comparison.many.many_comparison",
    "Match": "results.match",
    "MatchSpectrum": "results.spectrum",
    "Measures": "results.measures",
    "NullSpectra": "results.nulls",
    "OneToOne": "results.one_to_one",
    "RaisedResolutionWarning": "base.errors",
    "Residuals": "results.residuals",
    "RidgeWarning": "base.errors",
    "Support": "results.structure",
    "UndefinedWarning": "base.errors",
    "UndersampledWarning": "base.errors",
    "align_neurons": "solve.one_to_one",
    "as_rows": "pair.rows",
    "calibrate": "solve.calibrate",
    "debiased_linear_cka": "solve.measures",
    "gulp_distance": "solve.gulp_distance",
    "held_out": "solve.held_out",
    "interval": "solve.intervals",
    "is_match": "solve.sets",
    "is_simple": "solve.sets",
    "linear_cka": "solve.measures",
    "linear_map": "solve.linear_map",
    "load": "comparison.storage",
    "maximum_match": "solve.matches",
    "measures": "solve.measures",
    "minimum_for": "solve.sets",
    "minimum_match": "solve.structure",
    "null_spectra": "solve.nulls",
    "one_to_one": "solve.one_to_one",
    "p_value": "solve.nulls",
    "residuals": "solve.matches",
    "ridge_cca": "solve.ridge_cca",
    "save": "comparison.storage",
    "set_num_threads": "base.threads",
    "shape_distance": "solve.shape_distance",
    "simple_matches": "solve.structure",
    "soft_matching": "solve.soft_matching",
    "sparse_rows": "pair.sparse",
    "spectrum": "solve.matches",
    "support": "solve.structure",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
