"""BetaBinomial(n, a, b)

Successes among `n` trials whose probability is a Beta(a, b) variable; mean n a / (a + b).
log p(x) = log(n choose x) + log B(x + a, n - x + b) - log B(a, b), for x = 0, ..., n
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), sec. 6.2.2.
Evaluated in saddle-point form, by the deviance of the table ((x, a), (n - x, b)): Loader (2000).
The distribution function is a sum of at most n + 1 probabilities.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.contingency import digamma_cross, log_gamma_cross, table_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.gamma_ratios import digamma_difference
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.running_sums import log_sum_above, log_sum_below
from ppl.numerics.saddle_point import factorial_remainder, stirling_remainder
from ppl.supports.continuous import positive
from ppl.supports.discrete import integer_interval, nonnegative_integer


def _log_mass(x: Array, n: Array, a: Array, b: Array) -> Array:
    with onp.errstate(all="ignore"):
        y = n - x
        ways = factorial_remainder(n) - factorial_remainder(x) - factorial_remainder(y)
        first = (stirling_remainder(x + a) - stirling_remainder(a)) - 0.5 * onp.log1p(x / a)
        second = (stirling_remainder(y + b) - stirling_remainder(b)) - 0.5 * onp.log1p(y / b)
        both = (stirling_remainder(n + a + b) - stirling_remainder(a + b)) - 0.5 * onp.log1p(n / (a + b))
        usual = ways + first + second - both - table_deviance(x, a, y, b)
        none, all_ = x == 0, y == 0
        edge = -log_gamma_cross(onp.where(none, b, a), n, onp.where(none, a, b))
        return onp.where(none | all_, edge, usual)


def _by_a(_ans: Array, x: Array, n: Array, a: Array, b: Array) -> Array:
    usual = digamma_difference(a, x) - digamma_difference(a + b, n)
    return np.where((x == n) & (x > 0), -digamma_cross(a, n, b), usual)


def _by_b(ans: Array, x: Array, n: Array, a: Array, b: Array) -> Array:
    return _by_a(ans, n - x, n, b, a)


log_mass = elementwise(_log_mass, None, None, _by_a, _by_b)


def log_prob(x: Array, n: Array, a: Array, b: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(integer_interval.contains(x, 0, n), x, 0, lambda x: log_mass(x, n, a, b))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], n: Array, a: Array, b: Array) -> Any:
    """Draws of the given shape."""
    return rng.binomial(onp.asarray(n, dtype=int), rng.beta(a, b, shape))


def log_cdf(x: Array, n: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    return np.where(x >= n, 0.0, log_sum_below(log_prob, np.minimum(x, n), n=n, a=a, b=b))


def log_sf(x: Array, n: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    return np.where(x < 0, 0.0, log_sum_above(log_prob, x, n, n=n, a=a, b=b))


def oracle(x: Any, n: Any, a: Any, b: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    ways = mp.loggamma(n + 1) - mp.loggamma(x + 1) - mp.loggamma(n - x + 1)
    above = mp.loggamma(x + a) + mp.loggamma(n - x + b) - mp.loggamma(n + a + b)
    return ways + above - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


def variance(n: Array, a: Array, b: Array) -> Array:
    """n share (1 - share) (1 + (n - 1) / (a + b + 1)) with share = a / (a + b)."""
    total = a + b
    return n * (a / total) * (b / total) * ((total + n) / (total + 1.0))


distribution = Distribution(
    forms=((Parameter("n", nonnegative_integer), Parameter("a", positive), Parameter("b", positive)),),
    support=integer_interval,
    ends=lambda n, **_shapes: (0, n),
    log_prob=log_prob,
    sample=sample,
    mean=lambda n, a, b: n * (a / (a + b)),
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"n": 10, "a": 2.0, "b": 3.0},
        {"n": onp.array([[1], [20]]), "a": onp.array([0.5, 3.0, 400.0]), "b": onp.array([0.7, 9.0, 20.0])},
    ),
)
