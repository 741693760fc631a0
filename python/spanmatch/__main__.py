"""`python -m spanmatch`, which torchrun too can start: `torchrun -m spanmatch compare …`."""

from spanmatch.cli import main

main()
