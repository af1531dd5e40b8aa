"""Weibull(shape, scale)

Lifetimes whose hazard goes like x^(shape - 1).
log p(x) = log(shape / scale) + (shape - 1) log(x / scale) - (x / scale)^shape, for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 21.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive


def log_prob(x: Array, shape: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        log_hazard = shape * log_ratio(x, scale)
        return np.log(shape) - np.log(x) + (log_hazard - np.exp(log_hazard))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * rng.standard_exponential(size) ** (1.0 / shape)


def log_cdf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log1mexp(-np.exp(shape * log_ratio(x, scale))))


def log_sf(x: Array, shape: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: -np.exp(shape * log_ratio(x, scale)))


def oracle(x: Any, shape: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(shape / scale) + (shape - 1) * mp.log(x / scale) - (x / scale) ** shape


def mean(shape: Array, scale: Array) -> Array:
    """scale Gamma(1 + 1 / shape)."""
    return scale * np.exp(gammaln(1.0 + 1.0 / shape))


def variance(shape: Array, scale: Array) -> Array:
    """scale² (Gamma(1 + 2 / shape) - Gamma(1 + 1 / shape)²)."""
    first, second = gammaln(1.0 + 1.0 / shape), gammaln(1.0 + 2.0 / shape)
    return scale**2 * (np.exp(second) * -np.expm1(2.0 * first - second))


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
        {"shape": 1.5, "scale": 1.0},
        {"shape": onp.array([[0.6], [1.0], [8.0]]), "scale": onp.array([0.01, 200.0])},
    ),
)
