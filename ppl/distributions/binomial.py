"""Binomial(n, prob) | Binomial(n, logit=)

Successes among `n` independent trials of probability `prob` each. `logit` is log(prob / (1 - prob)).
log p(x) = log(n choose x) + x log prob + (n - x) log(1 - prob), for x = 0, ..., n
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 3.
Evaluated in saddle-point form, by the deviance of x from n prob: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.count_deviance import ENOUGH, count_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.incomplete import log_betainc
from ppl.numerics.logistic import expit, log_expit
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import factorial_remainder, log_ratio, stirling_remainder
from ppl.supports.continuous import real, unit_interval
from ppl.supports.discrete import integer_interval, nonnegative_integer

LARGEST_LOGIT = 700.0  # beyond, one of the probabilities is on its way to 0 and we work with logarithms


def _all_or_nothing(x: Array, n: Array, value: Array, parameter: Array, log_prob: Any, log_not: Any) -> Any:
    """With no failures, or no successes, there is nothing to cancel, and a plain power is exact."""
    ends = onp.broadcast_to((x == 0) | (x == n), onp.shape(value))
    if not ends.any():
        return value
    x, n, parameter = (onp.broadcast_to(given, ends.shape)[ends] for given in (x, n, parameter))
    value = onp.asarray(value)
    value[ends] = onp.where(n == 0, 0.0, -n * onp.where(x == 0, log_not(parameter), log_prob(parameter)))
    return value[()]


def _prob_deviance(x: Array, n: Array, prob: Array) -> Array:
    with onp.errstate(all="ignore"):
        prob = onp.asarray(prob, dtype=float)
        m = n * prob
        inner = count_deviance(x, m, m - x) + count_deviance(n - x, n * (1.0 - prob), x - m)
        return _all_or_nothing(x, n, inner, prob, onp.log, lambda p: onp.log1p(-p))


def _prob_slope(ans: Array, x: Array, n: Array, prob: Array) -> Array:
    # x / prob and (n - x) / (1 - prob), where what did not happen has no say.
    no_success, no_failure = x == 0, x == n
    impossible = np.isinf(ans)
    rise = np.where(no_success | impossible, 0.0, x / np.where(no_success | impossible, 1.0, prob))
    fall = np.where(
        no_failure | impossible, 0.0, (n - x) / np.where(no_failure | impossible, 1.0, 1.0 - prob)
    )
    return fall - rise


def _logit_deviance(x: Array, n: Array, logit: Array) -> Array:
    with onp.errstate(all="ignore"):
        logit, y = onp.asarray(logit, dtype=float), n - x
        tail = onp.exp(-onp.abs(logit))
        rare, common, failing = n * (tail / (1.0 + tail)), n / (1.0 + tail), logit < 0
        # How many more successes than x were expected, from the side that knows it best; by the middle,
        # where it matters, from how far both are from n / 2.
        d = onp.asarray(onp.where(failing, rare - x, y - rare))
        middle = (onp.abs(logit) < 1) & (onp.abs(d) > ENOUGH)
        if middle.any():
            x_there, n_there, logit_there = (onp.broadcast_to(v, d.shape)[middle] for v in (x, n, logit))
            d[middle] = 0.5 * n_there * onp.tanh(0.5 * logit_there) - (x_there - 0.5 * n_there)
        inner = count_deviance(x, onp.where(failing, rare, common), d)
        inner = inner + count_deviance(y, onp.where(failing, common, rare), -d)
        extreme = onp.abs(logit) > LARGEST_LOGIT
        if extreme.any():
            plain = x * onp.log(x / n) + y * onp.log(y / n) - x * log_expit(logit) - y * log_expit(-logit)
            inner = onp.where(extreme, plain, inner)
        return _all_or_nothing(x, n, inner, logit, log_expit, lambda v: log_expit(-v))


# Half the deviance, x log(x / (n prob)) + (n - x) log((n - x) / (n (1 - prob))), by either parameter.
prob_deviance = elementwise(_prob_deviance, None, None, _prob_slope)
logit_deviance = elementwise(
    _logit_deviance, None, None, lambda _ans, x, n, logit: (n - x) * expit(logit) - x * expit(-logit)
)


def _ways(x: Array, n: Array) -> Array:
    """log(n choose x) less what the deviances hold; the remainders of n and the larger part nearly cancel."""
    small, large = np.minimum(x, n - x), np.maximum(np.maximum(x, n - x), 0.5)
    beside = 0.5 * log_ratio(np.maximum(n, 0.5), large) + stirling_remainder(np.maximum(n, 0.5))
    return beside - stirling_remainder(large) - factorial_remainder(small)


def log_prob(x: Array, n: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log probability of x."""

    def inside(x: Array) -> Array:
        from_mode = prob_deviance(x, n, prob) if logit is None else logit_deviance(x, n, logit)
        return _ways(x, n) - from_mode

    return minus_inf_outside(integer_interval.contains(x, 0, n), x, 0, inside)


def _prob(prob: Array, logit: Array) -> Array:
    return expit(logit) if prob is None else prob


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    n: Array,
    prob: Array = None,
    logit: Array = None,
) -> Any:
    """Draws of the given shape."""
    return rng.binomial(onp.asarray(n, dtype=int), _prob(prob, logit), shape)


def mean(n: Array, prob: Array = None, logit: Array = None) -> Array:
    """n prob."""
    return n * _prob(prob, logit)


def variance(n: Array, prob: Array = None, logit: Array = None) -> Array:
    """n prob (1 - prob)."""
    return n * (expit(logit) * expit(-logit) if prob is None else prob * (1.0 - prob))


def _between(x: Array, n: Array, log_mass: Any, below: float, above: float) -> Array:
    """`log_mass(k)` of the whole k <= x where 0 <= k < n, and constants on either side."""
    k = np.floor(x)
    middle = (k >= 0) & (k < n)
    some = np.where(middle, k, 0.0)
    return np.where(middle, log_mass(some, np.where(middle, n, 1.0)), np.where(k < 0, below, above))


def log_cdf(x: Array, n: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log of P(X <= x): of n uniform variables, the (x + 1)-th smallest is above `prob`."""
    failure = 1.0 - prob if logit is None else expit(-logit)
    return _between(x, n, lambda k, n: log_betainc(n - k, k + 1.0, failure), -np.inf, 0.0)


def log_sf(x: Array, n: Array, prob: Array = None, logit: Array = None) -> Array:
    """Log of P(X > x)."""
    return _between(x, n, lambda k, n: log_betainc(k + 1.0, n - k, _prob(prob, logit)), 0.0, -np.inf)


def oracle(x: Any, n: Any, prob: Any = None, logit: Any = None) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    log_prob = mp.log(prob) if logit is None else -mp.log1p(mp.exp(-logit))
    log_not = mp.log1p(-prob) if logit is None else -mp.log1p(mp.exp(logit))
    ways = mp.loggamma(n + 1) - mp.loggamma(x + 1) - mp.loggamma(n - x + 1)
    return ways + (x * log_prob if x else 0) + ((n - x) * log_not if n != x else 0)


distribution = Distribution(
    forms=(
        (Parameter("n", nonnegative_integer), Parameter("prob", unit_interval)),
        (Parameter("n", nonnegative_integer), Parameter("logit", real)),
    ),
    support=integer_interval,
    ends=lambda n, **_prob: (0, n),
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"n": 10, "prob": 0.3},
        {"n": 4, "logit": -1.2},
        {"n": onp.array([1, 20, 300]), "prob": onp.array([[0.02], [0.5], [0.9]])},
        {"n": onp.array([[1], [20]]), "logit": onp.array([-4.0, 0.0, 2.0])},
    ),
)
