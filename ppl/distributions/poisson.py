"""Poisson(rate) | Poisson(log_rate=)

Counts of events that come singly and independently, `rate` of them on average.
log p(x) = x log rate - rate - log x!, for x = 0, 1, 2, ...
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 4.
Evaluated in saddle-point form, by the deviance of x from the rate: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.adjoints import elementwise as elementwise_pullback
from ppl.numerics.count_deviance import count_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.incomplete import log_gammainc, log_gammaincc
from ppl.numerics.masks import minus_inf_outside, pull_inside
from ppl.numerics.saddle_point import factorial_remainder
from ppl.supports.continuous import nonnegative, real
from ppl.supports.discrete import nonnegative_integer

SMALLEST_LOG = -700.0  # below, exp is on its way to 0 and the deviance is taken from the logarithm


def _rate_slope(_ans: Array, x: Array, rate: Array) -> Array:
    return np.where(rate == 0, np.where(x == 0, 1.0, 0.0), 1.0 - x / np.where(rate == 0, 1.0, rate))


def _rate_deviance(x: Array, rate: Array) -> Array:
    rate = onp.asarray(rate, dtype=float)
    return count_deviance(x, rate, rate - x)


def _log_rate_deviance(x: Array, log_rate: Array) -> Array:
    with onp.errstate(all="ignore"):
        rate = onp.exp(log_rate)
        usual = count_deviance(x, rate, rate - x)
        low = onp.asarray(log_rate) < SMALLEST_LOG
        if not low.any():
            return usual
        return onp.where(low, onp.where(x == 0, rate, x * (onp.log(x) - log_rate) - x + rate), usual)


# Both are x log(x / rate) + rate - x, with the slopes that keep their meaning at a rate of 0.
rate_deviance = elementwise(_rate_deviance, None, _rate_slope)
log_rate_deviance = elementwise(_log_rate_deviance, None, lambda _ans, x, log_rate: np.exp(log_rate) - x)


def log_prob(x: Array, rate: Array = None, log_rate: Array = None) -> Array:
    """Log probability of x."""

    def inside(x: Array) -> Array:
        from_mode = rate_deviance(x, rate) if log_rate is None else log_rate_deviance(x, log_rate)
        return -from_mode - factorial_remainder(x)

    return minus_inf_outside(nonnegative_integer.contains(x), x, 0, inside)


def _by_rate(g: Array, _ans: Array, x: Array, rate: Array) -> Array:
    if not onp.all(rate):
        return -g * _rate_slope(_ans, x, rate)
    return g * (x / rate - 1.0)


def _by_log_rate(g: Array, _ans: Array, x: Array, log_rate: Array) -> Array:
    return g * (x - onp.exp(log_rate))


def _rate(rate: Array, log_rate: Array) -> Array:
    return np.exp(log_rate) if rate is None else rate


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], rate: Array = None, log_rate: Array = None
) -> Any:
    """Draws of the given shape."""
    return rng.poisson(_rate(rate, log_rate), shape)


def mean(rate: Array = None, log_rate: Array = None) -> Array:
    """The rate."""
    return _rate(rate, log_rate)


def log_cdf(x: Array, rate: Array = None, log_rate: Array = None) -> Array:
    """Log of P(X <= x): a gamma variable of x + 1 events comes later than `rate`."""
    return minus_inf_outside(x >= 0, x, 0, lambda x: log_gammaincc(np.floor(x) + 1.0, _rate(rate, log_rate)))


def log_sf(x: Array, rate: Array = None, log_rate: Array = None) -> Array:
    """Log of P(X > x)."""
    below = x < 0
    k = np.floor(np.where(below, 0, x)) + 1.0
    return np.where(below, 0.0, log_gammainc(k, _rate(rate, log_rate)))


def oracle(x: Any, rate: Any = None, log_rate: Any = None) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    m = mp.exp(log_rate) if rate is None else rate
    return (x * mp.log(m) if x else 0) - m - mp.loggamma(x + 1)


distribution = Distribution(
    forms=((Parameter("rate", nonnegative),), (Parameter("log_rate", real),)),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=mean,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    pullbacks={
        (name,): pull_inside(nonnegative_integer.contains, 0, elementwise_pullback(None, by))
        for name, by in (("rate", _by_rate), ("log_rate", _by_log_rate))
    },
    examples=(
        {"rate": 3.5},
        {"log_rate": -0.7},
        {"rate": onp.array([[0.01], [1.0], [40.0]])},
        {"log_rate": onp.array([-3.0, 0.0, 5.0])},
    ),
)
