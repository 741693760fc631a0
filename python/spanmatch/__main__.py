"""`python -m spanmatch`, which torchrun too can start: `torchrun -m spanmatch compare …`."""

import os
import sys

# Python puts the current folder first. What lies there under the name of a library is not to run
# in its place: modules of the user's own are found there by `package.module:factory` alone.
if sys.path[:1] in ([""], [os.getcwd()]) and not getattr(sys.flags, "safe_path", False):  # noqa: PTH109
    del sys.path[0]

from spanmatch.cli import main

main()
