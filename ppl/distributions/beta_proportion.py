"""BetaProportion(mean, concentration)

Beta by its mean: Beta(mean concentration, (1 - mean) concentration); variance mean (1 - mean) / (1 + concentration).
log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b) with those a and b, for x in [0, 1]
Source: Ferrari & Cribari-Neto (2004), Journal of Applied Statistics 31(7); Stan Functions Reference,
"Beta proportion distribution".
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, beta
from ppl.supports.continuous import positive, unit_interval


def _shapes(mean: Array, concentration: Array) -> tuple[Array, Array]:
    return mean * concentration, (1.0 - mean) * concentration


def log_prob(x: Array, mean: Array, concentration: Array) -> Array:
    """Log density."""
    return beta.log_prob(x, *_shapes(mean, concentration))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], mean: Array, concentration: Array) -> Any:
    """Draws of the given shape."""
    return beta.sample(rng, shape, *_shapes(mean, concentration))


def log_cdf(x: Array, mean: Array, concentration: Array) -> Array:
    """Log of P(X <= x)."""
    return beta.log_cdf(x, *_shapes(mean, concentration))


def log_sf(x: Array, mean: Array, concentration: Array) -> Array:
    """Log of P(X > x)."""
    return beta.log_sf(x, *_shapes(mean, concentration))


def oracle(x: Any, mean: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    a, b = mean * concentration, (1 - mean) * concentration
    left = (a - 1) * mp.log(x) if a != 1 else 0
    right = (b - 1) * mp.log1p(-x) if b != 1 else 0
    return left + right - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


distribution = Distribution(
    forms=((Parameter("mean", unit_interval), Parameter("concentration", positive)),),
    support=unit_interval,
    log_prob=log_prob,
    sample=sample,
    mean=lambda mean, concentration: mean + 0.0 * concentration,
    variance=lambda mean, concentration: mean * (1.0 - mean) / (1.0 + concentration),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"mean": 0.4, "concentration": 5.0},
        {"mean": onp.array([[0.1], [0.5], [0.9]]), "concentration": onp.array([6.0, 30.0, 4000.0])},
    ),
)
