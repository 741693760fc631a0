"""Singular values, their sum, and left singular vectors, at half the cost of a decomposition."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.solve.decompositions import (
    decompose,
    decompose_symmetric,
    find_eigenvalues,
    find_singular_values,
    orthonormalise,
)

if TYPE_CHECKING:
    from spanmatch.results.result import Floats

# Singular values below this part of the largest are computed again: as roots of eigenvalues of
# A Aᵀ they lose digits in proportion to the inverse of this part.
SMALL = 1e-2
# The relative error allowed for the sum of singular values.
SUM_ERROR = 5e-11
ROUNDING = 2.0**-53  # The relative rounding error of float64.
SAFETY = 4.0


def decompose_left(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the left singular vectors, as columns, and the singular values in falling order.

    Their number is that of the shorter side of the matrix. Errors are about 100 u of the largest
    value, as in an SVD. An SVD of a square matrix also finds the right vectors, and takes nearly
    twice as long.
    """
    rows, columns = matrix.shape
    if rows > columns:
        basis, square = orthonormalise(matrix)
        vectors, values = _decompose_wide(square)
        return basis @ vectors, values
    return _decompose_wide(matrix)


def sum_singular(matrix: Floats, tolerance: float = SUM_ERROR) -> float:
    """Return the sum of the singular values, to this relative error.

    The singular values are the roots of the eigenvalues of A Aᵀ, which take half the work of an
    SVD. The error of an eigenvalue is about √n u σ_1², with n the longer side (at most n u σ_1²;
    Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis", SIAM Journal on
    Scientific Computing 2019), and the error of its root is this over σ. The bound used here is
    four times as large. If it exceeds the tolerance, because many σ are small beside σ_1, an SVD of
    A is used.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    if wide.size == 0:
        return 0.0
    squares = find_eigenvalues(wide @ wide.T).clip(0.0)
    if squares[-1] == 0.0:
        return 0.0
    error = SAFETY * sqrt(wide.shape[1]) * ROUNDING * squares[-1]
    values = np.sqrt(squares)
    total = float(values.sum())
    if error * float((1.0 / np.sqrt(np.maximum(squares, error))).sum()) <= tolerance * total:
        return total
    return float(find_singular_values(matrix).sum())


def _decompose_wide(matrix: Floats) -> tuple[Floats, Floats]:
    # Rounding mixes the eigenvectors of A Aᵀ for σ_i and σ_k by about u σ_1² / |σ_i² - σ_k²|. So
    # vᵀ A, whose length is σ, is accurate for large σ, and small σ are well separated from these.
    _, vectors = decompose_symmetric(matrix @ matrix.T)
    turned = vectors.T @ matrix
    values = np.sqrt(np.einsum("ij,ij->i", turned, turned))
    small = values < SMALL * values.max(initial=0.0)
    if small.any():
        again, values[small], _ = decompose(turned[small])
        vectors[:, small] = vectors[:, small] @ again
    order = np.argsort(-values, kind="stable")
    return vectors[:, order], values[order]
