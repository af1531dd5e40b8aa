"""Half deviances of counts from what was expected, given their difference.

a log(a / m) + m - a, as in saddle_point, for callers that know d = m - a better than subtraction would.
Where |d| is small a logarithm of 1 + d / a keeps all the digits that matter beside the rest of a density;
the series is summed only where it is needed. These are values and no primitives: each density that uses
them has simple slopes of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.numerics.saddle_point import log1pmx

Array = Any

ENOUGH = 8.0  # d - a log1p(d / a) is off by at most |d| ulps of 1, and densities of counts are sizes of 1


def count_deviance(a: Array, m: Array, d: Array) -> Array:
    """a log(a / m) + d for m = a + d and a, m >= 0; a may have fewer axes than m and d."""
    # Arrays here are large: what holds nowhere, or for whole rows of `a`, is found without a mask of all cells.
    with onp.errstate(all="ignore"):
        a = onp.asarray(a, dtype=float)
        none = a == 0
        some_none = bool(none.any())
        t = onp.asarray(d / (onp.where(none, 1.0, a) if some_none else a))
        value = onp.log1p(t)
        value = onp.asarray(onp.subtract(d, onp.multiply(a, value, out=value if value.shape else None)))
        if some_none:
            onp.copyto(value, m, where=none)
        if not (t.min(initial=0.0) >= -0.5 and t.max(initial=0.0) < onp.inf):
            steep = ~(t >= -0.5) | (t == onp.inf)  # 1 + t has lost digits, or m is beyond all numbers
            value[steep] = _steep(*(onp.broadcast_to(given, t.shape)[steep] for given in (a, m, d)))
        if onp.max(d, initial=0.0) > ENOUGH or onp.min(d, initial=0.0) < -ENOUGH:
            risky = (onp.abs(d) > ENOUGH) & (onp.abs(t) < 0.5)
            value[risky] = -onp.broadcast_to(a, t.shape)[risky] * log1pmx(t[risky])
        return value[()]


def _steep(a: Array, m: Array, d: Array) -> Array:
    ratio = a / m
    log_ratio = onp.log(ratio)
    if not (ratio < onp.inf).all():
        log_ratio = onp.where(ratio < onp.inf, log_ratio, onp.log(a) - onp.log(m))
    return onp.where((a == 0) | (m == onp.inf), m, a * log_ratio + d)
