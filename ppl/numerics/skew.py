"""The skew normal distribution function, in both tails.

For h, a >= 0, P(X <= -h) of a skew normal X of shape a is the integral over t from a to infinity of
exp(-h² (1 + t²) / 2) / (pi (1 + t²)): nothing is subtracted, however far out -h is. All other cases follow by
reflection. Source: Owen (1956), Annals of Mathematical Statistics 27; Azzalini, The Skew-Normal and Related
Families (2014), sec. 2.1.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.logistic import log1mexp
from ppl.numerics.normal import log_phi
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.numerics.special import from_scipy

LOG_2 = 0.6931471805599453
LOG_PI = 1.1447298858494002
# Double exponential quadrature on the half-line: t = exp(pi / 2 sinh u).
_STEP = 1 / 16
_U = onp.arange(-4.0, 4.0 + _STEP / 2, _STEP)
_NODES = onp.exp(onp.pi / 2 * onp.sinh(_U))
_LOG_WEIGHTS = onp.log(_STEP * onp.pi / 2 * onp.cosh(_U) * _NODES)


def _log_lower(h: Array, a: Array) -> Array:
    h, a = onp.broadcast_arrays(onp.asarray(h, dtype=float), onp.asarray(a, dtype=float))
    width = 1.0 / (h * h * a + h + 1.0 / (1.0 + a))
    u = width[..., None] * _NODES
    t = a[..., None] + u
    with onp.errstate(all="ignore"):
        log_terms = -0.5 * (h * h)[..., None] * u * (2.0 * a[..., None] + u) - 2.0 * onp.log(
            onp.hypot(1.0, t)
        )
        total = onp.sum(onp.exp(log_terms + _LOG_WEIGHTS), axis=-1)
        far = onp.log(total) + onp.log(width) - 0.5 * h * h * (1.0 + a * a) - LOG_PI
        # Where both factors of the integrand turn at places of their own, Owen's function is the better way.
        near = (a * h < 1.0) & (h < 6.0)
        return onp.where(near, onp.log(from_scipy("ndtr", -h) - 2.0 * from_scipy("owens_t", h, a)), far)


_log_lower_tail: Elementwise = elementwise(
    _log_lower,
    lambda ans, h, a: -np.exp(LOG_2 - 0.5 * h * h - HALF_LOG_2PI + log_phi(-a * h) - ans),
    lambda ans, h, a: -np.exp(-0.5 * h * h * (1.0 + a * a) - LOG_PI - np.log1p(a * a) - ans),
    name="log_skew_lower_tail",
)


def log_skew_cdf(r: Array, shape: Array) -> Array:
    """log P(X <= r) for a standard skew normal X; the upper tail is log_skew_cdf(-r, -shape)."""
    # Left of 0 either the integral itself, or all of a half-normal's tail without it; right of 0 what is left.
    r, shape = r + 0.0 * shape, shape + 0.0 * r
    right = r > 0
    h, a = np.where(right, r, -r), np.where(right, -shape, shape)
    positive = a > 0
    inner = _log_lower_tail(h, np.where(positive, a, -a))
    whole = LOG_2 + log_phi(-h)
    rest = whole + log1mexp(np.where(positive, 1.0, whole - inner))
    left = np.where(positive, inner, rest)
    return np.where(right, log1mexp(np.where(right, left, -1.0)), left)
