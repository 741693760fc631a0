"""The command line.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted by SIGINT, 143 ended by SIGTERM.
"""

import sys
from io import TextIOWrapper

from spanmatch.base.memory import is_out_of_memory
from spanmatch.cli.signals import ending_by_signals


def main() -> None:
    """Run the command that the arguments name."""
    try:
        with ending_by_signals():
            # What takes a while to import: a signal may come meanwhile.
            from spanmatch.cli.program import app

            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, TextIOWrapper):
                    # Rather a ? for an ε than no table.
                    stream.reconfigure(errors="replace")
            app()
    except (ImportError, MemoryError, RuntimeError) as error:
        # Of the command itself `translate_errors` tells: here none has begun.
        if not is_out_of_memory(error):
            raise
        sys.exit(f"error: out of memory: {error}")
