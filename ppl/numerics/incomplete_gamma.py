"""Logs of the regularised incomplete gamma function, in both tails, with slopes by both arguments.

scipy's values serve where they are neither 0 nor 1; the tails, and the slopes by the shape, are summed in
`fractions`. The slope of the slope by the shape, which only curvature asks for, is a central difference.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.fractions import STEP, lower_gamma_series, upper_gamma_fraction
from ppl.numerics.saddle_point import (
    HALF_LOG_2PI,
    deviance,
    factorial_remainder,
    log_ratio,
    stirling_remainder,
)
from ppl.numerics.special import from_scipy

TINY = 1e-280


def log_of_pair(p: Array, q: Array) -> Array:
    """log(p) where p + q = 1, from the smaller of the two."""
    with onp.errstate(divide="ignore"):
        return onp.where(p < 0.5, onp.log(p), onp.log1p(-onp.minimum(q, 0.5)))


def central_difference(slope: Array, at: Array) -> Array:
    """Derivative of `slope`, a function of one positive array, good to about nine digits."""
    h = 1e-5 * at
    return (slope(at + h) - slope(at - h)) / (2.0 * h)


def _log_kernel(a: Array, x: Array) -> Array:
    """a log x - x - log Gamma(a), in saddle-point form."""
    return 0.5 * np.log(a) - HALF_LOG_2PI - stirling_remainder(a) - deviance(a, x)


def _log_gammainc(a: Array, x: Array) -> Array:
    value = log_of_pair(from_scipy("gammainc", a, x), from_scipy("gammaincc", a, x))
    lost = (value < onp.log(TINY)) & (onp.asarray(x) > 0)
    if lost.any():
        series = lower_gamma_series(onp.asarray(a, dtype=float), onp.where(lost, x, 0.0)).real
        with onp.errstate(all="ignore"):
            value = onp.where(lost, _log_kernel(a, x) - onp.log(a) + onp.log(series), value)
    return value


def _log_gammaincc(a: Array, x: Array) -> Array:
    value = log_of_pair(from_scipy("gammaincc", a, x), from_scipy("gammainc", a, x))
    lost = (value < onp.log(TINY)) & (onp.asarray(x) < onp.inf)
    if lost.any():
        far = onp.where(lost, x, 10.0 * a + 100.0)
        with onp.errstate(all="ignore"):
            fraction = upper_gamma_fraction(onp.asarray(a, dtype=float), far).real
            value = onp.where(lost, _log_kernel(a, x) + onp.log(fraction), value)
    return value


def _slopes(a: Array, x: Array) -> tuple[Array, Array]:
    """Derivatives by a of the logs of both tails."""
    a, x = onp.broadcast_arrays(onp.asarray(a, dtype=float), onp.asarray(x, dtype=float))
    left = x < a + 1.0
    with onp.errstate(all="ignore"):
        series = lower_gamma_series(a + 1j * STEP, onp.where(left, x, 0.0))
        fraction = upper_gamma_fraction(a + 1j * STEP, onp.where(left, 10.0 * a + 100.0, x))
        common = log_ratio(x, a) - factorial_remainder(a, 1)
        lower = common + (series.imag / STEP) / series.real
        upper = common + 1.0 / a + (fraction.imag / STEP) / fraction.real
        odds = onp.exp(_log_gammainc(a, x) - _log_gammaincc(a, x))
        return onp.where(left, lower, -upper / odds), onp.where(left, -lower * odds, upper)


_lower_slope: Elementwise = elementwise(
    lambda a, x: _slopes(a, x)[0],
    lambda _ans, a, x: central_difference(lambda at: _lower_slope(at, x), a),
    lambda ans, a, x: np.exp(_log_kernel(a, x) - log_gammainc(a, x)) / x * (_log_x_minus_digamma(a, x) - ans),
    name="log_gammainc_slope",
)
_upper_slope: Elementwise = elementwise(
    lambda a, x: _slopes(a, x)[1],
    lambda _ans, a, x: central_difference(lambda at: _upper_slope(at, x), a),
    lambda ans, a, x: (
        -np.exp(_log_kernel(a, x) - log_gammaincc(a, x)) / x * (_log_x_minus_digamma(a, x) - ans)
    ),
    name="log_gammaincc_slope",
)


def _log_x_minus_digamma(a: Array, x: Array) -> Array:
    return log_ratio(x, a) - factorial_remainder(a, 1) + 1.0 / a


log_gammainc: Elementwise = elementwise(
    _log_gammainc,
    lambda _ans, a, x: _lower_slope(a, x),
    lambda ans, a, x: np.exp(_log_kernel(a, x) - ans) / x,
)
"""log P(a, x): log of the gamma distribution function of shape a."""

log_gammaincc: Elementwise = elementwise(
    _log_gammaincc,
    lambda _ans, a, x: _upper_slope(a, x),
    lambda ans, a, x: -np.exp(_log_kernel(a, x) - ans) / x,
)
"""log Q(a, x) = log(1 - P(a, x))."""
