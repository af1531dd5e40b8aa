"""CAR(loc, tau, alpha, W)

Conditional autoregression on a map: given its neighbours, area i is Gaussian about loc_i + alpha times the weighted
mean of their deviations, with precision tau times the sum of its weights. `W` is the symmetric matrix of weights
(0 or 1 for neighbours); alpha = 0 is independence, alpha = 1 is no longer proper (see ICAR).
log p(x) = K/2 log tau + log det(D - alpha W) / 2 - tau dᵀ (D - alpha W) d / 2 - K/2 log(2 pi), with d = x - loc and D
the diagonal of W's row sums
Source: Besag (1974), Journal of the Royal Statistical Society B 36; Banerjee, Carlin & Gelfand, Hierarchical Modeling
and Analysis for Spatial Data (2014), sec. 4.3.
`W` is data; every area needs a neighbour. log det(D - alpha W) is had from the eigenvalues of D^(-1/2) W D^(-1/2).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import Box

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.linalg import cholesky, half_logdet, solve_lower
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive, unit_interval
from ppl.supports.matrices import adjacency
from ppl.supports.vectors import real_vector

ROUNDING = 1e-13  # to which the largest eigenvalue, 1, is known


def _half_log_det(alpha: Array, W: Array, sums: Array) -> Array:
    """log det(D - alpha W) / 2, and -inf where that is not positive definite."""
    connected = np.all(sums > 0, axis=-1)
    safe = np.where(connected[..., None], sums, 1.0)
    alpha = np.expand_dims(alpha, -1)
    if isinstance(W, Box):  # weights that are not data have no eigenvalues to be worked out once
        matrix = safe[..., None] * onp.eye(np.shape(W)[-1]) - alpha[..., None] * W
        return np.where(connected, half_logdet(cholesky(matrix)), -np.inf)
    root = 1.0 / onp.sqrt(safe)
    left = 1.0 - alpha * onp.linalg.eigvalsh(W * root[..., :, None] * root[..., None, :])
    proper = np.all(left > ROUNDING, axis=-1) & connected
    value = np.sum(np.log(np.where(proper[..., None], left, 1.0)) + np.log(safe), axis=-1)
    return np.where(proper, 0.5 * value, -np.inf)


def log_prob(x: Array, loc: Array, tau: Array, alpha: Array, W: Array) -> Array:
    """Log density, x (..., K) -> (...)."""
    sums = np.sum(W, axis=-1)
    deviation = x - loc
    size = np.shape(deviation)[-1]
    pull = np.matmul(W, deviation[..., None])[..., 0]
    energy = np.sum(deviation * (sums * deviation - np.expand_dims(alpha, -1) * pull), axis=-1)
    half_log_det = _half_log_det(alpha, W, sums)
    value = 0.5 * (size * np.log(tau) - tau * energy) - size * HALF_LOG_2PI + half_log_det
    return np.where(half_log_det > -np.inf, value, -np.inf)


def _precision(tau: Array, alpha: Array, W: Array) -> Any:
    sums = onp.sum(W, axis=-1)[..., None] * onp.eye(onp.shape(W)[-1])
    return onp.reshape(tau, (*onp.shape(tau), 1, 1)) * (
        sums - onp.reshape(alpha, (*onp.shape(alpha), 1, 1)) * W
    )


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, tau: Array, alpha: Array, W: Array
) -> Any:
    """Draws of the given shape."""
    noise = rng.standard_normal(shape)[..., None]
    return loc + solve_lower(cholesky(_precision(tau, alpha, W)), noise, transposed=True)[..., 0]


def mean(loc: Array, tau: Array, alpha: Array, W: Array) -> Array:
    """`loc`, once per area."""
    return loc + 0.0 * variance(loc, tau, alpha, W)


def variance(loc: Array, tau: Array, alpha: Array, W: Array) -> Array:
    """The diagonal of the inverse of tau (D - alpha W)."""
    return onp.diagonal(onp.linalg.inv(_precision(tau, alpha, W)), axis1=-1, axis2=-2) + 0.0 * loc


def oracle(x: Any, loc: Any, tau: Any, alpha: Any, W: Any) -> Any:
    """The source's formula by a general determinant, in mpmath."""
    import mpmath as mp

    size = len(x)
    inner = mp.matrix(size, size)
    for i in range(size):
        for j in range(size):
            inner[i, j] = tau * ((mp.fsum(W[i]) if i == j else 0) - alpha * W[i][j])
    d = mp.matrix([a - b for a, b in zip(x, loc, strict=True)])
    return (mp.log(mp.det(inner)) - (d.T * inner * d)[0] - size * mp.log(2 * mp.pi)) / 2


distribution = Distribution(
    forms=(
        (
            Parameter("loc", real_vector, 1),
            Parameter("tau", positive),
            Parameter("alpha", unit_interval),
            Parameter("W", adjacency, 2),
        ),
    ),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    location_scale=(LocationScale("loc", "tau", power=-0.5),),
    examples=(
        {
            "loc": onp.array([1.0, 0.0, -2.0]),
            "tau": 2.0,
            "alpha": 0.8,
            "W": onp.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]),
        },
        {
            "loc": onp.zeros(3),
            "tau": onp.array([[0.1], [40.0]]),
            "alpha": onp.array([0.3, 0.99]),
            "W": onp.array([[0.0, 1, 2], [1, 0, 0.5], [2, 0.5, 0]]),
        },
    ),
)
