"""The normal distribution function, its log in both tails, and its inverse.

log Phi far in the left tail is log(erfcx(-x / sqrt 2) / 2) - x² / 2; its slope is taken from the same scaled
function, so neither underflows.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.special import from_scipy

_ROOT_HALF = float(onp.sqrt(0.5))
_ROOT_2_OVER_PI = float(onp.sqrt(2.0 / onp.pi))
_ROOT_2PI = float(onp.sqrt(2.0 * onp.pi))
_2_OVER_ROOT_PI = float(2.0 / onp.sqrt(onp.pi))


def _phi(x: Array) -> Array:
    return from_scipy("ndtr", x)


phi: Elementwise = elementwise(_phi, lambda _ans, x: np.exp(-0.5 * x**2) / _ROOT_2PI, name="phi")
"""The standard normal distribution function."""


def _phi_inverse(p: Array) -> Array:
    return from_scipy("ndtri", p)


phi_inverse: Elementwise = elementwise(
    _phi_inverse, lambda ans, _p: _ROOT_2PI * np.exp(0.5 * ans**2), name="phi_inverse"
)
"""The standard normal quantile function."""


def _log_phi(x: Array) -> Array:
    x = onp.asarray(x, dtype=float)
    left = onp.minimum(x, 0.0)
    with onp.errstate(divide="ignore"):
        # erfcx itself vanishes only where the square overflows.
        tail = onp.log(0.5 * from_scipy("erfcx", -left * _ROOT_HALF)) - 0.5 * left * left
        right = onp.log1p(-0.5 * from_scipy("erfc", onp.maximum(x, 0.0) * _ROOT_HALF))
    return onp.where(x < 0, tail, right)


log_phi: Elementwise = elementwise(_log_phi, lambda _ans, x: inverse_mills_ratio(x), name="log_phi")
"""log Phi(x), without underflow; the log of the upper tail is log_phi(-x)."""


def _inverse_mills_ratio(x: Array) -> Array:
    with onp.errstate(over="ignore"):
        return _ROOT_2_OVER_PI / from_scipy("erfcx", -onp.asarray(x, dtype=float) * _ROOT_HALF)


inverse_mills_ratio: Elementwise = elementwise(_inverse_mills_ratio, lambda ans, x: -ans * (x + ans))
"""phi(x) / Phi(x), the slope of log_phi."""


def _log_erf(x: Array) -> Array:
    near = onp.asarray(x) < 0.5
    return onp.where(
        near,
        onp.log(from_scipy("erf", onp.where(near, x, 0.5))),
        onp.log1p(-from_scipy("erfc", onp.where(near, 0.5, x))),
    )


log_erf: Elementwise = elementwise(_log_erf, lambda ans, x: _2_OVER_ROOT_PI * np.exp(-(x * x) - ans))
"""log erf(x) for x > 0: the log of P(|X| <= x sqrt 2) for a standard normal X."""
