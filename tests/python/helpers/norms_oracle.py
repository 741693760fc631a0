"""Sums by norms, and debiased CKA, as they are defined: by samples × samples, in long double."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from problems import Floats


def find_norm_products(x: Floats, y: Floats) -> Floats:
    """The products of neurons, and of the squared norms of rows, with these norms."""
    norms = np.column_stack([np.square(side).sum(axis=1) for side in (x, y)])
    found: Floats = np.hstack([x, y, norms]).T @ norms
    return found


def find_debiased_cka(x: Any, y: Any) -> float:
    """Equation 4 of Song et al. 2012, of kernels without their diagonals."""
    k, m = map(_make_kernel, (x, y))
    return float(find_hsic(k, m) / np.sqrt(find_hsic(k, k) * find_hsic(m, m)))


def find_hsic(k: Any, m: Any) -> Any:
    """The unbiased estimate of HSIC of two kernels."""
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
    n = len(k)
    total = (k * m).sum() + k.sum() * m.sum() / ((n - 1) * (n - 2))
    return (total - 2 * (k.sum(axis=0) * m.sum(axis=0)).sum() / (n - 2)) / (n * (n - 3))


def _make_kernel(side: Any) -> Any:
    rows = np.asarray(side, np.longdouble)
    # HSIC_1 does not depend on it, but rounding does. Twice: the mean of large values is rounded.
    for _ in range(2):
        rows = rows - rows.mean(axis=0)
    return rows @ rows.T
