"""DiscreteUniform(low, high)

Every integer from `low` to `high`, both included, alike.
log p(x) = -log(high - low + 1), for x = low, ..., high
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 6.10.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.supports.discrete import integer, integer_interval


def log_prob(x: Array, low: Array, high: Array) -> Array:
    """Log probability of x."""
    inside = integer_interval.contains(x, low, high)
    # Ends in the wrong order hold no integers at all; the log of their count must not be asked for.
    return np.where(inside, -np.log(np.maximum(high - low + 1.0, 1.0)), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], low: Array, high: Array) -> Any:
    """Draws of the given shape."""
    return rng.integers(low, high, shape, endpoint=True)


def _log_share(count: Array, low: Array, high: Array) -> Array:
    """Log of the share of `count` integers among all."""
    total = high - low + 1.0
    some = count > 0
    return np.where(some, np.log(np.minimum(np.where(some, count, 1.0), total) / total), -np.inf)


def log_cdf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_share(np.floor(x) - low + 1.0, low, high)


def log_sf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X > x)."""
    return _log_share(high - np.floor(x), low, high)


def oracle(_x: Any, low: Any, high: Any) -> Any:
    """The definition, in mpmath."""
    import mpmath as mp

    return -mp.log(high - low + 1)


distribution = Distribution(
    forms=((Parameter("low", integer), Parameter("high", integer)),),
    support=integer_interval,
    ends=lambda low, high: (low, high),
    log_prob=log_prob,
    sample=sample,
    mean=lambda low, high: (low + high) / 2.0,
    variance=lambda low, high: ((high - low + 1.0) ** 2 - 1.0) / 12.0,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"low": 1, "high": 6},
        {"low": onp.array([[-3], [0]]), "high": onp.array([0, 4, 500])},
    ),
)
