"""Dagum(scale, shape, power)

Incomes with P(X <= x) = (1 + (x / scale)^-shape)^-power: a power tail of exponent `shape`, while shape times power says
how few are poor; log-logistic for power = 1, and the reciprocal of a Burr.
log p(x) = log(shape power / x) + power s - (power + 1) log(1 + exp(s)) with s = shape log(x / scale), for x > 0
Source: Dagum (1977), Economie Appliquée 30; Kleiber & Kotz, Statistical Size Distributions in Economics and Actuarial
Sciences (2003), sec. 6.3.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, burr
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.logistic import softplus
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import positive


def log_prob(x: Array, scale: Array, shape: Array, power: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        s = shape * log_ratio(x, scale)
        return np.log(shape) + np.log(power) - np.log(x) - (softplus(s) + power * softplus(-s))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, scale: Array, shape: Array, power: Array
) -> Any:
    """Draws of the given shape."""
    return 1.0 / burr.sample(rng, size, 1.0 / onp.asarray(scale), shape, power)


def log_cdf(x: Array, scale: Array, shape: Array, power: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: -power * softplus(shape * log_ratio(scale, x)))


def log_sf(x: Array, scale: Array, shape: Array, power: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: burr.log_share(shape * log_ratio(scale, x), power))


def _moment(shape: Array, power: Array, order: float) -> Array:
    """E (x / scale)^order = power B(power + order / shape, 1 - order / shape), infinite for shape <= order."""
    light = shape > order
    part = order / np.where(light, shape, 2.0 * order)
    return np.where(light, power * np.exp(lbeta(power + part, 1.0 - part)), np.inf)


def mean(scale: Array, shape: Array, power: Array) -> Array:
    """Infinite for shape <= 1."""
    return scale * _moment(shape, power, 1.0)


def variance(scale: Array, shape: Array, power: Array) -> Array:
    """Infinite for 1 < shape <= 2, NaN for shape <= 1."""
    first, second = _moment(shape, power, 1.0), _moment(shape, power, 2.0)
    return scale**2 * np.where(first < np.inf, second - np.where(first < np.inf, first, 0.0) ** 2, np.nan)


def oracle(x: Any, scale: Any, shape: Any, power: Any) -> Any:
    """The source's formula, in mpmath."""
    import mpmath as mp

    head = mp.log(shape * power / x) + shape * power * mp.log(x / scale)
    return head - (power + 1) * mp.log1p((x / scale) ** shape)


distribution = Distribution(
    forms=((Parameter("scale", positive), Parameter("shape", positive), Parameter("power", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"scale": 1.0, "shape": 5.0, "power": 0.5},
        {
            "scale": onp.array([[0.01], [200.0]]),
            "shape": onp.array([3.0, 9.0, 0.6]),
            "power": onp.array([0.3, 1.0, 3.0]),
        },
    ),
)
