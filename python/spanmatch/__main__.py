"""`python -m spanmatch`, which torchrun can start too: `torchrun -m spanmatch compare …`."""

import os
import sys

# Python searches the current folder first, but a file there with the name of a library must not
# run in its place. Only `package.module:factory` finds the user's own modules there.
if sys.path[:1] in ([""], [os.getcwd()]) and not getattr(sys.flags, "safe_path", False):  # noqa: PTH109
    del sys.path[0]

from spanmatch.cli import main

main()
