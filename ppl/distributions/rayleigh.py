"""Rayleigh(scale)

The length of a vector of two Normal(0, scale).
log p(x) = log x - 2 log scale - (x / scale)² / 2, for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), sec. 18.10.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import nonnegative, positive

LOG_2 = 0.6931471805599453
ROOT_HALF_PI = 1.2533141373155003


def log_prob(x: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        r = x / scale
        return log_ratio(x, scale) - np.log(scale) - 0.5 * (r * r)

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.sqrt(2.0 * rng.standard_exponential(shape))


def log_cdf(x: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log1mexpexp(2.0 * log_ratio(x, scale) - LOG_2))


def log_sf(x: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: -0.5 * (x / scale) ** 2)


def oracle(x: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(x) - 2 * mp.log(scale) - (x / scale) ** 2 / 2


distribution = Distribution(
    forms=((Parameter("scale", positive),),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=lambda scale: scale * ROOT_HALF_PI,
    variance=lambda scale: scale**2 * (2.0 - onp.pi / 2.0),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0},
        {"scale": onp.array([1e-3, 2.5, 400.0])},
    ),
)
