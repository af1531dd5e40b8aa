"""Exponential(rate)

Waiting times with mean 1 / rate.
log p(x) = log rate - rate x, for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 19.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.adjoints import elementwise
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside, pull_inside, zero_outside
from ppl.supports.continuous import nonnegative, positive


def log_prob(x: Array, rate: Array) -> Array:
    """Log density."""
    return minus_inf_outside(x >= 0, x, 1.0, lambda x: np.log(rate) - rate * x)


def _by_x(g: Array, _ans: Array, _x: Array, rate: Array) -> Array:
    return -rate * g


def _by_rate(g: Array, _ans: Array, x: Array, rate: Array) -> Array:
    return g / rate - x * g


def sample(rng: onp.random.Generator, shape: tuple[int, ...], rate: Array) -> Any:
    """Draws of the given shape."""
    return rng.standard_exponential(shape) / rate


def log_cdf(x: Array, rate: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log1mexp(-rate * x))


def log_sf(x: Array, rate: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: -rate * x)


def oracle(x: Any, rate: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(rate) - rate * x


distribution = Distribution(
    forms=((Parameter("rate", positive),),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=lambda rate: 1.0 / rate,
    variance=lambda rate: 1.0 / rate**2,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    pullbacks={("rate",): pull_inside(lambda x: x >= 0, 1.0, elementwise(_by_x, _by_rate))},
    examples=(
        {"rate": 1.0},
        {"rate": onp.array([1e-3, 2.5, 400.0])},
    ),
)
