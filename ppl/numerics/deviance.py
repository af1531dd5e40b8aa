"""Deviances and the logarithms of ratios they are made of, exact to the last bits where they are nearly 0.

Source: C. Loader (2000), "Fast and accurate computation of binomial probabilities".
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.pieces import by_pieces, polynomial

_NEAR = 0.4
# log(1 + t) - t with r = t / (2 + t) is r (2 r² (1/3 + r²/5 + ...) - t).
_ATANH = [2.0 / k for k in range(3, 31, 2)]


def _by_series(t: Array) -> Array:
    r = t / (2.0 + t)
    r2 = r * r
    return r * (r2 * polynomial(_ATANH, r2) - t)


def _log1pmx(t: Array) -> Array:
    t = onp.asarray(t, dtype=float)
    near = onp.abs(t) < _NEAR
    with onp.errstate(divide="ignore", invalid="ignore"):
        return by_pieces((t,), (near, _by_series), (~near, lambda t: onp.log1p(t) - t))


log1pmx: Elementwise = elementwise(_log1pmx, lambda _ans, t: -t / (1.0 + t))
"""log(1 + t) - t, with its digits kept near 0."""


def _far_log_ratio(a: Array, b: Array) -> Array:
    quotient = onp.divide(a, b)
    usual = (quotient > 1e-300) & (quotient < 1e300)
    return by_pieces(
        (a, b), (usual, lambda a, b: onp.log(a / b)), (~usual, lambda a, b: onp.log(a) - onp.log(b))
    )


def _log_ratio_value(a: Array, b: Array) -> Array:
    a, b = onp.asarray(a, dtype=float), onp.asarray(b, dtype=float)
    with onp.errstate(all="ignore"):
        quotient, gap = a / b, a - b
        near = onp.abs(gap) < 0.5 * b
        value = onp.log(quotient)
        value = onp.where(near, onp.log1p(onp.where(near, gap / b, 0.0)), value)
        if (quotient > 1e-300).all() and (quotient < 1e300).all():
            return value
        return onp.where(near, value, _far_log_ratio(a, b))


log_ratio: Elementwise = elementwise(
    _log_ratio_value, lambda _ans, a, _b: 1.0 / a, lambda _ans, _a, b: -1.0 / b, name="log_ratio"
)
"""log(a / b) for a, b > 0, exact to the last bits where they are nearly equal, and never overflowing."""


def _far_deviance(a: Array, m: Array) -> Array:
    return onp.where(m == onp.inf, onp.inf, a * _far_log_ratio(a, m) + (m - a))


def _deviance(a: Array, m: Array) -> Array:
    a, m = onp.asarray(a, dtype=float), onp.asarray(m, dtype=float)
    with onp.errstate(all="ignore"):
        near, none = onp.abs(m - a) < _NEAR * a, a == 0
        return by_pieces(
            (a, m),
            (near, lambda a, m: -a * _by_series((m - a) / a)),
            (~near & ~none, _far_deviance),
            (none & ~near, lambda _, m: m),
        )


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


def _log_share_ratio(a: Array, b: Array, p: Array, q: Array) -> Array:
    m, gap = (a + b) * p, a * q - b * p
    near = onp.abs(gap) < 0.5 * m
    if near.all():
        return onp.log1p(gap / m)
    with onp.errstate(all="ignore"):
        far = _log_ratio_to_product(a, a + b, p)
        return onp.where(near, onp.log1p(onp.where(near, gap / m, 0.0)), far)


# Since q = 1 - p comes along only for its digits, the whole slope is told to p.
log_share_ratio: Elementwise = elementwise(
    _log_share_ratio,
    lambda _ans, a, b, _p, _q: b / a / (a + b),
    lambda _ans, a, b, _p, _q: -1.0 / (a + b),
    lambda _ans, _a, _b, p, _q: -1.0 / p,
    lambda _ans, _a, _b, _p, _q: 0.0,
)
"""log(a / ((a + b) p)) for q = 1 - p: how far the share a : b is from p : q, and 0 where they agree."""


def _binomial_deviance(a: Array, b: Array, p: Array) -> Array:
    n = onp.add(a, b, dtype=float)
    return _product_deviance(a, n, p) + _product_deviance(b, n, 1.0 - onp.asarray(p))


# These are the slopes of the sum; the two summands' own slopes by n cancel exactly, so they are left out.
binomial_deviance: Elementwise = elementwise(
    _binomial_deviance,
    lambda _ans, a, b, p: np.where(a == 0, 0.0, log_share_ratio(_positive(a), b, p, 1.0 - p)),
    lambda _ans, a, b, p: np.where(b == 0, 0.0, log_share_ratio(_positive(b), a, 1.0 - p, p)),
    lambda _ans, a, b, p: b / (1.0 - p) - a / p,
)
"""a log(a / (n p)) + b log(b / (n (1 - p))) with n = a + b: half a binomial's deviance."""
