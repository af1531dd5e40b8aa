"""BetaNegativeBinomial(concentration, a, b)

Failures before success number `concentration`, where the probability of success is a Beta(a, b) variable.
log p(x) = log Gamma(k + x) - log x! - log Gamma(k) + log B(a + k, b + x) - log B(a, b), for x = 0, 1, ... and
k = concentration
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 6.2.3; Stan Functions Reference,
"Beta negative binomial distribution".
Evaluated in saddle-point form, by the deviance of the table ((k, x), (a, b)): Loader (2000).
The distribution function is a sum of x + 1 probabilities.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.contingency import digamma_cross, log_gamma_cross, table_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.gamma_ratios import digamma_difference
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.running_sums import log_sum_below
from ppl.numerics.saddle_point import factorial_remainder, stirling_remainder
from ppl.supports.continuous import positive
from ppl.supports.discrete import nonnegative_integer


def _log_mass(x: Array, k: Array, a: Array, b: Array) -> Array:
    with onp.errstate(all="ignore"):
        first = (
            stirling_remainder(k + x)
            - stirling_remainder(k)
            - factorial_remainder(x)
            - 0.5 * onp.log1p(x / k)
        )
        second = (stirling_remainder(a + k) - stirling_remainder(a)) - 0.5 * onp.log1p(k / a)
        third = (stirling_remainder(b + x) - stirling_remainder(b)) - 0.5 * onp.log1p(x / b)
        n, m = a + b + k + x, a + b
        both = (stirling_remainder(n) - stirling_remainder(m)) - 0.5 * onp.log1p((k + x) / m)
        usual = first + second + third - both - table_deviance(k, x, a, b)
        return onp.where(onp.asarray(x) == 0, -log_gamma_cross(a, k, b), usual)


def _by_a(_ans: Array, x: Array, k: Array, a: Array, b: Array) -> Array:
    return np.where(
        x == 0, -digamma_cross(a, k, b), digamma_difference(a, k) - digamma_difference(a + b, k + x)
    )


log_mass = elementwise(
    _log_mass,
    None,
    lambda _ans, x, k, a, b: digamma_difference(k, x) - digamma_difference(a + k, b + x),
    _by_a,
    lambda _ans, x, k, a, b: digamma_difference(b, x) - digamma_difference(a + b, k + x),
)


def log_prob(x: Array, concentration: Array, a: Array, b: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(
        nonnegative_integer.contains(x), x, 0, lambda x: log_mass(x, concentration, a, b)
    )


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], concentration: Array, a: Array, b: Array
) -> Any:
    """Draws of the given shape: a Poisson whose rate is a gamma variable times the odds of failure."""
    odds = rng.standard_gamma(b, shape) / rng.standard_gamma(a, shape)
    return rng.poisson(rng.standard_gamma(concentration, shape) * odds)


def log_cdf(x: Array, concentration: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    return log_sum_below(log_prob, x, concentration=concentration, a=a, b=b)


def log_sf(x: Array, concentration: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    return log1mexp(log_cdf(x, concentration, a, b))


def oracle(x: Any, concentration: Any, a: Any, b: Any) -> Any:
    """The formula of the sources, in mpmath."""
    import mpmath as mp

    k = concentration
    ways = mp.loggamma(k + x) - mp.loggamma(x + 1) - mp.loggamma(k)
    above = mp.loggamma(a + k) + mp.loggamma(b + x) - mp.loggamma(a + k + b + x)
    return ways + above - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


def mean(concentration: Array, a: Array, b: Array) -> Array:
    """concentration b / (a - 1), infinite for a <= 1."""
    return np.where(a > 1, concentration * b / np.where(a > 1, a - 1.0, 1.0), np.inf)


def variance(concentration: Array, a: Array, b: Array) -> Array:
    """Infinite for 1 < a <= 2, NaN for a <= 1."""
    light = a > 2
    safe = np.where(light, a, 3.0)
    scatter = (concentration + safe - 1.0) * (b + safe - 1.0) / ((safe - 2.0) * (safe - 1.0) ** 2)
    return np.where(light, concentration * b * scatter, np.where(a > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("concentration", positive), Parameter("a", positive), Parameter("b", positive)),),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"concentration": 3.0, "a": 12.0, "b": 5.0},
        {"concentration": onp.array([[0.5], [20.0]]), "a": 15.0, "b": onp.array([0.7, 9.0])},
    ),
)
