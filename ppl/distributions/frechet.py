"""Frechet(shape, scale)

The largest of many with power tails; its reciprocal is Weibull(shape, 1 / scale).
log p(x) = log(shape / scale) - (shape + 1) log(x / scale) - (x / scale)^-shape, for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 22.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive


def log_prob(x: Array, shape: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        log_power = shape * log_ratio(scale, x)
        return np.log(shape) - np.log(x) + (log_power - np.exp(log_power))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * rng.standard_exponential(size) ** (-1.0 / onp.asarray(shape))


def log_cdf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: -np.exp(shape * log_ratio(scale, x)))


def log_sf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log1mexpexp(shape * log_ratio(scale, x)))


def oracle(x: Any, shape: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(shape / scale) - (shape + 1) * mp.log(x / scale) - (x / scale) ** -shape


def mean(shape: Array, scale: Array) -> Array:
    """scale Gamma(1 - 1 / shape), infinite for shape <= 1."""
    light = shape > 1
    return np.where(light, scale * np.exp(gammaln(1.0 - 1.0 / np.where(light, shape, 2.0))), np.inf)


def variance(shape: Array, scale: Array) -> Array:
    """Infinite for 1 < shape <= 2, NaN for shape <= 1."""
    light = shape > 2
    safe = np.where(light, shape, 3.0)
    first, second = gammaln(1.0 - 1.0 / safe), gammaln(1.0 - 2.0 / safe)
    square = scale**2 * (np.exp(second) * -np.expm1(2.0 * first - second))
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
        {"shape": 6.0, "scale": 1.0},
        {"shape": onp.array([[0.6], [1.5], [8.0]]), "scale": onp.array([0.01, 200.0])},
    ),
)
