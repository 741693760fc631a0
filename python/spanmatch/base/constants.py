"""Constants that the package shares with its core."""

from spanmatch._core import EXACT, RESOLUTION, TOLERANCE
from spanmatch._core import FIRST as FIRST_ROWS
from spanmatch._core import MARGIN as OVERFLOW_MARGIN

__all__ = ["EXACT", "FIRST_ROWS", "OVERFLOW_MARGIN", "RESOLUTION", "TOLERANCE"]
