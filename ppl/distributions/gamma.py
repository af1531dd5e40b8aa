"""Gamma(shape, rate)

Mean shape / rate, variance shape / rate².
log p(x) = shape log rate + (shape - 1) log x - rate x - log Gamma(shape), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 17.
Evaluated in saddle-point form, with the deviance of the shape from rate x: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.incomplete import log_gammainc, log_gammaincc
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import HALF_LOG_2PI, product_deviance, stirling_remainder
from ppl.supports.continuous import positive


def log_prob(x: Array, shape: Array, rate: Array) -> Array:
    """Log density."""
    height = 0.5 * np.log(shape) - (stirling_remainder(shape) + HALF_LOG_2PI)
    return minus_inf_outside(x > 0, x, 1.0, lambda x: height - np.log(x) - product_deviance(shape, rate, x))


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, rate: Array) -> Any:
    """Draws of the given shape."""
    return rng.standard_gamma(shape, size) / rate


def log_cdf(x: Array, shape: Array, rate: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_gammainc(shape, rate * x))


def log_sf(x: Array, shape: Array, rate: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_gammaincc(shape, rate * x))


def oracle(x: Any, shape: Any, rate: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return shape * mp.log(rate) + (shape - 1) * mp.log(x) - rate * x - mp.loggamma(shape)


distribution = Distribution(
    forms=((Parameter("shape", positive), Parameter("rate", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda shape, rate: shape / rate,
    variance=lambda shape, rate: shape / rate**2,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"shape": 2.0, "rate": 1.0},
        {"shape": onp.array([[0.3], [1.0], [3000.0]]), "rate": onp.array([0.01, 2.0])},
    ),
)
