"""Zeta(exponent)

Ranks and sizes with power tails (also: Zipf): p(x) goes like x^-exponent, for exponent > 1.
log p(x) = -exponent log x - log zeta(exponent), for x = 1, 2, 3, ...
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 11.2.20.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.zeta import log_zeta
from ppl.supports.continuous import at_least_one
from ppl.supports.discrete import positive_integer

LOG_2 = 0.6931471805599453
LARGEST = 1e300


def log_prob(x: Array, exponent: Array) -> Array:
    """Log probability of x."""
    proper = exponent > 1
    s = np.where(proper, exponent, 2.0)
    return minus_inf_outside(
        positive_integer.contains(x) & proper, x, 1, lambda x: -s * np.log(x) - log_zeta(s, 1.0)
    )


def sample(rng: onp.random.Generator, shape: tuple[int, ...], exponent: Array) -> Any:
    """Draws of the given shape, by rejection from a rounded-down Pareto variable: Devroye (1986), sec. X.6.1."""
    power = onp.broadcast_to(onp.asarray(exponent, dtype=float) - 1.0, shape)
    if onp.any(power <= 0):
        raise ValueError("there are no draws for an exponent of 1")
    draws, wanted = onp.ones(shape), onp.ones(shape, dtype=bool)
    with onp.errstate(over="ignore", divide="ignore"):
        while onp.any(wanted):
            x = onp.floor(onp.minimum(rng.random(shape) ** (-1.0 / power), LARGEST))
            excess = x * onp.expm1(-power * onp.log1p(1.0 / x)) / onp.expm1(-power * LOG_2)
            fits = rng.random(shape) * excess <= 1.0
            draws = onp.where(wanted & fits, x, draws)
            wanted = wanted & ~fits
    return draws[()]


def log_sf(x: Array, exponent: Array) -> Array:
    """Log of P(X > x)."""
    below = x < 1
    k = np.floor(np.where(below, 1.0, x)) + 1.0
    return np.where(below, 0.0, log_zeta(exponent, k) - log_zeta(exponent, 1.0))


def log_cdf(x: Array, exponent: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x >= 1, x, 1, lambda x: log1mexp(log_sf(x, exponent)))


def oracle(x: Any, exponent: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    if exponent <= 1:
        return -mp.inf
    if exponent < 60:
        return -exponent * mp.log(x) - mp.log(mp.zeta(exponent))
    # The sum less its first term, which would drown the others; the last is below the 120th digit of the second.
    return -exponent * mp.log(x) - mp.log1p(mp.fsum(mp.mpf(k) ** -exponent for k in range(2, 400)))


def mean(exponent: Array) -> Array:
    """zeta(exponent - 1) / zeta(exponent), infinite for exponent <= 2."""
    light = exponent > 2
    safe = np.where(light, exponent, 3.0)
    return np.where(light, np.exp(log_zeta(safe - 1.0, 1.0) - log_zeta(safe, 1.0)), np.inf)


def variance(exponent: Array) -> Array:
    """Infinite for 2 < exponent <= 3, NaN for exponent <= 2."""
    light = exponent > 3
    safe = np.where(light, exponent, 4.0)
    square = np.exp(log_zeta(safe - 2.0, 1.0) - log_zeta(safe, 1.0))
    return np.where(light, square - mean(safe) ** 2, np.where(exponent > 2, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("exponent", at_least_one),),),
    support=positive_integer,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"exponent": 6.0},
        {"exponent": onp.array([5.5, 7.0, 10.0])},
    ),
)
