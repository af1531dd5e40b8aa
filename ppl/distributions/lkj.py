"""LKJ(concentration)

A correlation matrix R whose density is proportional to det(R)^(concentration - 1): 1 is uniform, more favours weak
correlations. As a prior inside of a covariance prefer LKJCholesky, which is cheaper and says the same.
log p(R) = (concentration - 1) log det R less the log normaliser, that of LKJCholesky
Source: Lewandowski, Kurowicka & Joe, Journal of Multivariate Analysis 100 (2009), sec. 3.
A density in the entries below the diagonal.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, lkj_cholesky
from ppl.numerics.linalg import cholesky, diagonal, half_logdet
from ppl.supports.continuous import positive
from ppl.supports.matrices import TOLERANCE, correlation


def log_prob(x: Array, concentration: Array) -> Array:
    """Log density, R (..., K, K) -> (...)."""
    size = np.shape(x)[-1]
    factor = cholesky(x)
    ones = np.all(np.abs(diagonal(x) - 1.0) <= TOLERANCE, axis=-1)
    symmetric = np.all(np.abs(x - np.swapaxes(x, -1, -2)) <= TOLERANCE, axis=(-1, -2))
    inside = ones & symmetric & np.isfinite(factor[..., 0, 0])
    factor = np.where(inside[..., None, None], factor, onp.eye(size))
    power = 2.0 * (concentration - 1.0)
    value = power * half_logdet(factor) - lkj_cholesky.log_normaliser(concentration, size)
    return np.where(inside, value, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], concentration: Array) -> Any:
    """Draws of the given shape."""
    factor = lkj_cholesky.sample(rng, shape, concentration)
    product = onp.matmul(factor, onp.swapaxes(factor, -1, -2))
    product[..., onp.arange(shape[-1]), onp.arange(shape[-1])] = 1.0
    return product


def oracle(x: Any, concentration: Any) -> Any:
    """The source's normaliser, by betas of partial correlations (equation 16), in mpmath."""
    import mpmath as mp

    size, total = len(x), mp.mpf(0)
    for k in range(1, size):
        b = concentration + mp.mpf(size - k - 1) / 2
        total += (2 * concentration - 2 + size - k) * (size - k) * mp.log(2)
        total += (size - k) * (2 * mp.loggamma(b) - mp.loggamma(2 * b))
    det = mp.det(mp.matrix([list(row) for row in x]))
    return (concentration - 1) * mp.log(det) - total


distribution = Distribution(
    forms=((Parameter("concentration", positive),),),
    support=correlation,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    examples=(
        {"concentration": 2.0},
        {"concentration": onp.array([0.8, 1.0, 30.0])},
    ),
)
