"""HalfNormal(scale)

The absolute value of a Normal(0, scale).
log p(x) = -(x / scale)² / 2 - log scale + log(2 / pi) / 2, for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 13.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.adjoints import elementwise
from ppl.numerics.masks import minus_inf_outside, pull_inside, zero_outside
from ppl.numerics.normal import log_erf, log_phi
from ppl.supports.continuous import nonnegative, positive

LOG_2 = 0.6931471805599453
LOG_ROOT_2_OVER_PI = -0.2257913526447274
ROOT_2_OVER_PI = 0.7978845608028654
ROOT_HALF = 0.7071067811865476


def log_prob(x: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        r = x / scale
        return -0.5 * (r * r) - (np.log(scale) - LOG_ROOT_2_OVER_PI)

    return minus_inf_outside(x >= 0, x, 1.0, density)


def _by_x(g: Array, _ans: Array, x: Array, scale: Array) -> Array:
    return -g * (x / scale) / scale


def _by_scale(g: Array, _ans: Array, x: Array, scale: Array) -> Array:
    r = x / scale
    return g * r * x / scale**2 - g / scale


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.abs(rng.standard_normal(shape))


def log_cdf(x: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_erf(x / scale * ROOT_HALF))


def log_sf(x: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: LOG_2 + log_phi(-x / scale))


def oracle(x: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -((x / scale) ** 2) / 2 - mp.log(scale) + mp.log(2 / mp.pi) / 2


distribution = Distribution(
    forms=((Parameter("scale", positive),),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=lambda scale: scale * ROOT_2_OVER_PI,
    variance=lambda scale: scale**2 * (1.0 - ROOT_2_OVER_PI**2),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    pullbacks={("scale",): pull_inside(lambda x: x >= 0, 1.0, elementwise(_by_x, _by_scale))},
    examples=(
        {"scale": 1.0},
        {"scale": onp.array([1e-3, 2.5, 400.0])},
    ),
)
