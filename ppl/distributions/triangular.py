"""Triangular(low, high, peak)

A density that rises straight from `low` to `peak` and falls straight to `high`.
log p(x) = log 2 - log(high - low) + log of (x - low) / (peak - low) or of (high - x) / (high - peak),
for x in [low, high]
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), sec. 26.9.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.supports.continuous import interval, real

LOG_2 = 0.6931471805599453


def _side(x: Array, low: Array, high: Array, peak: Array) -> tuple[Array, Array, Array, Array]:
    """How far x is from its nearer end, how long that side is, the whole, and where there is a density."""
    rising = x < peak
    possible = (low <= peak) & (peak <= high) & (low < high)
    part = choose(rising, x - low, high - x)
    side = choose(rising, peak - low, high - peak)
    # At the peak itself the side may have no length; the density there is that of the peak.
    flat = (x == peak) & possible
    return choose(flat, 1.0, part), choose(flat, 1.0, side), high - low, possible


def log_prob(x: Array, low: Array, high: Array, peak: Array) -> Array:
    """Log density."""
    part, side, whole, possible = _side(x, low, high, peak)
    inside = possible & (part > 0) & (side > 0)
    part, side, whole = (choose(inside, v, 1.0) for v in (part, side, whole))
    return choose(inside, LOG_2 + np.log(part / side) - np.log(whole), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], low: Array, high: Array, peak: Array) -> Any:
    """Draws of the given shape."""
    return rng.triangular(low, peak, high, shape)


def _log_below(x: Array, low: Array, high: Array, peak: Array) -> Array:
    whole = high - low
    rising, inside = x < peak, (x > low) & (x < high)
    x = choose(inside, x, 0.5 * (low + high))
    rising = x < peak
    left = choose(rising, x - low, 1.0)
    below = np.log(left / whole) + np.log(left / choose(rising, peak - low, 1.0))
    right = choose(rising, 0.0, high - x)
    above = np.log1p(-(right / whole) * (right / choose(rising, 1.0, high - peak)))
    return choose(inside, choose(rising, below, above), 0.0)


def log_cdf(x: Array, low: Array, high: Array, peak: Array) -> Array:
    """Log of P(X <= x)."""
    return choose(x <= low, -np.inf, _log_below(x, low, high, peak))


def log_sf(x: Array, low: Array, high: Array, peak: Array) -> Array:
    """Log of P(X > x)."""
    return choose(x >= high, -np.inf, _log_below(-x, -high, -low, -peak))


def oracle(x: Any, low: Any, high: Any, peak: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    if not low <= peak <= high or not low < x < high:
        return -mp.inf
    height = 2 / (high - low)
    return mp.log(height * ((x - low) / (peak - low) if x < peak else (high - x) / (high - peak)))


def _variance(low: Array, high: Array, peak: Array) -> Array:
    left, right = peak - low, high - peak
    return (left**2 + left * right + right**2) / 18.0


distribution = Distribution(
    forms=((Parameter("low", real), Parameter("high", real), Parameter("peak", real)),),
    support=interval,
    ends=lambda low, high, peak: (low, high),
    log_prob=log_prob,
    sample=sample,
    mean=lambda low, high, peak: (low + high + peak) / 3.0,
    variance=_variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"low": 0.0, "high": 1.0, "peak": 0.3},
        {"low": onp.array([[-1.0], [-200.0]]), "high": onp.array([3.5, 40.0]), "peak": 2.0},
    ),
)
