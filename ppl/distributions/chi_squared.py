"""ChiSquared(df)

The sum of `df` squares of Normal(0, 1): Gamma(df / 2, 1 / 2); mean df, variance 2 df.
log p(x) = (df / 2 - 1) log x - x / 2 - (df / 2) log 2 - log Gamma(df / 2), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 18.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, gamma
from ppl.supports.continuous import positive


def log_prob(x: Array, df: Array) -> Array:
    """Log density."""
    return gamma.log_prob(x, 0.5 * df, 0.5)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array) -> Any:
    """Draws of the given shape."""
    return rng.chisquare(df, shape)


def log_cdf(x: Array, df: Array) -> Array:
    """Log of P(X <= x)."""
    return gamma.log_cdf(x, 0.5 * df, 0.5)


def log_sf(x: Array, df: Array) -> Array:
    """Log of P(X > x)."""
    return gamma.log_sf(x, 0.5 * df, 0.5)


def oracle(x: Any, df: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return (df / 2 - 1) * mp.log(x) - x / 2 - df / 2 * mp.log(2) - mp.loggamma(df / 2)


distribution = Distribution(
    forms=((Parameter("df", positive),),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda df: 1.0 * df,
    variance=lambda df: 2.0 * df,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"df": 3.0},
        {"df": onp.array([0.7, 2.0, 5000.0])},
    ),
)
