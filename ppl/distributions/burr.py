"""Burr(scale, shape, tail)

Singh and Maddala's: incomes and lifetimes with P(X > x) = (1 + (x / scale)^shape)^-tail, a power tail of exponent
shape times tail; log-logistic for tail = 1.
log p(x) = log(shape tail / x) + s - (tail + 1) log(1 + exp(s)) with s = shape log(x / scale), for x > 0
Source: Burr (1942), Annals of Mathematical Statistics 13, type XII; Kleiber & Kotz, Statistical Size Distributions in
Economics and Actuarial Sciences (2003), sec. 6.2.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.logistic import softplus
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import positive


def log_prob(x: Array, scale: Array, shape: Array, tail: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        s = shape * log_ratio(x, scale)
        return np.log(shape) + np.log(tail) - np.log(x) - (softplus(-s) + tail * softplus(s))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, scale: Array, shape: Array, tail: Array
) -> Any:
    """Draws of the given shape."""
    grown = rng.standard_exponential(size) / tail
    # log(exp(grown) - 1), from the side that does not overflow
    return scale * onp.exp((grown + onp.log(-onp.expm1(-grown))) / shape)


def log_share(s: Array, tail: Array) -> Array:
    """log(1 - (1 + exp(s))^-tail)."""
    tiny = s < -40.0  # log(1 + exp(s)) is exp(s) to the last bit, and may be too small for a float
    return log1mexpexp(np.log(tail) + np.where(tiny, s, np.log(softplus(np.where(tiny, 0.0, s)))))


def log_cdf(x: Array, scale: Array, shape: Array, tail: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_share(shape * log_ratio(x, scale), tail))


def log_sf(x: Array, scale: Array, shape: Array, tail: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: -tail * softplus(shape * log_ratio(x, scale)))


def _moment(shape: Array, tail: Array, order: float) -> Array:
    """E (x / scale)^order = tail B(1 + order / shape, tail - order / shape), infinite where the tail is too heavy."""
    light = shape * tail > order
    part = order / np.where(light, shape, 1.0)
    rest = np.where(light, tail - part, 1.0)
    return np.where(light, tail * np.exp(lbeta(1.0 + part, rest)), np.inf)


def mean(scale: Array, shape: Array, tail: Array) -> Array:
    """Infinite for shape tail <= 1."""
    return scale * _moment(shape, tail, 1.0)


def variance(scale: Array, shape: Array, tail: Array) -> Array:
    """Infinite for shape tail <= 2, NaN where there is no mean."""
    first, second = _moment(shape, tail, 1.0), _moment(shape, tail, 2.0)
    return scale**2 * np.where(first < np.inf, second - np.where(first < np.inf, first, 0.0) ** 2, np.nan)


def oracle(x: Any, scale: Any, shape: Any, tail: Any) -> Any:
    """The source's formula, in mpmath."""
    import mpmath as mp

    head = mp.log(shape * tail / scale) + (shape - 1) * mp.log(x / scale)
    return head - (tail + 1) * mp.log1p((x / scale) ** shape)


distribution = Distribution(
    forms=((Parameter("scale", positive), Parameter("shape", positive), Parameter("tail", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0, "shape": 4.0, "tail": 2.0},
        {
            "scale": onp.array([[0.01], [200.0]]),
            "shape": onp.array([3.0, 8.0, 0.6]),
            "tail": onp.array([5.0, 1.0, 0.5]),
        },
    ),
)
