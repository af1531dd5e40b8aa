"""MultiStudentT(df, loc, cov) | MultiStudentT(df, loc, chol=)

The Gaussian vector with heavy tails: `cov` is its scale matrix (its covariance is df / (df - 2) times that), or
`chol` the lower Cholesky factor of it.
log p(x) = log Gamma((df + K) / 2) - log Gamma(df / 2) - K/2 log(df pi) - log det L - (df + K) / 2 log(1 + q / df)
with q = |L⁻¹ (x - loc)|² and L Lᵀ = cov
Source: Kotz & Nadarajah, Multivariate t Distributions and Their Applications (2004), ch. 1.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.distributions.multi_normal import by_columns
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.linalg import cholesky, diagonal, half_logdet, solve_lower
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive
from ppl.supports.matrices import cholesky_factor, positive_definite
from ppl.supports.vectors import real_vector

LOG_PI = 1.1447298858494002


def _square(factor: Array, columns: Array) -> Array:
    white = solve_lower(factor, columns)
    return np.sum(white * white, axis=-2)


def log_prob(x: Array, df: Array, loc: Array, cov: Array = None, chol: Array = None) -> Array:
    """Log density, x (..., K) -> (...)."""
    factor = cholesky(cov) if chol is None else chol
    deviation = x - loc
    half = 0.5 * np.shape(deviation)[-1]
    works = np.isfinite(factor[..., 0, 0])
    factor = np.where(works[..., None, None], factor, onp.eye(np.shape(factor)[-1]))
    height = gammaln(half) - lbeta(0.5 * df, half) - half * (np.log(df) + LOG_PI) - half_logdet(factor)
    value = height - (0.5 * df + half) * np.log1p(by_columns(_square, factor, deviation) / df)
    return np.where(works, value, -np.inf)


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    df: Array,
    loc: Array,
    cov: Array = None,
    chol: Array = None,
) -> Any:
    """Draws of the given shape."""
    noise = onp.matmul(cholesky(cov) if chol is None else chol, rng.standard_normal(shape)[..., None])[..., 0]
    width = onp.sqrt(df / rng.chisquare(df, shape[:-1]))
    return loc + noise * width[..., None]


def mean(df: Array, loc: Array, cov: Array = None, chol: Array = None) -> Array:
    """`loc`, once per entry, and NaN where there is none."""
    entries = diagonal(cov if chol is None else chol)
    return np.where(np.expand_dims(df, -1) > 1, loc + 0.0 * entries, np.nan)


def variance(df: Array, loc: Array, cov: Array = None, chol: Array = None) -> Array:
    """The diagonal of the covariance: infinite for 1 < df <= 2, NaN for df <= 1."""
    scale = (np.sum(chol**2, axis=-1) if cov is None else diagonal(cov)) + 0.0 * loc
    df = np.expand_dims(df, -1)
    heavy = np.where(df > 1, np.inf, np.nan)
    return np.where(df > 2, scale * (df / np.where(df > 2, df - 2.0, 1.0)), heavy)


def oracle(x: Any, df: Any, loc: Any, cov: Any = None, chol: Any = None) -> Any:
    """The book's formula by a general inverse and determinant, in mpmath."""
    import mpmath as mp

    size = len(x)
    deviation = mp.matrix([xi - li for xi, li in zip(x, loc, strict=True)])
    inner = mp.matrix([list(row) for row in (cov if chol is None else chol)])
    if chol is not None:
        inner = inner * inner.T
    square = (deviation.T * mp.inverse(inner) * deviation)[0]
    height = mp.loggamma((df + size) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) * size / 2
    return height - mp.log(mp.det(inner)) / 2 - (df + size) / 2 * mp.log1p(square / df)


distribution = Distribution(
    forms=tuple(
        (Parameter("df", positive), Parameter("loc", real_vector, 1), Parameter(name, support, 2))
        for name, support in (("cov", positive_definite), ("chol", cholesky_factor))
    ),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    location_scale=(LocationScale("loc", "cov"), LocationScale("loc", "chol")),
    examples=(
        {"df": 5.0, "loc": onp.array([1.0, -2.0]), "cov": onp.array([[2.0, 0.6], [0.6, 0.5]])},
        {
            "df": onp.array([0.8, 40.0]),
            "loc": onp.array([[0.0, 0.0], [3.0, 1.0]]),
            "chol": onp.array([[1.0, 0.0], [-0.7, 0.2]]),
        },
    ),
)
