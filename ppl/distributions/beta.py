"""Beta(a, b)

Probabilities and shares; mean a / (a + b).
log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b), for x in [0, 1]
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 25.
Evaluated in saddle-point form, with the deviance of the pair (a, b) from x: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import Box

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.incomplete_beta import log_betainc_of_odds
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.products import xlog1py, xlogy
from ppl.numerics.saddle_point import HALF_LOG_2PI, binomial_deviance, stirling_remainder
from ppl.supports.continuous import positive, unit_interval


def _log_share(x: Array, y: Array, a: Array, b: Array) -> Array:
    """log P(X <= x) where y = 1 - x; -inf at and below 0, 0 at and above 1."""
    inside = (x > 0) & (y > 0)
    odds = np.where(inside, x, 1.0) / np.where(inside, y, 1.0)
    return np.where(inside, log_betainc_of_odds(a, b, odds), np.where(x > 0, 0.0, -np.inf))


def log_prob(x: Array, a: Array, b: Array) -> Array:
    """Log density."""
    n = a + b
    height = (
        0.5 * (np.log(a) + np.log(b) - np.log(n))
        - (stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(n))
        - HALF_LOG_2PI
    )

    def density(x: Array) -> Array:
        return height - np.log(x) - np.log1p(-x) - binomial_deviance(a, b, x)

    def edge(x: Array) -> Array:
        return xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - lbeta(a, b)

    within = minus_inf_outside((x > 0) & (x < 1), x, 0.5, density)
    at_an_end = (x == 0) | (x == 1)
    if not isinstance(x, Box) and not onp.any(at_an_end):
        return within
    return np.where(at_an_end, edge(np.where(at_an_end, x, 0.5)), within)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], a: Array, b: Array) -> Any:
    """Draws of the given shape."""
    return rng.beta(a, b, shape)


def log_cdf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_share(x, 1.0 - x, a, b)


def log_sf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    return _log_share(1.0 - x, x, b, a)


def oracle(x: Any, a: Any, b: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    left = (a - 1) * mp.log(x) if a != 1 else 0
    right = (b - 1) * mp.log1p(-x) if b != 1 else 0
    return left + right - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


distribution = Distribution(
    forms=((Parameter("a", positive), Parameter("b", positive)),),
    support=unit_interval,
    log_prob=log_prob,
    sample=sample,
    mean=lambda a, b: a / (a + b),
    variance=lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1.0)),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"a": 2.0, "b": 3.0},
        {"a": onp.array([[0.5], [1.0], [300.0]]), "b": onp.array([0.7, 1.0, 20.0, 4000.0])},
    ),
)
