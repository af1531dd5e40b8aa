"""Arcsine(low, high)

Where a swinging pendulum is found: dense at both ends, with P(X <= x) = 2/pi arcsin sqrt((x - low) / (high - low)).
log p(x) = -log pi - log(x - low) / 2 - log(high - x) / 2, for x in [low, high]
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 25.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.supports.continuous import interval, real

LOG_PI = 1.1447298858494002
LOG_2_OVER_PI = -0.4515827052894548


def _parts(x: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    inside = (x > low) & (x < high)
    return inside, np.where(inside, x - low, 1.0), np.where(inside, high - x, 1.0)


def log_prob(x: Array, low: Array, high: Array) -> Array:
    """Log density."""
    inside, left, right = _parts(x, low, high)
    edge = np.where(((x == low) | (x == high)) & (low < high), np.inf, -np.inf)
    return np.where(inside, -0.5 * (np.log(left) + np.log(right)) - LOG_PI, edge)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], low: Array, high: Array) -> Any:
    """Draws of the given shape."""
    return low + (high - low) * onp.sin(0.5 * onp.pi * rng.random(shape)) ** 2


def _log_share(inside: Array, part: Array, rest: Array) -> Array:
    return np.where(inside, np.log(np.arctan(np.sqrt(part / rest))) + LOG_2_OVER_PI, 0.0)


def log_cdf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X <= x)."""
    inside, left, right = _parts(x, low, high)
    return np.where(x <= low, -np.inf, _log_share(inside, left, right))


def log_sf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X > x)."""
    inside, left, right = _parts(x, low, high)
    return np.where(x >= high, -np.inf, _log_share(inside, right, left))


def oracle(x: Any, low: Any, high: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    if x in (low, high):
        return mp.inf
    return -mp.log(mp.pi) - mp.log((x - low) * (high - x)) / 2


distribution = Distribution(
    forms=((Parameter("low", real), Parameter("high", real)),),
    support=interval,
    ends=lambda low, high: (low, high),
    log_prob=log_prob,
    sample=sample,
    mean=lambda low, high: 0.5 * low + 0.5 * high,
    variance=lambda low, high: (high - low) ** 2 / 8.0,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"low": 0.0, "high": 1.0},
        {"low": onp.array([[1.0], [-2.0]]), "high": onp.array([1.5, 4.0, 30.0])},
    ),
)
