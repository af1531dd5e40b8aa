"""Deviances and the logarithms of ratios they are made of, exact to the last bits where they are nearly 0.

Source: C. Loader (2000), "Fast and accurate computation of binomial probabilities".
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise

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


def _log_ratio_value(a: Array, b: Array) -> Array:
    with onp.errstate(all="ignore"):
        t = (a - b) / onp.asarray(b, dtype=float)
        near = onp.abs(t) < 0.5
        quotient = onp.divide(a, b)
        usual = (quotient > 1e-300) & (quotient < 1e300)
        far = onp.where(usual, onp.log(quotient), onp.log(a) - onp.log(b))
        return onp.where(near, onp.log1p(onp.where(near, t, 0.0)), far)


log_ratio: Elementwise = elementwise(
    _log_ratio_value, lambda _ans, a, _b: 1.0 / a, lambda _ans, _a, b: -1.0 / b, name="log_ratio"
)
"""log(a / b) for a, b > 0, exact to the last bits where they are nearly equal, and never overflowing."""


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


_LOST = 1e-290  # below, a product has begun to lose its digits or has become 0


def _log_ratio_to_product(a: Array, r: Array, x: Array) -> Array:
    m = onp.multiply(r, x, dtype=float)
    usual = _log_ratio_value(a, m)
    if (m >= _LOST).all():
        return usual
    with onp.errstate(all="ignore"):
        return onp.where(m < _LOST, onp.log(a) - onp.log(r) - onp.log(x), usual)


log_ratio_to_product: Elementwise = elementwise(
    _log_ratio_to_product,
    lambda _ans, a, _r, _x: 1.0 / a,
    lambda _ans, _a, r, _x: -1.0 / r,
    lambda _ans, _a, _r, x: -1.0 / x,
)
"""log(a / (r x)), also where r x is too small for a float."""


def _product_deviance(a: Array, r: Array, x: Array) -> Array:
    m = onp.multiply(r, x, dtype=float)
    usual = _deviance(a, m)
    if (m >= _LOST).all():
        return usual
    with onp.errstate(all="ignore"):
        return onp.where((m < _LOST) & (onp.asarray(a) > 0), a * _log_ratio_to_product(a, r, x) - a, usual)


product_deviance: Elementwise = elementwise(
    _product_deviance,
    lambda _ans, a, r, x: np.where(a == 0, 0.0, log_ratio_to_product(_positive(a), r, x)),
    lambda _ans, a, r, x: (r * x - a) / r,
    lambda _ans, a, r, x: (r * x - a) / x,
)
"""The deviance of a from m = r x, also where r x is too small for a float."""


def _binomial_deviance(a: Array, b: Array, p: Array) -> Array:
    n = onp.add(a, b, dtype=float)
    return _product_deviance(a, n, p) + _product_deviance(b, n, 1.0 - onp.asarray(p))


# These are the slopes of the sum; the two summands' own slopes by n cancel exactly, so they are left out.
binomial_deviance: Elementwise = elementwise(
    _binomial_deviance,
    lambda _ans, a, b, p: np.where(a == 0, 0.0, log_ratio_to_product(_positive(a), _positive(a) + b, p)),
    lambda _ans, a, b, p: np.where(
        b == 0, 0.0, log_ratio_to_product(_positive(b), a + _positive(b), 1.0 - p)
    ),
    lambda _ans, a, b, p: b / (1.0 - p) - a / p,
)
"""a log(a / (n p)) + b log(b / (n (1 - p))) with n = a + b: half a binomial's deviance."""
