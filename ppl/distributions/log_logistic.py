"""LogLogistic(scale, shape)

Its logarithm is Logistic(log scale, 1 / shape); `scale` is the median. Survival with proportional odds.
log p(x) = log(shape / x) + s - 2 log(1 + exp(s)) with s = shape log(x / scale), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 23.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log_expit, softplus
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import positive


def log_prob(x: Array, scale: Array, shape: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        s = shape * log_ratio(x, scale)
        return np.log(shape) - np.log(x) - (s + 2.0 * softplus(-s))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, scale: Array, shape: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.exp(rng.logistic(size=size) / shape)


def log_cdf(x: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_expit(shape * log_ratio(x, scale)))


def log_sf(x: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_expit(shape * log_ratio(scale, x)))


def oracle(x: Any, scale: Any, shape: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    head = mp.log(shape / scale) + (shape - 1) * mp.log(x / scale)
    return head - 2 * mp.log(1 + (x / scale) ** shape)


def mean(scale: Array, shape: Array) -> Array:
    """scale b / sin b with b = pi / shape, infinite for shape <= 1."""
    light = shape > 1
    b = onp.pi / np.where(light, shape, 2.0)
    return np.where(light, scale * b / np.sin(b), np.inf)


def variance(scale: Array, shape: Array) -> Array:
    """Infinite for 1 < shape <= 2, NaN for shape <= 1."""
    light = shape > 2
    b = onp.pi / np.where(light, shape, 3.0)
    square = scale**2 * (2.0 * b / np.sin(2.0 * b) - (b / np.sin(b)) ** 2)
    return np.where(light, square, np.where(shape > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("scale", positive), Parameter("shape", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0, "shape": 6.0},
        {"scale": onp.array([[0.01], [200.0]]), "shape": onp.array([0.6, 1.5, 8.0])},
    ),
)
