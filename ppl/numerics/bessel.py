"""Modified Bessel functions, scaled so that they neither overflow nor vanish: i0e, i1e, log_i0."""

from __future__ import annotations

import math

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.special import from_scipy

# I0(x) - 1 = sum over k >= 1 of (x²/4)^k / k!² (Abramowitz & Stegun 9.6.12)
_I0_SERIES = onp.array([1.0 / math.factorial(k) ** 2 for k in range(14, 0, -1)] + [0.0])


def _i0e(x: Array) -> Array:
    return from_scipy("i0e", x)


def _i1e(x: Array) -> Array:
    return from_scipy("i1e", x)


def _i1e_over_x(ans: Array, x: Array) -> Array:
    """i1e(x) / x, which is 1/2 at 0."""
    zero = x == 0
    return np.where(zero, 0.5, ans / np.where(zero, 1.0, x))


i1e: Elementwise = elementwise(_i1e, lambda ans, x: i0e(x) - _i1e_over_x(ans, x) - np.sign(x) * ans)
"""exp(-|x|) I1(x), the modified Bessel function of order 1, scaled."""

i0e: Elementwise = elementwise(_i0e, lambda ans, x: i1e(x) - np.sign(x) * ans)
"""exp(-|x|) I0(x), the modified Bessel function of order 0, scaled."""


def _log_i0(x: Array) -> Array:
    x = onp.abs(onp.asarray(x, dtype=float))
    small = onp.minimum(x, 2.0)
    return onp.where(x < 2.0, onp.log1p(onp.polyval(_I0_SERIES, small**2 / 4)), onp.log(_i0e(x)) + x)


log_i0: Elementwise = elementwise(_log_i0, lambda _ans, x: i1e(x) / i0e(x))
"""log I0(x), the normaliser of the von Mises distribution."""
