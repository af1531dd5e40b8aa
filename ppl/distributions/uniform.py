"""Uniform(low, high)

Every value between `low` and `high` alike.
log p(x) = -log(high - low), for x in [low, high]
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 26.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.supports.continuous import interval, real


def _log_share(part: Array, rest: Array) -> Array:
    """log(part / (part + rest)), from the smaller of the two; -inf for nothing and 0 for all."""
    at_or_below = part <= 0
    inside = (part > 0) & (rest > 0)
    part, rest = np.where(inside, part, 1.0), np.where(inside, rest, 1.0)
    share = np.where(part < rest, np.log(part / (part + rest)), np.log1p(-rest / (part + rest)))
    return np.where(inside, share, np.where(at_or_below, -np.inf, 0.0))


def log_prob(x: Array, low: Array, high: Array) -> Array:
    """Log density."""
    return np.where((x >= low) & (x <= high), -np.log(high - low), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], low: Array, high: Array) -> Any:
    """Draws of the given shape."""
    return low + (high - low) * rng.random(shape)


def log_cdf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_share(x - low, high - x)


def log_sf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X > x)."""
    return _log_share(high - x, x - low)


def oracle(x: Any, low: Any, high: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -mp.log(high - low) if low <= x <= high else -mp.inf


distribution = Distribution(
    forms=((Parameter("low", real), Parameter("high", real)),),
    support=interval,
    log_prob=log_prob,
    sample=sample,
    mean=lambda low, high: 0.5 * low + 0.5 * high,
    variance=lambda low, high: (high - low) ** 2 / 12.0,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    ends=lambda low, high: (low, high),
    examples=(
        {"low": 0.0, "high": 1.0},
        {"low": onp.array([[1.0], [-2.0]]), "high": onp.array([1.5, 4.0, 30.0])},
    ),
)
