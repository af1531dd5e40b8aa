"""The language's linear algebra: matrices on the last two axes, vectors on the last, all else is batch."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from ppl.numerics.linalg import cholesky, diagonal

Array = Any

__all__ = ["cholesky", "diag", "diagonal", "inverse", "logdet", "outer", "solve", "transpose"]


def inverse(matrix: Array) -> Array:
    """Inverse matrix."""
    return np.linalg.inv(matrix)


def logdet(matrix: Array) -> Array:
    """Log of the absolute determinant."""
    return np.linalg.slogdet(matrix)[1]


def transpose(matrix: Array) -> Array:
    """Rows and columns exchanged."""
    return np.swapaxes(matrix, -1, -2)


def diag(vector: Array) -> Array:
    """Matrix with a vector on its diagonal."""
    return vector[..., None] * np.eye(vector.shape[-1])


def solve(matrix: Array, vector: Array) -> Array:
    """The y with matrix @ y = vector."""
    return np.linalg.solve(matrix, vector[..., None])[..., 0]


def outer(left: Array, right: Array) -> Array:
    """Matrix of all products."""
    return left[..., :, None] * right[..., None, :]
