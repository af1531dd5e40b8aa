"""Draws of one distribution: as it is, or between the ends of a truncation.

Between ends, draws are made until they fall inside; those that still lie outside after some rounds are found
by bisection on the distribution function, from the nearer tail, which works however far out the ends are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ppl.distributions import Distribution
from ppl.numerics.log_sums import logdiffexp

Array = Any
ROUNDS = 8  # of drawing again, before bisection
HALVINGS = 200
LOG_HALF = -0.6931471805599453


def sample(
    distribution: Distribution,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    args: Mapping[str, Array],
    lower: Array | None = None,
    upper: Array | None = None,
) -> Array:
    """Draws that fill `shape`; arguments and ends broadcast against it."""
    assert distribution.sample is not None
    x = np.asarray(distribution.sample(rng, shape, **args))
    if lower is None and upper is None:
        return x
    low = np.broadcast_to(-np.inf if lower is None else lower, shape)
    high = np.broadcast_to(np.inf if upper is None else upper, shape)
    for _ in range(ROUNDS):
        outside = ~((x >= low) & (x <= high))
        if not outside.any():
            return x
        x = np.where(outside, distribution.sample(rng, shape, **args), x)
    outside = ~((x >= low) & (x <= high))
    if outside.any():
        full = {name: np.broadcast_to(arg, shape)[outside] for name, arg in args.items()}
        x[outside] = _by_bisection(
            distribution, rng.random(int(outside.sum())), full, low[outside], high[outside]
        )
    return x


def _by_bisection(
    distribution: Distribution, share: Array, args: Mapping[str, Array], low: Array, high: Array
) -> Array:
    """x with `share` of the mass between `low` and `high` below it; all of one shape."""
    assert distribution.log_cdf is not None
    assert distribution.log_sf is not None
    log_cdf, log_sf = distribution.log_cdf, distribution.log_sf
    with np.errstate(all="ignore"):
        # On the side of the median where the interval lies, that tail's logs keep their digits.
        is_right = (
            np.where(np.isfinite(low), log_cdf(np.where(np.isfinite(low), low, 0.0), **args), -np.inf)
            > LOG_HALF
        )
        left_low = np.where(np.isfinite(low), log_cdf(np.where(np.isfinite(low), low, 0.0), **args), -np.inf)
        right_high = np.where(
            np.isfinite(high), log_sf(np.where(np.isfinite(high), high, 0.0), **args), -np.inf
        )
        left_high = np.where(np.isfinite(high), log_cdf(np.where(np.isfinite(high), high, 0.0), **args), 0.0)
        right_low = np.where(np.isfinite(low), log_sf(np.where(np.isfinite(low), low, 0.0), **args), 0.0)
        left = np.logaddexp(left_low, np.log(share) + logdiffexp(left_high, left_low))
        right = np.logaddexp(right_high, np.log1p(-share) + logdiffexp(right_low, right_high))

        def below(x: Array) -> Array:
            """Whether the wanted point lies above x."""
            return np.where(is_right, log_sf(x, **args) > right, log_cdf(x, **args) < left)

        a, b = _bracket(below, low, high)
        for _ in range(HALVINGS):
            middle = a + (b - a) / 2
            if distribution.discrete:
                middle = np.floor(middle)
            up = below(middle)
            a, b = np.where(up, middle, a), np.where(up, b, middle)
            if np.all((b - a <= 1) if distribution.discrete else (np.nextafter(a, b) >= b)):
                break
    return np.clip(np.ceil(b) if distribution.discrete else b, low, high)


def _bracket(below: Any, low: Array, high: Array) -> tuple[Array, Array]:
    """Finite ends around the wanted point, found by doubling where an end is infinite."""
    width = np.ones_like(low)
    a = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0) - 1.0)
    b = np.where(np.isfinite(high), high, np.where(np.isfinite(low), low, 0.0) + 1.0)
    for _ in range(1100):
        too_high = ~np.isfinite(low) & ~below(a)
        too_low = ~np.isfinite(high) & below(b)
        if not (too_high.any() or too_low.any()):
            break
        width = 2 * width
        a, b = np.where(too_high, a - width, a), np.where(too_low, b + width, b)
    return a, b
