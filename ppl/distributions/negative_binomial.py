"""NegativeBinomial(mean, concentration)

Counts that vary more than a Poisson's: variance mean + mean² / concentration.
log p(x) = log Gamma(x + k) - log Gamma(k) - log x! + k log(k / (k + mean)) + x log(mean / (k + mean)),
for x = 0, 1, 2, ... and k = concentration
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 5.
Evaluated in saddle-point form, as a binomial of k among x + k: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.count_deviance import count_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.incomplete import log_betainc
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import factorial_remainder, log1pmx, log_ratio, stirling_remainder
from ppl.supports.continuous import positive
from ppl.supports.discrete import nonnegative_integer


def _log_mass(x: Array, mean: Array, k: Array) -> Array:
    with onp.errstate(all="ignore"):
        n, total = x + k, k + mean
        none = -k * onp.log1p(mean / k)
        rise = stirling_remainder(n) - stirling_remainder(k) - 0.5 * onp.log1p(x / k)
        ways = rise - factorial_remainder(x)
        d = k * ((x - mean) / total)  # what both deviances differ by, with opposite signs
        some = ways - count_deviance(k, n * (k / total), d) - count_deviance(x, n * (mean / total), -d)
        return onp.where(onp.asarray(x) == 0, none, some)


def _mean_slope(_ans: Array, x: Array, mean: Array, k: Array) -> Array:
    return (x - mean) / mean * (k / (k + mean))


def _concentration_slope(_ans: Array, x: Array, mean: Array, k: Array) -> Array:
    # digamma(x + k) - digamma(k) + log(k / (k + mean)) + (mean - x) / (k + mean), which for large k is
    # a difference of nearly equal things; the logarithms are taken together instead.
    n, total = x + k, k + mean
    t = (x - mean) / total
    near = np.abs(t) < 0.5
    logs = np.where(near, log1pmx(np.where(near, t, 0.0)), log_ratio(n, total) - t)
    return logs + (0.5 * x / (k * n) + (stirling_remainder(n, 1) - stirling_remainder(k, 1)))


log_mass = elementwise(_log_mass, None, _mean_slope, _concentration_slope)


def log_prob(x: Array, mean: Array, concentration: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(
        nonnegative_integer.contains(x), x, 0, lambda x: log_mass(x, mean, concentration)
    )


def sample(rng: onp.random.Generator, shape: tuple[int, ...], mean: Array, concentration: Array) -> Any:
    """Draws of the given shape: a Poisson whose rate is a gamma variable."""
    return rng.poisson(rng.standard_gamma(concentration, shape) * (mean / concentration))


def log_cdf(x: Array, mean: Array, concentration: Array) -> Array:
    """Log of P(X <= x)."""
    share = concentration / (concentration + mean)
    return minus_inf_outside(x >= 0, x, 0, lambda x: log_betainc(concentration, np.floor(x) + 1.0, share))


def log_sf(x: Array, mean: Array, concentration: Array) -> Array:
    """Log of P(X > x)."""
    below = x < 0
    k = np.floor(np.where(below, 0, x)) + 1.0
    return np.where(below, 0.0, log_betainc(k, concentration, mean / (concentration + mean)))


def oracle(x: Any, mean: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    k = concentration
    ways = mp.loggamma(x + k) - mp.loggamma(k) - mp.loggamma(x + 1)
    return ways - k * mp.log1p(mean / k) - x * mp.log1p(k / mean)


distribution = Distribution(
    forms=((Parameter("mean", positive), Parameter("concentration", positive)),),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=lambda mean, concentration: mean + 0.0 * concentration,
    variance=lambda mean, concentration: mean + mean**2 / concentration,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"mean": 3.0, "concentration": 2.0},
        {"mean": onp.array([[0.1], [4.0], [60.0]]), "concentration": onp.array([0.5, 3.0, 200.0])},
    ),
)
