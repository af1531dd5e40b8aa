"""Pareto(scale, shape)

Power tails beyond a least value, `scale`: P(X > x) = (scale / x)^shape.
log p(x) = log shape + shape log scale - (shape + 1) log x, for x >= scale
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 20.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import greater_than, positive


def log_prob(x: Array, scale: Array, shape: Array) -> Array:
    """Log density."""
    return minus_inf_outside(
        x >= scale, x, scale, lambda x: np.log(shape) - np.log(x) - shape * log_ratio(x, scale)
    )


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, scale: Array, shape: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.exp(rng.standard_exponential(size) / shape)


def log_cdf(x: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > scale, x, 2.0 * scale, lambda x: log1mexp(shape * log_ratio(x, scale)))


def log_sf(x: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > scale, x, 2.0 * scale, lambda x: -shape * log_ratio(x, scale))


def oracle(x: Any, scale: Any, shape: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(shape) + shape * mp.log(scale) - (shape + 1) * mp.log(x)


def mean(scale: Array, shape: Array) -> Array:
    """Infinite for shape <= 1."""
    return np.where(shape > 1, scale * shape / np.where(shape > 1, shape - 1.0, 1.0), np.inf)


def variance(scale: Array, shape: Array) -> Array:
    """Infinite for 1 < shape <= 2, NaN for shape <= 1."""
    light = shape > 2
    square = (scale / np.where(light, shape - 1.0, 1.0)) ** 2 * shape / np.where(light, shape - 2.0, 1.0)
    return np.where(light, square, np.where(shape > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("scale", positive), Parameter("shape", positive)),),
    support=greater_than,
    ends=lambda scale, shape: (scale,),
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0, "shape": 3.0},
        {"scale": onp.array([[0.01], [200.0]]), "shape": onp.array([0.5, 1.5, 30.0])},
    ),
)
