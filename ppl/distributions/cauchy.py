"""Cauchy(loc, scale)

Centre `loc`, half-width at half height `scale`; it has no mean.
log p(x) = -log pi - log scale - log(1 + ((x - loc) / scale)²)
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 16.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.student import LOG_PI, log1p_square, log_cauchy_cdf
from ppl.supports.continuous import positive, real


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    return -log1p_square((x - loc) / scale) - (np.log(scale) + LOG_PI)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.standard_cauchy(shape)


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return log_cauchy_cdf((x - loc) / scale)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return log_cauchy_cdf((loc - x) / scale)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -mp.log(mp.pi) - mp.log(scale) - mp.log(1 + ((x - loc) / scale) ** 2)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 1.0, 30.0])},
    ),
)
