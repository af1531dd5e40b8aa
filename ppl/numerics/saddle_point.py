"""Saddle-point pieces of densities with gamma functions: deviance and Stirling remainder.

log Gamma(a) and a log(m) are huge and nearly cancel; written as a deviance (which is 0 where a = m) and a
remainder (which varies like a log), a density keeps its digits. Source: C. Loader (2000), "Fast and accurate
computation of binomial probabilities"; the remainder's series is Abramowitz & Stegun 6.1.41.
"""

from __future__ import annotations

import math

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.special import from_scipy

HALF_LOG_2PI = 0.9189385332046727
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
LARGE = 9.0  # from here on the nine terms above are exact to the last bit
# log(1 + t) - t with r = t / (2 + t) is r (2 r² (1/3 + r²/5 + ...) - t): the coefficients, last first.
_ATANH = onp.array([2.0 / k for k in range(37, 1, -2)])


def _log1pmx(t: Array) -> Array:
    t = onp.asarray(t, dtype=float)
    near = onp.abs(t) < 0.5
    r = onp.where(near, t, 0.0)
    r = r / (2.0 + r)
    r2 = r * r
    series = r * (r2 * onp.polyval(_ATANH, r2) - t)
    if near.all():
        return series
    with onp.errstate(divide="ignore", invalid="ignore"):
        return onp.where(near, series, onp.log1p(onp.where(near, 0.0, t)) - t)


log1pmx: Elementwise = elementwise(_log1pmx, lambda _ans, t: -t / (1.0 + t))
"""log(1 + t) - t, with its digits kept near 0."""


def log_ratio(a: Array, b: Array) -> Array:
    """log(a / b) for a, b > 0, exact to the last bits where they are nearly equal, and never overflowing."""
    return _log_ratio(a, b)


def _log_ratio_value(a: Array, b: Array) -> Array:
    with onp.errstate(all="ignore"):
        t = (a - b) / onp.asarray(b, dtype=float)
        near = onp.abs(t) < 0.5
        quotient = onp.divide(a, b)
        usual = (quotient > 1e-300) & (quotient < 1e300)
        far = onp.where(usual, onp.log(quotient), onp.log(a) - onp.log(b))
        return onp.where(near, onp.log1p(onp.where(near, t, 0.0)), far)


_log_ratio: Elementwise = elementwise(
    _log_ratio_value, lambda _ans, a, _b: 1.0 / a, lambda _ans, _a, b: -1.0 / b, name="log_ratio"
)


def _deviance(a: Array, m: Array) -> Array:
    a, m = onp.asarray(a, dtype=float), onp.asarray(m, dtype=float)
    with onp.errstate(all="ignore"):
        t = (m - a) / a
        near = onp.abs(t) < 0.5
        by_series = -a * _log1pmx(onp.where(near, t, 0.0))
        if near.all():
            return by_series
        far = onp.where(a == 0, m, a * _log_ratio_value(a, m) + (m - a))
        return onp.where(near, by_series, far)


def _positive(a: Array) -> Array:
    return np.where(a == 0, 1.0, a)


deviance: Elementwise = elementwise(
    _deviance,
    lambda _ans, a, m: np.where(a == 0, 0.0, log_ratio(_positive(a), m)),
    lambda _ans, a, m: (m - a) / m,
)
"""a log(a / m) + m - a, for a >= 0 and m > 0: half a Poisson's deviance, Loader's bd0(a, m)."""


def _binomial_deviance(a: Array, b: Array, p: Array) -> Array:
    n = onp.asarray(a + b, dtype=float)
    return _deviance(a, n * p) + _deviance(b, n * (1.0 - onp.asarray(p)))


# These are the slopes of the sum; the two summands' own slopes by n cancel exactly, so they are left out.
binomial_deviance: Elementwise = elementwise(
    _binomial_deviance,
    lambda _ans, a, b, p: np.where(a == 0, 0.0, log_ratio(_positive(a), (_positive(a) + b) * p)),
    lambda _ans, a, b, p: np.where(b == 0, 0.0, log_ratio(_positive(b), (a + _positive(b)) * (1.0 - p))),
    lambda _ans, a, b, p: b / (1.0 - p) - a / p,
)
"""a log(a / (n p)) + b log(b / (n (1 - p))) with n = a + b: half a binomial's deviance."""


def _stirling(x: Array, order: int) -> Array:
    """The `order`-th derivative of the sum of B_2k / (2k (2k - 1) x^(2k - 1))."""
    inverse_square = 1.0 / (x * x)
    total = onp.zeros(onp.shape(x))
    for k in range(len(BERNOULLI), 0, -1):
        power = 2 * k - 1
        rising = (-1) ** order * math.prod(range(power, power + order))
        total = total * inverse_square + BERNOULLI[k - 1] * rising / (2 * k * power)
    return total / x / x**order


def _stirling_remainder(x: Array, order: int = 0) -> Array:
    x = onp.asarray(x, dtype=float)
    with onp.errstate(all="ignore"):
        large = _stirling(onp.maximum(x, LARGE), order)
        if (x >= LARGE).all():
            return large
        return onp.where(x >= LARGE, large, _small_remainder(onp.minimum(x, LARGE), order))


def _small_remainder(x: Array, order: int) -> Array:
    if order == 0:
        # In the middle the logarithm is taken last, of a quotient near 1; by 0 it would lose its own digits.
        middle = onp.log(from_scipy("gamma", x) * onp.exp(x) / x**x * onp.sqrt(x)) - HALF_LOG_2PI
        tiny = from_scipy("gammaln", x) - (x - 0.5) * onp.log(x) + x - HALF_LOG_2PI
        return onp.where(x > 0.5, middle, tiny)
    if order == 1:
        return from_scipy("digamma", x) - onp.log(x) + 0.5 / x
    sign = (-1) ** order
    powers = sign * math.factorial(order - 2) * x ** (1.0 - order)
    return from_scipy("polygamma", order - 1, x) - powers - sign * 0.5 * math.factorial(order - 1) / x**order


stirling_remainder: Elementwise = elementwise(
    _stirling_remainder,
    lambda _ans, x, order=0: stirling_remainder(x, order + 1),
    None,
)
"""log Gamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2], or its `order`-th derivative."""


def _factorial_remainder(x: Array, order: int = 0) -> Array:
    x = onp.asarray(x, dtype=float)
    with onp.errstate(all="ignore"):
        safe = onp.maximum(x, LARGE)
        log_part = 0.5 * onp.log(safe) + HALF_LOG_2PI if order == 0 else _half_log_slope(safe, order)
        large = _stirling(safe, order) + log_part
        if (x >= LARGE).all():
            return large
        return onp.where(x >= LARGE, large, _small_factorial(onp.minimum(x, LARGE), order))


def _half_log_slope(x: Array, order: int) -> Array:
    return 0.5 * (-1) ** (order - 1) * math.factorial(order - 1) / x**order


def _small_factorial(x: Array, order: int) -> Array:
    if order == 0:
        middle = onp.log(from_scipy("gamma", x + 1.0) * onp.exp(x) / x**x)
        tiny = from_scipy("gammaln", x + 1.0) - onp.where(x == 0, 0.0, x * onp.log(x)) + x
        return onp.where(x > 0.5, middle, tiny)
    if order == 1:
        return from_scipy("digamma", x + 1.0) - onp.log(x)
    power = (-1) ** order * math.factorial(order - 2) * x ** (1.0 - order)
    return from_scipy("polygamma", order - 1, x + 1.0) - power


factorial_remainder: Elementwise = elementwise(
    _factorial_remainder,
    lambda _ans, x, order=0: factorial_remainder(x, order + 1),
    None,
)
"""log Gamma(x + 1) - x log x + x, or its `order`-th derivative; 0 at 0, about log(2 pi x) / 2 far out."""
