"""Gumbel(loc, scale)

The largest of many: the limit law of maxima with exponential tails; mean loc + 0.5772 scale.
log p(x) = -r - exp(-r) - log scale with r = (x - loc) / scale
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 22.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.supports.continuous import positive, real


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    r = (x - loc) / scale
    return -(r + np.exp(-r)) - np.log(scale)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.gumbel(size=shape)


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return -np.exp((loc - x) / scale)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return log1mexpexp((loc - x) / scale)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    r = (x - loc) / scale
    return -r - mp.exp(-r) - mp.log(scale)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + onp.euler_gamma * scale,
    variance=lambda loc, scale: (onp.pi * scale) ** 2 / 6.0 + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 1.0, 30.0])},
    ),
)
