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
    with onp.errstate(all="ignore"):
        t = d / onp.asarray(a, dtype=float)
        value = onp.asarray(d - a * onp.log1p(t))
        steep = ~(t >= -0.5) | (t == onp.inf)  # 1 + t has lost digits, or a is 0, or m is beyond all numbers
        if steep.any():
            value[steep] = _steep(*(onp.broadcast_to(given, t.shape)[steep] for given in (a, m, d)))
        risky = (onp.abs(d) > ENOUGH) & (onp.abs(t) < 0.5)
        if risky.any():
            near = t[risky]
            value[risky] = -onp.broadcast_to(a, t.shape)[risky] * log1pmx(near)
        return value[()]


def _steep(a: Array, m: Array, d: Array) -> Array:
    ratio = a / m
    plain = a * onp.where(ratio < onp.inf, onp.log(ratio), onp.log(a) - onp.log(m)) + d
    return onp.where((a == 0) | (m == onp.inf), m, plain)
