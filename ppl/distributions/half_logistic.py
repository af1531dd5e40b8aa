"""HalfLogistic(scale)

The absolute value of a Logistic(0, scale); mean scale log 4.
log p(x) = log 2 - r - 2 log(1 + exp(-r)) - log scale with r = x / scale, for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), sec. 23.10.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp, softplus
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.supports.continuous import nonnegative, positive

LOG_2 = 0.6931471805599453


def log_prob(x: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        r = x / scale
        return -(r + 2.0 * softplus(-r)) - (np.log(scale) - LOG_2)

    return minus_inf_outside(x >= 0, x, 1.0, density)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.abs(rng.logistic(size=shape))


def log_cdf(x: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log1mexp(x / scale) - softplus(-x / scale))


def log_sf(x: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: LOG_2 - softplus(x / scale))


def oracle(x: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    r = x / scale
    return mp.log(2) - r - 2 * mp.log1p(mp.exp(-r)) - mp.log(scale)


distribution = Distribution(
    forms=((Parameter("scale", positive),),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=lambda scale: scale * (2.0 * LOG_2),
    variance=lambda scale: scale**2 * (onp.pi**2 / 3.0 - (2.0 * LOG_2) ** 2),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0},
        {"scale": onp.array([1e-3, 2.5, 400.0])},
    ),
)
