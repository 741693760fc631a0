"""numpy's decompositions, which Ctrl-C can leave where they take long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.interruptible import run_interruptibly

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.results.result import Floats

SMALL = 200 * 200  # entries of a matrix that takes some hundredths of a second at most


def decompose_symmetric(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues, rising, and the eigenvectors, as columns."""
    values, vectors = _call(np.linalg.eigh, matrix)
    return values, vectors


def find_eigenvalues(matrix: Floats) -> Floats:
    """Return the eigenvalues of a symmetric matrix, rising."""
    values: Floats = _call(np.linalg.eigvalsh, matrix)
    return values


def find_singular_values(matrix: Floats) -> Floats:
    """Return the singular values, falling."""
    values: Floats = _call(np.linalg.svd, matrix, compute_uv=False)
    return values


def decompose(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Return U, the singular values, falling, and Vᵀ, none larger than it has to be."""
    u, values, vt = _call(np.linalg.svd, matrix, full_matrices=False)
    return u, values, vt


def orthonormalise(matrix: Floats) -> tuple[Floats, Floats]:
    """Return Q and R, with as many columns and rows as the shorter side of the matrix."""
    q, r = _call(np.linalg.qr, matrix)
    return q, r


def solve(matrix: Floats, right: Floats) -> Floats:
    """Return what the matrix maps to the right side."""
    solution: Floats = _call(np.linalg.solve, matrix, right)
    return solution


def _call(function: Callable[..., Any], matrix: Floats, *args: Floats, **kwargs: bool) -> Any:
    if matrix.size <= SMALL:
        return function(matrix, *args, **kwargs)
    return run_interruptibly(function, matrix, *args, **kwargs)
