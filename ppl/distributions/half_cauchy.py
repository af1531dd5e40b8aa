"""HalfCauchy(scale)

The absolute value of a Cauchy(0, scale); `scale` is its median, and it has no mean.
log p(x) = log(2 / pi) - log scale - log(1 + (x / scale)²), for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 16;
as a prior for scales: Gelman (2006), Bayesian Analysis 1(3).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.adjoints import elementwise
from ppl.numerics.masks import minus_inf_outside, pull_inside, zero_outside
from ppl.numerics.student import log1p_square, log_cauchy_cdf, log_half_cauchy_cdf
from ppl.supports.continuous import nonnegative, positive

LOG_2 = 0.6931471805599453
LOG_2_OVER_PI = -0.4515827052894548


def log_prob(x: Array, scale: Array) -> Array:
    """Log density."""
    return minus_inf_outside(
        x >= 0, x, 1.0, lambda x: -log1p_square(x / scale) - (np.log(scale) - LOG_2_OVER_PI)
    )


def _by_x(g: Array, _ans: Array, x: Array, scale: Array) -> Array:
    r = x / scale
    return -g * (2.0 * r / (1.0 + r * r)) / scale


def _by_scale(g: Array, _ans: Array, x: Array, scale: Array) -> Array:
    r = x / scale
    return g * (2.0 * r / (1.0 + r * r)) * x / scale**2 - g / scale


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.tan(onp.pi / 2 * rng.random(shape))


def log_cdf(x: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_half_cauchy_cdf(x / scale))


def log_sf(x: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: LOG_2 + log_cauchy_cdf(-x / scale))


def oracle(x: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(2 / mp.pi) - mp.log(scale) - mp.log(1 + (x / scale) ** 2)


distribution = Distribution(
    forms=((Parameter("scale", positive),),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    pullbacks={("scale",): pull_inside(lambda x: x >= 0, 1.0, elementwise(_by_x, _by_scale))},
    examples=(
        {"scale": 5.0},
        {"scale": onp.array([1e-3, 2.5, 400.0])},
    ),
)
