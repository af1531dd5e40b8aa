"""LKJCholesky(concentration)

The lower Cholesky factor L of a correlation matrix R = L Lᵀ whose density is proportional to
det(R)^(concentration - 1): 1 is uniform over correlation matrices, more favours weak correlations.
log p(L) = sum over rows i = 2..K of (K - i + 2 (concentration - 1)) log L_ii, less the log normaliser,
sum over k = 1..K - 1 of k log(pi) / 2 + log Gamma(c + (K - 1 - k) / 2) - log Gamma(c + (K - 1) / 2);
a density in the entries below the diagonal.
Source: Lewandowski, Kurowicka & Joe, Journal of Multivariate Analysis 100 (2009), sec. 3; Stan Functions
Reference, "Cholesky LKJ correlation distribution".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import Box

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.linalg import diagonal
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive
from ppl.supports.matrices import correlation_cholesky

LOG_PI = 1.1447298858494002


def log_normaliser(concentration: Array, size: int) -> Array:
    """log of the integral of det(R)^(concentration - 1) over correlation matrices R of `size` rows."""
    # The ratios of gammas are beta functions, which keep their digits when the concentration is large.
    k = onp.arange(1.0, size)
    ratios = lbeta(np.expand_dims(concentration, -1) + (size - 1 - k) / 2.0, k / 2.0)
    return np.sum(ratios, axis=-1) + onp.sum(k * LOG_PI / 2.0 - gammaln(k / 2.0))


def log_prob(x: Array, concentration: Array) -> Array:
    """Log density, x (..., K, K) -> (...)."""
    inside = correlation_cholesky.contains(x)
    size = np.shape(x)[-1]
    powers = size - onp.arange(2.0, size + 1) + 2.0 * (np.expand_dims(concentration, -1) - 1.0)
    normaliser = log_normaliser(concentration, size)
    if isinstance(x, Box) or not onp.all(inside):
        x = np.where(inside[..., None, None], x, onp.eye(size))
    lengths = diagonal(x)[..., 1:]
    # A power of 0 is no reason to forget the logarithm (`xlogy` would): it is the slope by the concentration.
    flat = lengths == 0
    logs = powers * np.log(np.where(flat, 1.0, lengths))
    edge = np.where(powers > 0, -np.inf, np.where(powers < 0, np.inf, 0.0))
    return np.where(inside, np.sum(np.where(flat, edge, logs), axis=-1) - normaliser, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], concentration: Array) -> Any:
    """Draws of the given shape, row by row: a direction, and the share of the unit length that goes there."""
    size = shape[-1]
    factor = onp.zeros(shape)
    factor[..., 0, 0] = 1.0
    for row in range(1, size):
        direction = rng.standard_normal((*shape[:-2], row))
        direction /= onp.sqrt(onp.sum(direction**2, axis=-1, keepdims=True))
        rest = rng.beta(concentration + (size - 1 - row) / 2.0, row / 2.0, shape[:-2])
        factor[..., row, :row] = direction * onp.sqrt(1.0 - rest)[..., None]
        factor[..., row, row] = onp.sqrt(rest)
    return factor


def oracle(x: Any, concentration: Any) -> Any:
    """Row i is a point of the unit ball in i - 1 dimensions with density (1 - |u|²)^(b - 1), in mpmath."""
    import mpmath as mp

    size, total = len(x), mp.mpf(0)
    for row in range(1, size):
        b = concentration + mp.mpf(size - 1 - row) / 2
        rest = 1 - mp.fsum(x[row][column] ** 2 for column in range(row))
        volume = mp.mpf(row) / 2 * mp.log(mp.pi) + mp.loggamma(b) - mp.loggamma(b + mp.mpf(row) / 2)
        total += (b - 1) * mp.log(rest) - volume
    return total


distribution = Distribution(
    forms=((Parameter("concentration", positive),),),
    support=correlation_cholesky,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    examples=(
        {"concentration": 2.0},
        {"concentration": onp.array([0.5, 1.0, 30.0])},
    ),
)
