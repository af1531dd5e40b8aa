"""GeneralizedGamma(shape, scale, power)

(x / scale)^power is Gamma(shape, 1): Gamma for power = 1, Weibull for shape = 1, half-normal for
shape = 1/2 and power = 2.
log p(x) = log power - log x + shape s - exp(s) - log Gamma(shape) with s = power log(x / scale), for x > 0
Source: Stacy (1962), Annals of Mathematical Statistics 33; Johnson, Kotz & Balakrishnan 1 (1994), sec. 17.8.7.
Evaluated in saddle-point form, with the deviance of the shape from exp(s): Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.deviance import deviance, log_ratio
from ppl.numerics.elementwise import elementwise
from ppl.numerics.incomplete import log_gammainc, log_gammaincc
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import HALF_LOG_2PI, stirling_remainder
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive

SMALLEST_LOG = -600.0  # below, exp is on its way to 0 and the deviance is taken from the logarithm


def _log_deviance(a: Array, s: Array) -> Array:
    with onp.errstate(all="ignore"):
        m = onp.exp(s)
        return onp.where(onp.asarray(s) < SMALLEST_LOG, a * (onp.log(a) - s - 1.0) + m, deviance(a, m))


def _by_shape(_ans: Array, a: Array, s: Array) -> Array:
    usual = np.abs(s) < -SMALLEST_LOG
    return np.where(usual, log_ratio(a, np.exp(np.where(usual, s, 0.0))), np.log(a) - s)


# The deviance of a from exp(s).
log_deviance = elementwise(_log_deviance, _by_shape, lambda _ans, a, s: np.exp(s) - a)


def log_prob(x: Array, shape: Array, scale: Array, power: Array) -> Array:
    """Log density."""
    height = np.log(power) + 0.5 * np.log(shape) - (stirling_remainder(shape) + HALF_LOG_2PI)
    return minus_inf_outside(
        x > 0, x, 1.0, lambda x: height - np.log(x) - log_deviance(shape, power * log_ratio(x, scale))
    )


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, scale: Array, power: Array
) -> Any:
    """Draws of the given shape."""
    return scale * rng.standard_gamma(shape, size) ** (1.0 / onp.asarray(power))


def log_cdf(x: Array, shape: Array, scale: Array, power: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(
        x > 0, x, 1.0, lambda x: log_gammainc(shape, np.exp(power * log_ratio(x, scale)))
    )


def log_sf(x: Array, shape: Array, scale: Array, power: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_gammaincc(shape, np.exp(power * log_ratio(x, scale))))


def oracle(x: Any, shape: Any, scale: Any, power: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    r = x / scale
    return mp.log(power) - mp.log(scale) - mp.loggamma(shape) + (shape * power - 1) * mp.log(r) - r**power


def _log_moment(shape: Array, power: Array, order: float) -> Array:
    return gammaln(shape + order / power) - gammaln(shape)


def mean(shape: Array, scale: Array, power: Array) -> Array:
    """scale Gamma(shape + 1 / power) / Gamma(shape)."""
    return scale * np.exp(_log_moment(shape, power, 1.0))


def variance(shape: Array, scale: Array, power: Array) -> Array:
    """scale² Gamma(shape + 2 / power) / Gamma(shape) less the squared mean."""
    first, second = _log_moment(shape, power, 1.0), _log_moment(shape, power, 2.0)
    return scale**2 * (np.exp(second) * -np.expm1(2.0 * first - second))


distribution = Distribution(
    forms=((Parameter("shape", positive), Parameter("scale", positive), Parameter("power", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"shape": 2.0, "scale": 1.0, "power": 1.5},
        {"shape": onp.array([[0.4], [1.0], [300.0]]), "scale": 20.0, "power": onp.array([0.7, 3.0])},
    ),
)
