"""Geometric(prob)

Failures before the first success, in independent trials of probability `prob` each; mean (1 - prob) / prob.
log p(x) = log prob + x log(1 - prob), for x = 0, 1, 2, ...
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 5.2.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.elementwise import elementwise
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside
from ppl.supports.continuous import unit_interval
from ppl.supports.discrete import nonnegative_integer


def _log_mass(x: Array, prob: Array) -> Array:
    with onp.errstate(all="ignore"):
        prob = onp.asarray(prob, dtype=float)
        return onp.log(prob) + onp.where(onp.asarray(x) == 0, 0.0, x * onp.log1p(-prob))


def _slope(ans: Array, x: Array, prob: Array) -> Array:
    impossible = np.isinf(ans)
    p = np.where(impossible, 0.5, prob)
    first = x == 0
    return np.where(impossible, 0.0, 1.0 / p - np.where(first, 0.0, x / np.where(first, 1.0, 1.0 - p)))


log_mass = elementwise(_log_mass, None, _slope)


def log_prob(x: Array, prob: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(nonnegative_integer.contains(x), x, 0, lambda x: log_mass(x, prob))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], prob: Array) -> Any:
    """Draws of the given shape."""
    return rng.geometric(prob, shape) - 1


def log_sf(x: Array, prob: Array) -> Array:
    """Log of P(X > x) = (1 - prob)^(x + 1)."""
    return np.where(x < 0, 0.0, np.maximum(np.floor(x) + 1.0, 1.0) * np.log1p(-prob))


def log_cdf(x: Array, prob: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x >= 0, x, 0, lambda x: log1mexp((np.floor(x) + 1.0) * np.log1p(-prob)))


def oracle(x: Any, prob: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(prob) + (x * mp.log1p(-prob) if x else 0)


distribution = Distribution(
    forms=((Parameter("prob", unit_interval),),),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=lambda prob: (1.0 - prob) / prob,
    variance=lambda prob: (1.0 - prob) / prob**2,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"prob": 0.3},
        {"prob": onp.array([[0.02], [0.5], [0.95]])},
    ),
)
