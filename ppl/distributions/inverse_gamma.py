"""InverseGamma(shape, scale)

Its reciprocal is Gamma(shape, rate = scale).
log p(x) = shape log scale - (shape + 1) log x - scale / x - log Gamma(shape), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 17;
Gelman et al., Bayesian Data Analysis (2013), app. A.
Evaluated in saddle-point form, with the deviance of the shape from scale / x: Loader (2000).
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


def log_prob(x: Array, shape: Array, scale: Array) -> Array:
    """Log density."""
    height = 0.5 * np.log(shape) - (stirling_remainder(shape) + HALF_LOG_2PI)
    return minus_inf_outside(
        x > 0, x, 1.0, lambda x: height - np.log(x) - product_deviance(shape, scale, 1.0 / x)
    )


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return scale / rng.standard_gamma(shape, size)


def log_cdf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_gammaincc(shape, scale / x))


def log_sf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_gammainc(shape, scale / x))


def oracle(x: Any, shape: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return shape * mp.log(scale) - (shape + 1) * mp.log(x) - scale / x - mp.loggamma(shape)


def mean(shape: Array, scale: Array) -> Array:
    """Infinite for shape <= 1."""
    return np.where(shape > 1, scale / np.where(shape > 1, shape - 1.0, 1.0), np.inf)


def variance(shape: Array, scale: Array) -> Array:
    """Infinite for 1 < shape <= 2, NaN for shape <= 1."""
    light = shape > 2
    square = (scale / np.where(light, shape - 1.0, 1.0)) ** 2 / np.where(light, shape - 2.0, 1.0)
    return np.where(light, square, np.where(shape > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("shape", positive), Parameter("scale", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"shape": 5.0, "scale": 1.0},
        {"shape": onp.array([[0.5], [3.0], [3000.0]]), "scale": onp.array([0.01, 2.0])},
    ),
)
