"""The resolution δ of residuals, and the warning if it had to be raised."""

import warnings
from math import sqrt

from spanmatch.base.constants import RESOLUTION
from spanmatch.base.errors import RaisedResolutionWarning

ROUNDING = 2.0**-53  # The relative rounding error of float64.


def find_resolution(n_neurons: int) -> float:
    """Return δ for this number of neurons of both sides. Rounding grows with it.

    >>> find_resolution(2000), round(find_resolution(8192), 9)
    (1e-06, 1.907e-06)
    """
    return max(RESOLUTION, sqrt(4.0 * n_neurons * ROUNDING))


def warn_if_raised(resolution: float, n_neurons: int, *, depth: int = 1) -> None:
    """Warn the caller of the public function, which is `depth` calls above this one.

    This is for functions whose answer does not hold δ. `n_neurons` counts both sides.
    """
    if resolution > find_resolution(n_neurons):
        warnings.warn(
            f"rounding left no answer at the resolution {find_resolution(n_neurons):.3g} of "
            f"{n_neurons} neurons, so it was raised to {resolution:.3g}: residuals of up to 100 "
            "times this count as exact",
            RaisedResolutionWarning,
            stacklevel=depth + 2,
        )
