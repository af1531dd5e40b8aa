"""Log of the regularised incomplete beta function by the odds, and Student's distribution function by it.

With the odds w = x / (1 - x) both ends keep their digits, and the upper tail of (a, b) at w is the lower one
of (b, a) at 1 / w. Values and slopes are had as in `incomplete_gamma`.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.fractions import STEP, beta_fraction
from ppl.numerics.gamma_ratios import digamma_difference, log_gamma_half_step
from ppl.numerics.incomplete_gamma import TINY, central_difference, log_of_pair
from ppl.numerics.saddle_point import HALF_LOG_2PI, deviance, stirling_remainder
from ppl.numerics.special import from_scipy
from ppl.numerics.student import student_kernel

LOG_2 = 0.6931471805599453


def _log_kernel(a: Array, b: Array, w: Array) -> Array:
    """a log x + b log(1 - x) - log B(a, b), in saddle-point form."""
    n = a + b
    remainders = stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(n)
    deviances = deviance(a, n / (1.0 + 1.0 / w)) + deviance(b, n / (1.0 + w))
    return 0.5 * (np.log(a) + np.log(b) - np.log(n)) - HALF_LOG_2PI - remainders - deviances


def _floats(*arrays: Array) -> Any:
    return onp.broadcast_arrays(*(onp.asarray(array, dtype=float) for array in arrays))


def _log_betainc_of_odds(a: Array, b: Array, w: Array) -> Array:
    a, b, w = _floats(a, b, w)
    with onp.errstate(all="ignore"):
        x, y = 1.0 / (1.0 + 1.0 / w), 1.0 / (1.0 + w)
        left = w < 1.0
        p = onp.where(left, from_scipy("betainc", a, b, x), from_scipy("betaincc", b, a, y))
        q = onp.where(left, from_scipy("betaincc", a, b, x), from_scipy("betainc", b, a, y))
        value = log_of_pair(p, q)
        lost = (value < onp.log(TINY)) & (w > 0)
        if lost.any():
            fraction = beta_fraction(a, b, onp.where(lost, x, 0.0)).real
            value = onp.where(lost, _log_kernel(a, b, w) - onp.log(a) + onp.log(fraction), value)
        return value


def _slopes(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Derivatives of the log by a and by b."""
    a, b, w = _floats(a, b, w)
    with onp.errstate(all="ignore"):
        # The fraction is quick left of the mean; right of it the other tail is taken, and turned round.
        turned = 1.0 / (1.0 + 1.0 / w) >= (a + 1.0) / (a + b + 2.0)
        either: Any = onp.where
        c, d, v = either(turned, b, a), either(turned, a, b), either(turned, 1.0 / w, w)
        x = 1.0 / (1.0 + 1.0 / v)
        by_c = beta_fraction(c + 1j * STEP, d, x)
        by_d = beta_fraction(c, d + 1j * STEP, x)
        first = digamma_difference(c, d) - onp.log1p(1.0 / v) - 1.0 / c + by_c.imag / STEP / by_c.real
        second = digamma_difference(d, c) - onp.log1p(v) + by_d.imag / STEP / by_d.real
        turn = -onp.exp(_log_betainc_of_odds(b, a, 1.0 / w) - _log_betainc_of_odds(a, b, w))
        return onp.where(turned, turn * second, first), onp.where(turned, turn * first, second)


_slope_by_a: Elementwise = elementwise(
    lambda a, b, w: _slopes(a, b, w)[0],
    lambda _ans, a, b, w: central_difference(lambda at: _slope_by_a(at, b, w), a),
    lambda _ans, a, b, w: central_difference(lambda at: _slope_by_a(a, at, w), b),
    lambda ans, a, b, w: _slope_by_odds(a, b, w) * (digamma_difference(a, b) - np.log1p(1.0 / w) - ans),
    name="log_betainc_slope_by_a",
)
_slope_by_b: Elementwise = elementwise(
    lambda a, b, w: _slopes(a, b, w)[1],
    lambda _ans, a, b, w: central_difference(lambda at: _slope_by_b(at, b, w), a),
    lambda _ans, a, b, w: central_difference(lambda at: _slope_by_b(a, at, w), b),
    lambda ans, a, b, w: _slope_by_odds(a, b, w) * (digamma_difference(b, a) - np.log1p(w) - ans),
    name="log_betainc_slope_by_b",
)


def _slope_by_odds(a: Array, b: Array, w: Array) -> Array:
    return np.exp(_log_kernel(a, b, w) - log_betainc_of_odds(a, b, w)) / w


log_betainc_of_odds: Elementwise = elementwise(
    _log_betainc_of_odds,
    lambda _ans, a, b, w: _slope_by_a(a, b, w),
    lambda _ans, a, b, w: _slope_by_b(a, b, w),
    lambda ans, a, b, w: np.exp(_log_kernel(a, b, w) - ans) / w,
)
"""log I_x(a, b) at x = w / (1 + w)."""


def log_half_student_cdf(t: Array, df: Array) -> Array:
    """log P(|T| <= t) for t > 0 and Student's T with df degrees of freedom."""
    return log_betainc_of_odds(0.5, 0.5 * df, t * t / df)


def _log_student_cdf(t: Array, df: Array) -> Array:
    with onp.errstate(all="ignore"):
        beyond = _log_betainc_of_odds(0.5 * onp.asarray(df), 0.5, df / (t * onp.asarray(t)))
        return onp.where(t < 0, beyond - LOG_2, onp.log1p(-0.5 * onp.exp(beyond)))


def _slope_by_df(ans: Array, t: Array, df: Array) -> Array:
    size = np.abs(t)
    size = np.where(size < 1e-100, 1e-100, size)  # the odds below stay finite
    half, w = 0.5 * df, df / size**2
    beyond = log_betainc_of_odds(half, 0.5, w)
    slope = 0.5 * _slope_by_a(half, 0.5, w) + np.exp(_log_kernel(half, 0.5, w) - beyond) / df
    return np.where(t < 0, slope, -slope * np.exp(beyond - LOG_2 - ans))


def _log_student_density(t: Array, df: Array) -> Array:
    return log_gamma_half_step(0.5 * df) - HALF_LOG_2PI - student_kernel(t, df)


log_student_cdf: Elementwise = elementwise(
    _log_student_cdf,
    lambda ans, t, df: np.exp(_log_student_density(t, df) - ans),
    _slope_by_df,
)
"""log P(T <= t) for Student's T with df degrees of freedom; the upper tail is that of -t."""
