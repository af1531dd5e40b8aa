"""MatrixNormal(loc, rows, columns) | MatrixNormal(loc, rows, columns, noise=) | MatrixNormal(loc, row_chol=, col_chol=)

A Gaussian on a grid with cov(X_ij, X_kl) = rows_ik columns_jl: one covariance (or its lower Cholesky factor) for each
axis, which is a Gaussian process over both of them with a kernel that is a product. `noise` is the standard deviation
of what each cell has for itself.
log p(X) = -tr(columns⁻¹ Dᵀ rows⁻¹ D) / 2 - M/2 log det rows - N/2 log det columns - N M/2 log(2 pi), D = X - loc
Source: Gupta & Nagar, Matrix Variate Distributions (1999), sec. 2.2; with noise Saatçi, Scalable Inference for
Structured Gaussian Process Models (2011), ch. 5.
The covariance columns ⊗ rows of all N M cells is never formed: the cost is N³ + M³ + N M (N + M), by Cholesky factors,
or with noise by eigenvalues. As in
    K1[i in site, j in site] = gp_exp_quad(x[i], x[j], 1, rho) + (if i == j then 1e-6 else 0)
    y[site, year] ~ MatrixNormal(mu, rows = K1, columns = K2, noise = sigma)
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.kronecker import grid_energy
from ppl.numerics.linalg import cholesky, diagonal, half_logdet, solve_lower
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive
from ppl.supports.matrices import cholesky_factor, positive_definite, real_matrix


def _chol_energy(row_chol: Array, col_chol: Array, deviation: Array) -> Array:
    white = solve_lower(col_chol, np.swapaxes(solve_lower(row_chol, deviation), -1, -2))
    size, other = np.shape(deviation)[-2:]
    return (
        np.sum(white * white, axis=(-1, -2)) / 2
        + other * half_logdet(row_chol)
        + size * half_logdet(col_chol)
    )


def log_prob(
    x: Array,
    loc: Array,
    rows: Array = None,
    columns: Array = None,
    row_chol: Array = None,
    col_chol: Array = None,
    noise: Array = None,
) -> Array:
    """Log density, X (..., N, M) -> (...)."""
    deviation = x - loc
    if noise is not None:
        energy = grid_energy(rows, columns, noise**2, deviation)
    elif row_chol is not None:
        energy = _chol_energy(row_chol, col_chol, deviation)
    else:
        energy = _chol_energy(cholesky(rows), cholesky(columns), deviation)
    return -energy - np.shape(deviation)[-2] * np.shape(deviation)[-1] * HALF_LOG_2PI


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    loc: Array,
    rows: Array = None,
    columns: Array = None,
    row_chol: Array = None,
    col_chol: Array = None,
    noise: Array = None,
) -> Any:
    """Draws of the given shape."""
    left = cholesky(rows) if row_chol is None else row_chol
    right = cholesky(columns) if col_chol is None else col_chol
    smooth = onp.matmul(onp.matmul(left, rng.standard_normal(shape)), onp.swapaxes(right, -1, -2))
    if noise is not None:
        smooth = smooth + onp.reshape(noise, (*onp.shape(noise), 1, 1)) * rng.standard_normal(shape)
    return loc + smooth


def mean(loc: Array, **covariances: Array) -> Array:
    """`loc`, once per cell."""
    return loc + 0.0 * variance(loc, **covariances)


def variance(
    loc: Array,
    rows: Array = None,
    columns: Array = None,
    row_chol: Array = None,
    col_chol: Array = None,
    noise: Array = None,
) -> Array:
    """rows_ii columns_jj, and the noise's."""
    left = np.sum(row_chol**2, axis=-1) if rows is None else diagonal(rows)
    right = np.sum(col_chol**2, axis=-1) if columns is None else diagonal(columns)
    own = 0.0 if noise is None else np.reshape(noise, (*np.shape(noise), 1, 1)) ** 2
    return left[..., :, None] * right[..., None, :] + own + 0.0 * loc


def oracle(
    x: Any,
    loc: Any,
    rows: Any = None,
    columns: Any = None,
    row_chol: Any = None,
    col_chol: Any = None,
    noise: Any = 0,
) -> Any:
    """The Gaussian of all cells, with the whole covariance, in mpmath."""
    import mpmath as mp

    def covariance(given: Any, factor: Any) -> Any:
        matrix = mp.matrix([list(row) for row in (factor if given is None else given)])
        return matrix * matrix.T if given is None else matrix

    left, right = covariance(rows, row_chol), covariance(columns, col_chol)
    cells = [(i, j) for i in range(left.rows) for j in range(right.rows)]
    whole = mp.matrix(len(cells))
    for p, (i, j) in enumerate(cells):
        for q, (k, m) in enumerate(cells):
            whole[p, q] = left[i, k] * right[j, m] + (noise**2 if p == q else 0)
    off = mp.matrix([x[i][j] - loc[i][j] for i, j in cells])
    square = (off.T * mp.inverse(whole) * off)[0]
    return -(square + mp.log(mp.det(whole)) + len(cells) * mp.log(2 * mp.pi)) / 2


_LOC = Parameter("loc", real_matrix, 2, along=(0, 1))
_FACTORS = (
    Parameter("rows", positive_definite, 2, along=(0, 0)),
    Parameter("columns", positive_definite, 2, along=(1, 1)),
)
_ROWS = onp.array([[2.0, 0.6], [0.6, 0.5]])
_COLUMNS = onp.array([[1.0, 0.2, 0.0], [0.2, 3.0, -0.4], [0.0, -0.4, 0.5]])

distribution = Distribution(
    forms=(
        (_LOC, *_FACTORS),
        (_LOC, *_FACTORS, Parameter("noise", positive)),
        (
            _LOC,
            Parameter("row_chol", cholesky_factor, 2, along=(0, 0)),
            Parameter("col_chol", cholesky_factor, 2, along=(1, 1)),
        ),
    ),
    support=real_matrix,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    examples=(
        {"loc": onp.array([[1.0, -2.0, 0.0], [0.0, 0.5, 3.0]]), "rows": _ROWS, "columns": _COLUMNS},
        {
            "loc": onp.zeros((2, 2)),
            "row_chol": onp.array([[[1.0, 0.0], [-0.7, 0.2]], [[3.0, 0.0], [0.1, 2.0]]]),
            "col_chol": onp.array([[0.4, 0.0], [0.3, 0.9]]),
        },
        {
            "loc": onp.array([[0.3, 0.0, -1.0], [0.0, 0.0, 2.0]]),
            "rows": onp.eye(2),
            "columns": _COLUMNS,
            "noise": onp.array([0.3, 2.0]),
        },
    ),
)
