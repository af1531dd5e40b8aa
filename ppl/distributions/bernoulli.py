"""Bernoulli(prob) | Bernoulli(logit=)

One trial: 1 with probability `prob`, else 0. `logit` is log(prob / (1 - prob)).
log p(1) = log prob, log p(0) = log(1 - prob)
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 3.2.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.adjoints import elementwise as elementwise_pullback
from ppl.numerics.elementwise import elementwise
from ppl.numerics.logistic import expit, log_expit
from ppl.numerics.masks import minus_inf_outside, pull_inside
from ppl.supports.continuous import real, unit_interval
from ppl.supports.discrete import boolean


def _log_share(success: Array, prob: Array) -> Array:
    with onp.errstate(divide="ignore"):
        return onp.where(success, onp.log(prob), onp.log1p(-onp.asarray(prob)))


def _log_share_slope(_ans: Array, success: Array, prob: Array) -> Array:
    # Where what happened has probability 0 there is no way up that a slope could show.
    share = np.where(success, prob, prob - 1.0)
    return np.where(share == 0, 0.0, 1.0 / np.where(share == 0, 1.0, share))


log_share = elementwise(_log_share, None, _log_share_slope)


def log_prob(x: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log probability of x."""
    if logit is None:
        return minus_inf_outside(boolean.contains(x), x, 0, lambda x: log_share(x == 1, prob))
    # One softplus of the signed logit: at both ends exact, and cheaper than x logit - softplus(logit).
    return minus_inf_outside(boolean.contains(x), x, 0, lambda x: log_expit((2.0 * x - 1.0) * logit))


def _by_logit(g: Array, _ans: Array, x: Array, logit: Array) -> Array:
    sign = 2.0 * x - 1.0
    return sign * (g * expit(-sign * logit))


def _prob(prob: Array, logit: Array) -> Array:
    return expit(logit) if prob is None else prob


def sample(rng: onp.random.Generator, shape: tuple[int, ...], prob: Array = None, logit: Array = None) -> Any:
    """Draws of the given shape."""
    return (rng.random(shape) < _prob(prob, logit)).astype(int)


def mean(prob: Array = None, logit: Array = None) -> Array:
    """The probability of 1."""
    return _prob(prob, logit)


def variance(prob: Array = None, logit: Array = None) -> Array:
    """prob (1 - prob)."""
    return expit(logit) * expit(-logit) if prob is None else prob * (1.0 - prob)


def log_cdf(x: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log of P(X <= x)."""
    return np.where(x < 0, -np.inf, np.where(x < 1, log_prob(np.zeros(np.shape(x)), prob, logit), 0.0))


def log_sf(x: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log of P(X > x)."""
    return np.where(x < 0, 0.0, np.where(x < 1, log_prob(np.ones(np.shape(x)), prob, logit), -np.inf))


def oracle(x: Any, prob: Any = None, logit: Any = None) -> Any:
    """The definition, in mpmath."""
    import mpmath as mp

    if logit is not None:
        return -mp.log1p(mp.exp(-logit if x == 1 else logit))
    return mp.log(prob) if x == 1 else mp.log1p(-prob)


distribution = Distribution(
    forms=((Parameter("prob", unit_interval),), (Parameter("logit", real),)),
    support=boolean,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    pullbacks={
        ("logit",): pull_inside(boolean.contains, 0, elementwise_pullback(None, _by_logit)),
    },
    examples=(
        {"prob": 0.3},
        {"logit": -1.2},
        {"prob": onp.array([[1e-3], [0.5], [0.999]])},
        {"logit": onp.array([-5.0, 0.0, 2.0])},
    ),
)
