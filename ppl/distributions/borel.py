"""Borel(dispersion)

The size of a whole family that one founder begins, each member with `dispersion` < 1 children on average: outbreaks,
customers in a busy period; mean 1 / (1 - dispersion).
log p(x) = (x - 1) log(dispersion x) - dispersion x - log x!, for x = 1, 2, 3, ...
Source: Borel (1942), Comptes Rendus 214; Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 7.2.2.
It is 1 + GeneralizedPoisson(dispersion, dispersion), and evaluated as that.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, Parameter, generalized_poisson
from ppl.numerics.masks import minus_inf_outside
from ppl.supports.continuous import unit_interval
from ppl.supports.discrete import positive_integer


def log_prob(x: Array, dispersion: Array) -> Array:
    """Log probability of x."""

    def inside(x: Array) -> Array:
        return generalized_poisson.log_mass(x - 1, dispersion, dispersion)

    return minus_inf_outside(positive_integer.contains(x), x, 1, inside)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], dispersion: Array) -> Any:
    """Draws of the given shape."""
    return 1 + generalized_poisson.sample(rng, shape, dispersion, dispersion)


def log_cdf(x: Array, dispersion: Array) -> Array:
    """Log of P(X <= x)."""
    return generalized_poisson.log_cdf(x - 1, dispersion, dispersion)


def log_sf(x: Array, dispersion: Array) -> Array:
    """Log of P(X > x)."""
    return generalized_poisson.log_sf(x - 1, dispersion, dispersion)


def oracle(x: Any, dispersion: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    power = (x - 1) * mp.log(dispersion * x) if x != 1 else 0
    return power - dispersion * x - mp.loggamma(x + 1)


distribution = Distribution(
    forms=((Parameter("dispersion", unit_interval),),),
    support=positive_integer,
    log_prob=log_prob,
    sample=sample,
    mean=lambda dispersion: 1.0 / (1.0 - dispersion),
    variance=lambda dispersion: dispersion / (1.0 - dispersion) ** 3,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=({"dispersion": 0.3}, {"dispersion": onp.array([0.02, 0.5, 0.7])}),
)
