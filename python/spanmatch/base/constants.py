"""Numbers by which the package and its core must go alike."""

RESOLUTION = 1e-6
"""δ of the regularised span, where the number of neurons calls for no more."""

EXACT = 100.0
"""A residual counts as exact up to so many δ: coefficients of norm 100 at most."""

TOLERANCE = 1e-7
"""What a residual may be above ε, so that rounding does not decide."""

FIRST_ROWS = 64
"""So many rows, the first of a Gram, give the shift that all its rows are kept less."""

OVERFLOW_MARGIN = 16.0
"""Columns stay so small that this times the rows times their largest square is a float64."""

BLOCK_ROWS = 480
"""So many rows are added to the sums at once; more are summed apart and added afterwards."""
