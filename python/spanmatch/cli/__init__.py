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
            # The import takes a while, and a signal may come during it.
            from spanmatch.cli.program import app

            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, TextIOWrapper):
                    # Print ? for letters that the terminal's encoding lacks.
                    stream.reconfigure(errors="replace")
            app()
    except (ImportError, MemoryError, RuntimeError) as error:
        # Commands handle their own errors, so this error came before a command began.
        if not is_out_of_memory(error):
            raise
        sys.exit(f"error: out of memory: {error}")
