"""BetaPrime(a, b)

The odds of a Beta(a, b), and the ratio of a Gamma(a, 1) to a Gamma(b, 1).
log p(x) = (a - 1) log x - (a + b) log(1 + x) - log B(a, b), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 27.
Evaluated in saddle-point form, with the deviance of the pair (a, b) from x : 1: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.deviance import log_share_ratio
from ppl.numerics.elementwise import elementwise
from ppl.numerics.incomplete_beta import log_betainc_of_odds
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.saddle_point import HALF_LOG_2PI, deviance, stirling_remainder
from ppl.supports.continuous import positive


def _odds_deviance(a: Array, b: Array, x: Array) -> Array:
    n = onp.add(a, b, dtype=float)
    return deviance(a, n / (1.0 + 1.0 / x)) + deviance(b, n / (1.0 + x))


# Half the deviance of a : b from x : 1, with the slopes of the sum.
odds_deviance = elementwise(
    _odds_deviance,
    lambda _ans, a, b, x: log_share_ratio(a, b, 1.0 / (1.0 + 1.0 / x), 1.0 / (1.0 + x)),
    lambda _ans, a, b, x: log_share_ratio(b, a, 1.0 / (1.0 + x), 1.0 / (1.0 + 1.0 / x)),
    lambda _ans, a, b, x: (b - a / x) / (1.0 + x),
)


def log_prob(x: Array, a: Array, b: Array) -> Array:
    """Log density."""
    height = (
        0.5 * (np.log(a) + np.log(b) - np.log(a + b))
        - (stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(a + b))
        - HALF_LOG_2PI
    )
    return minus_inf_outside(x > 0, x, 1.0, lambda x: height - np.log(x) - odds_deviance(a, b, x))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], a: Array, b: Array) -> Any:
    """Draws of the given shape."""
    return rng.standard_gamma(a, shape) / rng.standard_gamma(b, shape)


def log_cdf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_betainc_of_odds(a, b, x))


def log_sf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: log_betainc_of_odds(b, a, 1.0 / x))


def oracle(x: Any, a: Any, b: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    height = mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    return height + (a - 1) * mp.log(x) - (a + b) * mp.log1p(x)


def mean(a: Array, b: Array) -> Array:
    """a / (b - 1), infinite for b <= 1."""
    return np.where(b > 1, a / np.where(b > 1, b - 1.0, 1.0), np.inf)


def variance(a: Array, b: Array) -> Array:
    """Infinite for 1 < b <= 2, NaN for b <= 1."""
    light = b > 2
    safe = np.where(light, b, 3.0)
    square = a * (a + safe - 1.0) / ((safe - 2.0) * (safe - 1.0) ** 2)
    return np.where(light, square, np.where(b > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("a", positive), Parameter("b", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"a": 2.0, "b": 9.0},
        {"a": onp.array([[0.5], [1.0], [300.0]]), "b": onp.array([0.7, 3.0, 4000.0])},
    ),
)
