"""numpy's decompositions and solver, which Ctrl-C can interrupt if they take long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.interruptible import run_interruptibly

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.results.result import Floats

SMALL = 200 * 200  # A matrix with at most this many entries takes some hundredths of a second.


def decompose_symmetric(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues in rising order, and the eigenvectors as columns."""
    values, vectors = _call(np.linalg.eigh, matrix)
    return values, vectors


def find_eigenvalues(matrix: Floats) -> Floats:
    """Return the eigenvalues of a symmetric matrix in rising order."""
    values: Floats = _call(np.linalg.eigvalsh, matrix)
    return values


def find_singular_values(matrix: Floats) -> Floats:
    """Return the singular values in falling order."""
    values: Floats = _call(np.linalg.svd, matrix, compute_uv=False)
    return values


def decompose(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Return U, the singular values in falling order, and Vᵀ, in their reduced form."""
    u, values, vt = _call(np.linalg.svd, matrix, full_matrices=False)
    return u, values, vt


def orthonormalise(matrix: Floats) -> tuple[Floats, Floats]:
    """Return Q and R in their reduced form."""
    q, r = _call(np.linalg.qr, matrix)
    return q, r


def solve(matrix: Floats, right: Floats) -> Floats:
    """Return the solution of the linear system."""
    solution: Floats = _call(np.linalg.solve, matrix, right)
    return solution


def _call(function: Callable[..., Any], matrix: Floats, *args: Floats, **kwargs: bool) -> Any:
    if matrix.size <= SMALL:
        return function(matrix, *args, **kwargs)
    return run_interruptibly(function, matrix, *args, **kwargs)
