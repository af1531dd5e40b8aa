"""NegativeBinomial(mean, concentration) | NegativeBinomial(log_mean=, concentration=) | NegativeBinomial(concentration, prob=) | NegativeBinomial(concentration, rate=)

Counts that vary more than a Poisson's: variance mean + mean² / concentration. With `log_mean` = log mean; or, with
`prob` = concentration / (concentration + mean), failures before success number `concentration`; or a Poisson whose
rate is Gamma(concentration, rate), of mean concentration / rate.
log p(x) = log Gamma(x + k) - log Gamma(k) - log x! + k log(k / (k + mean)) + x log(mean / (k + mean)),
for x = 0, 1, 2, ... and k = concentration
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 5.
Evaluated in saddle-point form, as a binomial of k among x + k: Loader (2000).
"""  # noqa: E501

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.count_deviance import count_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.gamma_ratios import digamma_difference, lbeta
from ppl.numerics.incomplete import log_betainc
from ppl.numerics.logistic import expit, log_expit
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import factorial_remainder, log1pmx, log_ratio, stirling_remainder
from ppl.supports.continuous import positive, real, unit_interval
from ppl.supports.discrete import nonnegative_integer

LARGEST_LOG = 600.0  # beyond, exp is on its way to 0 or to inf and we work with logarithms


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


def _log_mass_of_log(x: Array, log_mean: Array, k: Array) -> Array:
    with onp.errstate(all="ignore"):
        usual = _log_mass(x, onp.exp(log_mean), k)
        extreme = onp.abs(log_mean) > LARGEST_LOG
        if not onp.any(extreme):
            return usual
        odds = log_mean - onp.log(k)
        ways = onp.where(onp.asarray(x) == 0, 0.0, -onp.log(x + k) - lbeta(k, x + 1.0))
        return onp.where(extreme, ways + k * log_expit(-odds) + x * log_expit(odds), usual)


def _log_mean_slope(_ans: Array, x: Array, log_mean: Array, k: Array) -> Array:
    odds = log_mean - np.log(k)
    return x * expit(-odds) - k * expit(odds)


def _concentration_slope_of_log(_ans: Array, x: Array, log_mean: Array, k: Array) -> Array:
    extreme = np.abs(log_mean) > LARGEST_LOG
    usual = _concentration_slope(None, x, np.exp(np.where(extreme, 0.0, log_mean)), k)
    odds = log_mean - np.log(k)
    plain = digamma_difference(k, x) + log_expit(-odds) + expit(odds) - x / k * expit(-odds)
    return np.where(extreme, plain, usual)


def _log_mass_of_prob(x: Array, k: Array, prob: Array) -> Array:
    with onp.errstate(all="ignore"):
        prob = onp.asarray(prob, dtype=float)
        none = onp.where(prob == 0, -onp.inf, k * onp.log(prob))
        some = _log_mass(x, k * ((1.0 - prob) / onp.where(prob == 0, 0.5, prob)), k)
        return onp.where(onp.asarray(x) == 0, none, onp.where((prob == 0) | (prob == 1), -onp.inf, some))


def _prob_slope(ans: Array, x: Array, k: Array, prob: Array) -> Array:
    impossible = np.isinf(ans)
    p = np.where(impossible, 0.5, prob)
    none = x == 0
    return np.where(impossible, 0.0, k / p - np.where(none, 0.0, x / np.where(none, 1.0, 1.0 - p)))


def _concentration_slope_of_prob(ans: Array, x: Array, k: Array, prob: Array) -> Array:
    # digamma(x + k) - digamma(k) + log prob, the logarithms taken together.
    impossible, n = np.isinf(ans), x + k
    logs = log_ratio(n, k / np.where(impossible, 0.5, prob))
    near = logs + (0.5 * x / (k * n) + (stirling_remainder(n, 1) - stirling_remainder(k, 1)))
    return np.where(impossible, 0.0, near)


log_mass_of_log = elementwise(_log_mass_of_log, None, _log_mean_slope, _concentration_slope_of_log)
log_mass_of_prob = elementwise(_log_mass_of_prob, None, _concentration_slope_of_prob, _prob_slope)


def _mean(concentration: Array, mean: Array, log_mean: Array, prob: Array, rate: Array) -> Array:
    if mean is not None:
        return mean + 0.0 * concentration
    if log_mean is not None:
        return np.exp(log_mean) + 0.0 * concentration
    return concentration / rate if prob is None else concentration * ((1.0 - prob) / prob)


def log_prob(
    x: Array,
    mean: Array = None,
    concentration: Array = None,
    log_mean: Array = None,
    prob: Array = None,
    rate: Array = None,
) -> Array:
    """Log probability of x."""

    def inside(x: Array) -> Array:
        if log_mean is not None:
            return log_mass_of_log(x, log_mean, concentration)
        if prob is not None:
            return log_mass_of_prob(x, concentration, prob)
        return log_mass(x, concentration / rate if mean is None else mean, concentration)

    return minus_inf_outside(nonnegative_integer.contains(x), x, 0, inside)


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    mean: Array = None,
    concentration: Array = None,
    log_mean: Array = None,
    prob: Array = None,
    rate: Array = None,
) -> Any:
    """Draws of the given shape: a Poisson whose rate is a gamma variable."""
    centre = _mean(concentration, mean, log_mean, prob, rate)
    return rng.poisson(rng.standard_gamma(concentration, shape) * (centre / concentration))


def log_cdf(
    x: Array,
    mean: Array = None,
    concentration: Array = None,
    log_mean: Array = None,
    prob: Array = None,
    rate: Array = None,
) -> Array:
    """Log of P(X <= x)."""
    centre = _mean(concentration, mean, log_mean, prob, rate)
    share = concentration / (concentration + centre)
    return minus_inf_outside(x >= 0, x, 0, lambda x: log_betainc(concentration, np.floor(x) + 1.0, share))


def log_sf(
    x: Array,
    mean: Array = None,
    concentration: Array = None,
    log_mean: Array = None,
    prob: Array = None,
    rate: Array = None,
) -> Array:
    """Log of P(X > x)."""
    centre = _mean(concentration, mean, log_mean, prob, rate)
    below = x < 0
    k = np.floor(np.where(below, 0, x)) + 1.0
    return np.where(below, 0.0, log_betainc(k, concentration, centre / (concentration + centre)))


def mean(
    concentration: Array, mean: Array = None, log_mean: Array = None, prob: Array = None, rate: Array = None
) -> Array:
    """The mean of each form."""
    return _mean(concentration, mean, log_mean, prob, rate)


def variance(
    concentration: Array, mean: Array = None, log_mean: Array = None, prob: Array = None, rate: Array = None
) -> Array:
    """mean + mean² / concentration."""
    centre = _mean(concentration, mean, log_mean, prob, rate)
    return centre + centre**2 / concentration


def oracle(
    x: Any, concentration: Any, mean: Any = None, log_mean: Any = None, prob: Any = None, rate: Any = None
) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    k = concentration
    ways = mp.loggamma(x + k) - mp.loggamma(k) - mp.loggamma(x + 1)
    if prob is not None:
        return ways + k * mp.log(prob) + (x * mp.log1p(-prob) if x else 0)
    m = mean if mean is not None else mp.exp(log_mean) if log_mean is not None else k / rate
    return ways - k * mp.log1p(m / k) - x * mp.log1p(k / m)


distribution = Distribution(
    forms=(
        (Parameter("mean", positive), Parameter("concentration", positive)),
        (Parameter("log_mean", real), Parameter("concentration", positive)),
        (Parameter("concentration", positive), Parameter("prob", unit_interval)),
        (Parameter("concentration", positive), Parameter("rate", positive)),
    ),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"mean": 3.0, "concentration": 2.0},
        {"log_mean": 1.2, "concentration": 2.0},
        {"concentration": 2.0, "prob": 0.3},
        {"concentration": 2.0, "rate": 0.4},
        {"mean": onp.array([[0.1], [4.0], [60.0]]), "concentration": onp.array([0.5, 3.0, 200.0])},
    ),
)
