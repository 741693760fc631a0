"""The number of threads that the core uses."""

from operator import index

import spanmatch._core as core

MAX_THREADS = 1024  # More are probably a mistake, and would take minutes to start.


def set_num_threads(count: int) -> None:
    """Set the number of threads of the solvers and sums from now on. The default is all cores.

    Results have the same bits at any number of threads.

    Parameters
    ----------
    count
        The number of threads, from 1 to 1,024.

    Raises
    ------
    TypeError, ValueError
        `count` is not an integer, or is out of range.

    Examples
    --------
    >>> set_num_threads(2)
    """
    count = index(count)
    if not 1 <= count <= MAX_THREADS:
        raise ValueError(f"count must be from 1 to {MAX_THREADS}, got {count}")
    core.set_num_threads(count)
