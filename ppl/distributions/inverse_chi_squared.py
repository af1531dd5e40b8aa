"""InverseChiSquared(df)

Its reciprocal is ChiSquared(df): InverseGamma(df / 2, 1 / 2).
log p(x) = -(df / 2 + 1) log x - 1 / (2 x) - (df / 2) log 2 - log Gamma(df / 2), for x > 0
Source: Gelman et al., Bayesian Data Analysis (2013), app. A.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, inverse_gamma
from ppl.supports.continuous import positive


def log_prob(x: Array, df: Array) -> Array:
    """Log density."""
    return inverse_gamma.log_prob(x, 0.5 * df, 0.5)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array) -> Any:
    """Draws of the given shape."""
    return inverse_gamma.sample(rng, shape, shape=0.5 * onp.asarray(df), scale=0.5)


def log_cdf(x: Array, df: Array) -> Array:
    """Log of P(X <= x)."""
    return inverse_gamma.log_cdf(x, 0.5 * df, 0.5)


def log_sf(x: Array, df: Array) -> Array:
    """Log of P(X > x)."""
    return inverse_gamma.log_sf(x, 0.5 * df, 0.5)


def oracle(x: Any, df: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -(df / 2 + 1) * mp.log(x) - 1 / (2 * x) - df / 2 * mp.log(2) - mp.loggamma(df / 2)


distribution = Distribution(
    forms=((Parameter("df", positive),),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda df: inverse_gamma.mean(0.5 * df, 0.5),
    variance=lambda df: inverse_gamma.variance(0.5 * df, 0.5),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"df": 9.0},
        {"df": onp.array([0.9, 3.0, 5000.0])},
    ),
)
