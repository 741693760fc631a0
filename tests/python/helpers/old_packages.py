"""What some tests need and the oldest packages that are allowed cannot do."""

from __future__ import annotations

import sys

import numpy as np
import pytest

LIMITED_MEMORY = pytest.mark.skipif(
    sys.platform != "linux" or np.lib.NumpyVersion(np.__version__) < "2.3.5",
    reason="of Linux, and of a numpy whose OpenBLAS does not wait for memory for ever",
)
