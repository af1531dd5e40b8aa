"""LogUniform(low, high)

Every order of magnitude between `low` and `high` alike: the logarithm is uniform.
log p(x) = -log x - log log(high / low), for x in [low, high]
Source: Hamming (1970), Bell System Technical Journal 49 (the reciprocal distribution).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import interval, positive


def log_prob(x: Array, low: Array, high: Array) -> Array:
    """Log density."""
    inside = (x >= low) & (x <= high)
    return minus_inf_outside(inside, x, 1.0, lambda x: -np.log(x) - np.log(log_ratio(high, low)))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], low: Array, high: Array) -> Any:
    """Draws of the given shape."""
    return onp.clip(low * onp.exp(rng.random(shape) * onp.log(onp.asarray(high) / low)), low, high)


def _log_share(part: Array, rest: Array) -> Array:
    inside = (part > 0) & (rest > 0)
    part, rest = choose(inside, part, 1.0), choose(inside, rest, 1.0)
    share = choose(part < rest, np.log(part / (part + rest)), np.log1p(-rest / (part + rest)))
    return inside, share


def log_cdf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X <= x)."""
    positive_x = choose(x > 0, x, low)
    inside, share = _log_share(log_ratio(positive_x, low), log_ratio(high, positive_x))
    return choose(inside, share, choose(x <= low, -np.inf, 0.0))


def log_sf(x: Array, low: Array, high: Array) -> Array:
    """Log of P(X > x)."""
    positive_x = choose(x > 0, x, low)
    inside, share = _log_share(log_ratio(high, positive_x), log_ratio(positive_x, low))
    return choose(inside, share, choose(x <= low, 0.0, -np.inf))


def mean(low: Array, high: Array) -> Array:
    """(high - low) / log(high / low)."""
    return (high - low) / log_ratio(high, low)


def oracle(x: Any, low: Any, high: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    return -mp.log(x) - mp.log(mp.log(high / low)) if low <= x <= high else -mp.inf


distribution = Distribution(
    forms=((Parameter("low", positive), Parameter("high", positive)),),
    support=interval,
    ends=lambda low, high: (low, high),
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=lambda low, high: 0.5 * (high + low) * mean(low, high) - mean(low, high) ** 2,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"low": 0.01, "high": 100.0},
        {"low": onp.array([[1e-6], [0.5]]), "high": onp.array([1.5, 40.0])},
    ),
)
