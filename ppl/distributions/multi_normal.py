"""MultiNormal(loc, cov) | MultiNormal(loc, chol=) | MultiNormal(loc, precision=)

The Gaussian vector with mean `loc` (one number for all entries, if it likes) and covariance `cov`,
or its lower Cholesky factor `chol`, or its inverse `precision`.
log p(x) = -|L⁻¹ (x - loc)|² / 2 - log det L - N log(2 pi) / 2, with L Lᵀ = cov
Source: Kotz, Balakrishnan & Johnson, Continuous Multivariate Distributions 1 (2000), ch. 45.
A covariance that is singular to working precision gets the jitter of `cholesky`; one that is not positive
definite gives -inf.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.linalg import cholesky, diagonal, half_logdet, normal_energy, solve_lower
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.matrices import cholesky_factor, positive_definite
from ppl.supports.vectors import real_vector


def by_columns(energy: Callable[[Array, Array], Array], matrix: Array, deviation: Array) -> Array:
    """`energy` of all vectors, those that share a matrix being columns beside each other.

    matrix (batch, N, N), deviation (batch, N) -> (batch); energy: (..., N, N), (..., N, K) -> (..., K).
    """
    shared, batch = np.shape(matrix)[:-2], np.shape(deviation)[:-1]
    shared = (1,) * (len(batch) - len(shared)) + shared
    batch = (1,) * (len(shared) - len(batch)) + batch
    split = len(batch)  # axes from here on are rows of data under one matrix
    while split and shared[split - 1] == 1:
        split -= 1
    size = np.shape(deviation)[-1]
    columns = np.swapaxes(np.reshape(deviation, (*batch[:split], prod(batch[split:]), size)), -1, -2)
    energies = energy(np.reshape(matrix, (*shared[:split], size, size)), columns)
    return np.reshape(energies, (*np.shape(energies)[:-1], *batch[split:]))


def _chol_energy(factor: Array, columns: Array) -> Array:
    white = solve_lower(factor, columns)
    return np.sum(white * white, axis=-2) / 2 + np.expand_dims(half_logdet(factor), -1)


def _precision_energy(precision: Array, columns: Array) -> Array:
    factor = cholesky(precision)
    works = np.isfinite(factor[..., :1, :1])
    factor = np.where(works, factor, onp.eye(np.shape(factor)[-1]))
    turned = np.matmul(np.swapaxes(factor, -1, -2), columns)
    energy = np.sum(turned * turned, axis=-2) / 2 - np.expand_dims(half_logdet(factor), -1)
    return np.where(works[..., 0], energy, np.inf)


def log_prob(x: Array, loc: Array, cov: Array = None, chol: Array = None, precision: Array = None) -> Array:
    """Log density, x (..., N) -> (...)."""
    deviation = x - loc
    if precision is not None:
        energy = by_columns(_precision_energy, precision, deviation)
    elif chol is not None:
        energy = by_columns(_chol_energy, chol, deviation)
    else:
        energy = by_columns(normal_energy, cov, deviation)
    return -energy - np.shape(deviation)[-1] * HALF_LOG_2PI


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    loc: Array,
    cov: Array = None,
    chol: Array = None,
    precision: Array = None,
) -> Any:
    """Draws of the given shape."""
    noise = rng.standard_normal(shape)[..., None]
    if precision is not None:
        return loc + solve_lower(cholesky(precision), noise, transposed=True)[..., 0]
    return loc + onp.matmul(cholesky(cov) if chol is None else chol, noise)[..., 0]


def mean(loc: Array, cov: Array = None, chol: Array = None, precision: Array = None) -> Array:
    """`loc`, once per entry."""
    return loc + 0.0 * variance(loc, cov, chol, precision)


def variance(loc: Array, cov: Array = None, chol: Array = None, precision: Array = None) -> Array:
    """The diagonal of the covariance."""
    if cov is not None:
        return diagonal(cov) + 0.0 * loc
    if chol is not None:
        return np.sum(chol**2, axis=-1) + 0.0 * loc
    return diagonal(np.linalg.inv(precision)) + 0.0 * loc


def oracle(x: Any, loc: Any, cov: Any = None, chol: Any = None, precision: Any = None) -> Any:
    """The book's formula by a general inverse and determinant, in mpmath."""
    import mpmath as mp

    deviation = mp.matrix([xi - li for xi, li in zip(x, loc, strict=True)])
    given = next(matrix for matrix in (cov, chol, precision) if matrix is not None)
    inner = mp.matrix([list(row) for row in given])
    if chol is not None:
        inner = inner * inner.T
    if precision is None:
        inner = mp.inverse(inner)
    log_det = -mp.log(mp.det(inner))
    return -((deviation.T * inner * deviation)[0] + log_det + len(x) * mp.log(2 * mp.pi)) / 2


distribution = Distribution(
    forms=tuple(
        (Parameter("loc", real_vector, 1), Parameter(name, support, 2))
        for name, support in (
            ("cov", positive_definite),
            ("chol", cholesky_factor),
            ("precision", positive_definite),
        )
    ),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    location_scale=(LocationScale("loc", "cov"), LocationScale("loc", "chol")),
    examples=(
        {"loc": onp.array([1.0, -2.0]), "cov": onp.array([[2.0, 0.6], [0.6, 0.5]])},
        {"loc": onp.array([[0.0, 0.0], [3.0, 1.0]]), "chol": onp.array([[1.0, 0.0], [-0.7, 0.2]])},
        {
            "loc": onp.array([0.5, 0.0]),
            "precision": onp.array([[[2.0, 0.6], [0.6, 0.5]], [[1.0, 0.0], [0.0, 9.0]]]),
        },
    ),
)
