"""Laplace(loc, scale)

The double exponential, with mean `loc` and variance 2 scale².
log p(x) = -|x - loc| / scale - log(2 scale)
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 24.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.supports.continuous import positive, real

LOG_2 = 0.6931471805599453


def _log_tail(r: Array) -> Array:
    left = r < 0
    below = np.where(left, r, 0.0) - LOG_2
    return np.where(left, below, np.log1p(-0.5 * np.exp(-np.where(left, 0.0, r))))


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    return -np.abs((x - loc) / scale) - (np.log(scale) + LOG_2)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.laplace(size=shape)


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_tail((x - loc) / scale)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return _log_tail((loc - x) / scale)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -abs(x - loc) / scale - mp.log(2 * scale)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + 0.0 * scale,
    variance=lambda loc, scale: 2.0 * scale**2 + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 1.0, 30.0])},
    ),
)
