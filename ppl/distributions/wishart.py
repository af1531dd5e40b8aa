"""Wishart(df, scale)

The sum of the outer products of `df` Gaussian vectors of covariance `scale`; mean df scale, for df > K - 1.
log p(X) = (df - K - 1) / 2 log det X - tr(scale⁻¹ X) / 2 - df K / 2 log 2 - df / 2 log det scale - log Gamma_K(df / 2)
Source: Muirhead, Aspects of Multivariate Statistical Theory (1982), Theorem 3.2.1.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.numerics.linalg import cholesky, diagonal, half_logdet, solve_lower
from ppl.numerics.multigamma import log_multigamma
from ppl.supports.continuous import positive
from ppl.supports.matrices import positive_definite

LOG_2 = 0.6931471805599453


def usable(factor: Array, df: Array) -> tuple[Array, Array, Array]:
    """Where there is a density, and factors and degrees of freedom to work with elsewhere."""
    size = np.shape(factor)[-1]
    works = np.isfinite(factor[..., 0, 0]) & (df > size - 1)
    return works, choose(works[..., None, None], factor, onp.eye(size)), choose(works, df, size + 1.0)


def log_prob(x: Array, df: Array, scale: Array) -> Array:
    """Log density, X (..., K, K) -> (...)."""
    size = np.shape(x)[-1]
    inside, factor, df = usable(cholesky(x), df + 0.0 * x[..., 0, 0])
    root = cholesky(scale)
    ratio = solve_lower(root, factor)
    height = df * (0.5 * size * LOG_2 + half_logdet(root)) + log_multigamma(0.5 * df, size)
    value = (df - size - 1.0) * half_logdet(factor) - 0.5 * np.sum(ratio * ratio, axis=(-1, -2)) - height
    return choose(inside, value, -np.inf)


def bartlett(rng: onp.random.Generator, shape: tuple[int, ...], df: Array) -> Any:
    """Lower factors of draws with scale 1: chi variables on the diagonal, Gaussians below. Bartlett (1933)."""
    size = shape[-1]
    factor = onp.tril(rng.standard_normal(shape), -1)
    freedom = onp.expand_dims(df, -1) - onp.arange(size)
    factor[..., onp.arange(size), onp.arange(size)] = onp.sqrt(rng.chisquare(freedom, shape[:-1]))
    return factor


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    factor = onp.matmul(cholesky(scale), bartlett(rng, shape, df))
    return onp.matmul(factor, onp.swapaxes(factor, -1, -2))


def variance(df: Array, scale: Array) -> Array:
    """df (scale_ij² + scale_ii scale_jj), entry by entry."""
    sizes = diagonal(scale)
    return np.reshape(df, (*np.shape(df), 1, 1)) * (scale**2 + sizes[..., :, None] * sizes[..., None, :])


def oracle(x: Any, df: Any, scale: Any) -> Any:
    """The book's formula by a general inverse and determinant, in mpmath."""
    import mpmath as mp

    size = len(x)
    inner, given = (mp.matrix([list(row) for row in matrix]) for matrix in (x, scale))
    product = mp.inverse(given) * inner
    trace = mp.fsum(product[k, k] for k in range(size))
    gammas = mp.log(mp.pi) * size * (size - 1) / 4 + mp.fsum(mp.loggamma((df - j) / 2) for j in range(size))
    height = df * size / 2 * mp.log(2) + df / 2 * mp.log(mp.det(given)) + gammas
    return (df - size - 1) / 2 * mp.log(mp.det(inner)) - trace / 2 - height


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("scale", positive_definite, 2)),),
    support=positive_definite,
    log_prob=log_prob,
    sample=sample,
    mean=lambda df, scale: np.reshape(df, (*np.shape(df), 1, 1)) * scale,
    variance=variance,
    oracle=oracle,
    examples=(
        {"df": 5.0, "scale": onp.array([[2.0, 0.6], [0.6, 0.5]])},
        {
            "df": onp.array([2.5, 40.0]),
            "scale": onp.array([[1.0, 0.2, 0.0], [0.2, 3.0, -0.4], [0.0, -0.4, 0.5]]),
        },
    ),
)
