"""LogSeries(prob)

Counts of individuals per species, and of other things seen at least once: p(x) goes like prob^x / x.
log p(x) = x log prob - log x - log(-log(1 - prob)), for x = 1, 2, 3, ...
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 7.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.elementwise import elementwise
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.pieces import polynomial
from ppl.numerics.special import from_scipy
from ppl.supports.continuous import unit_interval
from ppl.supports.discrete import positive_integer

_RECIPROCALS = [1.0 / k for k in range(2, 33)]


def _log_mass(x: Array, prob: Array) -> Array:
    with onp.errstate(all="ignore"):
        p = onp.asarray(prob, dtype=float)
        # -log(1 - prob) = prob (1 + prob/2 + ...): one prob is taken out, so that P(1) may be next to 1.
        series = onp.log1p(p * polynomial(_RECIPROCALS, p))
        excess = onp.where(p < 0.3, series, onp.log(-onp.log1p(-p) / p))
        return onp.where(onp.asarray(x) == 1, 0.0, (x - 1.0) * onp.log(p) - onp.log(x)) - excess


def _by_prob(ans: Array, x: Array, prob: Array) -> Array:
    impossible = np.isinf(ans)
    p = np.where(impossible | (prob == 0), 0.5, prob)
    small = p < 1e-5
    log_not = np.log1p(-np.where(small, 0.5, p))
    # (x - 1) / p less the slope of log(-log(1 - p) / p).
    bend = np.where(small, 0.5 + 5.0 / 12.0 * p, -1.0 / ((1.0 - p) * log_not) - 1.0 / p)
    return np.where(impossible | (prob == 0), np.where(impossible, 0.0, -0.5), (x - 1.0) / p - bend)


log_mass = elementwise(_log_mass, None, _by_prob)


def log_prob(x: Array, prob: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(positive_integer.contains(x), x, 1, lambda x: log_mass(x, prob))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], prob: Array) -> Any:
    """Draws of the given shape."""
    return rng.logseries(prob, shape)


def _log_beyond(k: Array, prob: Array) -> Array:
    series = from_scipy("hyp2f1", 1.0, k + 1.0, k + 2.0, prob)
    return (k + 1.0) * onp.log(prob) - onp.log(k + 1.0) + onp.log(series)


# log of the sum of prob^j / j over j > k, whose slope is a geometric series.
log_beyond = elementwise(_log_beyond, None, lambda ans, k, p: np.exp(k * np.log(p) - np.log1p(-p) - ans))


def log_sf(x: Array, prob: Array) -> Array:
    """Log of P(X > x)."""
    below = x < 1
    k = np.floor(np.where(below, 1.0, x))
    return np.where(below, 0.0, log_beyond(k, prob) - np.log(-np.log1p(-prob)))


def log_cdf(x: Array, prob: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x >= 1, x, 1, lambda x: log1mexp(log_sf(x, prob)))


def oracle(x: Any, prob: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return x * mp.log(prob) - mp.log(x) - mp.log(-mp.log1p(-prob))


def mean(prob: Array) -> Array:
    """prob / ((1 - prob) log(1 / (1 - prob)))."""
    return -prob / ((1.0 - prob) * np.log1p(-prob))


distribution = Distribution(
    forms=((Parameter("prob", unit_interval),),),
    support=positive_integer,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=lambda prob: mean(prob) * (1.0 / (1.0 - prob) - mean(prob)),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"prob": 0.3},
        {"prob": onp.array([[0.02], [0.5], [0.95]])},
    ),
)
