"""LogNormal(loc, scale)

Its logarithm is Normal(loc, scale).
log p(x) = -((log x - loc) / scale)² / 2 - log x - log scale - log(2 pi) / 2, for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 14.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.normal import log_phi
from ppl.supports.continuous import positive, real


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        log_x = np.log(x)
        return log_gauss(log_x, loc, scale) - log_x

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return onp.exp(loc + scale * rng.standard_normal(shape))


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_phi((np.log(x) - loc) / scale))


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_phi((loc - np.log(x)) / scale))


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -(((mp.log(x) - loc) / scale) ** 2) / 2 - mp.log(x) - mp.log(scale) - mp.log(2 * mp.pi) / 2


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: np.exp(loc + 0.5 * scale**2),
    variance=lambda loc, scale: np.expm1(scale**2) * np.exp(2.0 * loc + scale**2),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.1, 0.5, 1.5])},
    ),
)
