"""Singular values and left singular vectors at half the cost of a whole decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spanmatch.results.result import Floats

# Below this part of the largest, singular values are found again: eigenvalues of A Aᵀ are their
# squares, whose digits are lost by the inverse of this part.
SMALL = 1e-2


def decompose_left(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the left singular vectors, as columns, and the singular values, falling.

    As many as the shorter side of the matrix, with errors of about 100 u of the largest value, as
    an SVD has them; but an SVD of a square matrix, which finds the right vectors too, takes nearly
    twice as long.
    """
    rows, columns = matrix.shape
    if rows > columns:
        basis, square = np.linalg.qr(matrix)
        vectors, values = _decompose_wide(square)
        return basis @ vectors, values
    return _decompose_wide(matrix)


def _decompose_wide(matrix: Floats) -> tuple[Floats, Floats]:
    # The eigenvectors u of A Aᵀ mix those of σ_i and σ_k by about u σ_1² / |σ_i² - σ_k²|. So uᵀ A,
    # whose length is σ, is good where σ is large, and the small ones are well apart from those.
    _, vectors = np.linalg.eigh(matrix @ matrix.T)
    turned = vectors.T @ matrix
    values = np.sqrt(np.einsum("ij,ij->i", turned, turned))
    small = values < SMALL * values.max(initial=0.0)
    if small.any():
        again, values[small], _ = np.linalg.svd(turned[small], full_matrices=False)
        vectors[:, small] = vectors[:, small] @ again
    order = np.argsort(-values, kind="stable")
    return vectors[:, order], values[order]
