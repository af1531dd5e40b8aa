"""ScaledInverseChiSquared(df, scale)

df scale² over a ChiSquared(df): InverseGamma(df / 2, df scale² / 2), the conjugate prior of a variance near scale².
log p(x) = (df / 2) log(df / 2) - log Gamma(df / 2) + df log scale - (df / 2 + 1) log x - df scale² / (2 x), for x > 0
Source: Gelman et al., Bayesian Data Analysis (2013), app. A.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, inverse_gamma
from ppl.supports.continuous import positive


def _gamma(df: Array, scale: Array) -> tuple[Array, Array]:
    return 0.5 * df, 0.5 * df * scale * scale


def log_prob(x: Array, df: Array, scale: Array) -> Array:
    """Log density."""
    return inverse_gamma.log_prob(x, *_gamma(df, scale))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    half, total = _gamma(df, scale)
    return inverse_gamma.sample(rng, shape, shape=half, scale=total)


def log_cdf(x: Array, df: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return inverse_gamma.log_cdf(x, *_gamma(df, scale))


def log_sf(x: Array, df: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return inverse_gamma.log_sf(x, *_gamma(df, scale))


def oracle(x: Any, df: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    head = df / 2 * mp.log(df / 2) - mp.loggamma(df / 2) + df * mp.log(scale)
    return head - (df / 2 + 1) * mp.log(x) - df * scale**2 / (2 * x)


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("scale", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda df, scale: inverse_gamma.mean(*_gamma(df, scale)),
    variance=lambda df, scale: inverse_gamma.variance(*_gamma(df, scale)),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"df": 9.0, "scale": 2.0},
        {"df": onp.array([[0.9], [3.0], [5000.0]]), "scale": onp.array([0.01, 30.0])},
    ),
)
