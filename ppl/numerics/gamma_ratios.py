"""Differences of log-gammas and of digammas, with their digits kept and gradient rules of their own.

Everything is a remainder (see stirling) plus logarithms of ratios. For differences of digammas, the
asymptotic series (Abramowitz & Stegun 6.3.18) is subtracted term by term, each difference by expm1, after a
shift of small arguments by the recurrence; so nothing cancels, however far apart or close they are.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.special import polygamma
from ppl.numerics.stirling import BERNOULLI, HALF_LOG_2PI, LARGE, stirling_remainder


def _digamma_difference(a: Array, b: Array) -> Array:
    a, b = onp.broadcast_arrays(onp.asarray(a, dtype=float), onp.asarray(b, dtype=float))
    total = onp.zeros(a.shape)
    with onp.errstate(all="ignore"):
        while (small := a < LARGE).any():
            total = total + onp.where(small, (b / a) / (a + b), 0.0)
            a = onp.where(small, a + 1.0, a)
        log_growth = onp.log1p(b / a)
        total = total + log_growth + 0.5 * (b / a) / (a + b)
        for k in range(1, len(BERNOULLI) + 1):
            total = total - BERNOULLI[k - 1] / (2 * k) * onp.expm1(-2 * k * log_growth) / a ** (2 * k)
    return total


digamma_difference: Elementwise = elementwise(
    _digamma_difference,
    lambda _ans, a, b: polygamma(1, a + b) - polygamma(1, a),
    lambda _ans, a, b: polygamma(1, a + b),
)
"""digamma(a + b) - digamma(a) for a > 0, b >= 0, accurate to the last bits also where b is tiny beside a."""


def _lbeta(a: Array, b: Array) -> Array:
    a, b = onp.asarray(a, dtype=float), onp.asarray(b, dtype=float)
    small, large = onp.minimum(a, b), onp.maximum(a, b)
    n = small + large
    with onp.errstate(all="ignore"):
        remainders = stirling_remainder(small) + (stirling_remainder(large) - stirling_remainder(n))
        rate = onp.log(small / n)
        rate = onp.where(onp.isfinite(rate), rate, onp.log(small) - onp.log(n))
        return (
            (small - 0.5) * rate + (large * onp.log1p(-small / n)) - 0.5 * onp.log(large) + HALF_LOG_2PI
        ) + remainders


lbeta: Elementwise = elementwise(
    _lbeta,
    lambda _ans, a, b: -digamma_difference(a, b),
    lambda _ans, a, b: -digamma_difference(b, a),
)
"""log of the beta function: log Gamma(a) + log Gamma(b) - log Gamma(a + b)."""


def log_binomial_coefficient(n: Array, k: Array) -> Array:
    """log(n choose k), for real 0 <= k <= n."""
    return -np.log1p(n) - lbeta(n - k + 1.0, k + 1.0)


# log(Gamma(x + 1/2) / Gamma(x)) - log(x) / 2 ~ sum of B_2k (2^(1 - 2k) - 2) / (2k (2k - 1) x^(2k - 1))
_HALF_STEP = [
    b * (2.0 ** (1 - 2 * k) - 2.0) / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, start=1)
]


_HALF_STEP_SLOPE = [-(2 * k - 1) * c for k, c in enumerate(_HALF_STEP, start=1)]


def _log_gamma_half_step(x: Array) -> Array:
    x = onp.asarray(x, dtype=float)
    total = onp.zeros(x.shape)
    with onp.errstate(divide="ignore"):
        # A step of the recurrence adds log(x / (x + 1/2)) + log(1 + 1 / x) / 2: here without the difference.
        while (small := x < LARGE).any():
            total = total - onp.where(small, 0.5 * onp.log1p(0.25 / (x * (x + 1.0))), 0.0)
            x = onp.where(small, x + 1.0, x)
    return total + onp.polyval(onp.array(_HALF_STEP[::-1]), 1.0 / x**2) / x


log_gamma_half_step: Elementwise = elementwise(_log_gamma_half_step, lambda _ans, x: _half_step_slope(x))
"""log(Gamma(x + 1/2) / (Gamma(x) sqrt(x))): how far Student's peak is below Gauss's; rises to 0."""


def _half_step_slope_value(x: Array) -> Array:
    x = onp.asarray(x, dtype=float)
    total = onp.zeros(x.shape)
    with onp.errstate(divide="ignore", over="ignore"):
        while (small := x < LARGE).any():
            total = total + onp.where(small, 0.5 / (x * (x + 1.0) * (2.0 * x + 1.0)), 0.0)
            x = onp.where(small, x + 1.0, x)
    return total + onp.polyval(onp.array(_HALF_STEP_SLOPE[::-1]), 1.0 / x**2) / x**2


_half_step_slope: Elementwise = elementwise(
    _half_step_slope_value,
    lambda _ans, x: polygamma(1, x + 0.5) - polygamma(1, x) + 0.5 / x**2,
    name="log_gamma_half_step_slope",
)
