"""Mills' ratio of the normal distribution, and what is left of it where normal tails are compared.

Source: Laplace's continued fraction, Abramowitz & Stegun 26.2.14.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.normal import inverse_mills_ratio, log_phi
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.numerics.special import from_scipy

_ROOT_HALF = 0.7071067811865476
_ROOT_HALF_PI = 1.2533141373155003
_FAR = 5.0
_LEVELS = 60  # enough for 53 bits from _FAR on


def _mills(x: Array) -> Array:
    with onp.errstate(over="ignore"):
        return _ROOT_HALF_PI * from_scipy("erfcx", onp.asarray(x, dtype=float) * _ROOT_HALF)


mills: Elementwise = elementwise(_mills, lambda ans, x: -ans * mills_gap(x))
"""(1 - Phi(x)) / phi(x)."""


def _mills_gap(x: Array) -> Array:
    x = onp.asarray(x, dtype=float)
    far = onp.maximum(x, _FAR)
    tail = far
    for level in range(_LEVELS, 1, -1):
        tail = far + level / tail
    return onp.where(x > _FAR, 1.0 / tail, inverse_mills_ratio(-onp.minimum(x, _FAR)) - x)


mills_gap: Elementwise = elementwise(_mills_gap, lambda ans, x: (x + ans) * ans - 1.0)
"""phi(x) / (1 - Phi(x)) - x: by how much the normal hazard exceeds x; about 1 / x far out."""


def _log_phi_shifted(r: Array, v: Array) -> Array:
    r, v = onp.asarray(r, dtype=float), onp.asarray(v, dtype=float)
    y = v - r
    with onp.errstate(all="ignore"):
        # Left of 0 the squares of v and r cancel exactly; what stays is the scaled tail.
        left = onp.log(0.5 * from_scipy("erfcx", onp.maximum(y, 0.0) * _ROOT_HALF)) - 0.5 * r * r
        right = v * (0.5 * v - r) + log_phi(onp.maximum(-y, 0.0))
        return onp.where(y > 0, left, right)


def _by_r(_ans: Array, r: Array, v: Array) -> Array:
    y = v - r
    return np.where(y > 0, mills_gap(np.maximum(y, 0.0)) - r, inverse_mills_ratio(np.maximum(-y, 0.0)) - v)


log_phi_shifted: Elementwise = elementwise(_log_phi_shifted, _by_r, lambda _ans, r, v: -mills_gap(v - r))
"""v² / 2 - v r + log Phi(r - v): a normal convolved with an exponential, its squares taken together."""


def _log_weighted_phi_shifted(r: Array, v: Array) -> Array:
    r, v = onp.asarray(r, dtype=float), onp.asarray(v, dtype=float)
    with onp.errstate(all="ignore"):
        left = onp.log(v * _mills(onp.maximum(v - r, 0.0))) - 0.5 * r * r - HALF_LOG_2PI
        return onp.where(v > r, left, onp.log(v) + _log_phi_shifted(r, v))


log_weighted_phi_shifted: Elementwise = elementwise(
    _log_weighted_phi_shifted, _by_r, lambda _ans, r, v: 1.0 / v - mills_gap(v - r)
)
"""log v + v² / 2 - v r + log Phi(r - v), which is next to log phi(r) where v is large."""


def log_tail_difference(a: Array, b: Array) -> Array:
    """log[phi(a) (mills(a) - mills(b))] for a < b."""
    return np.log(mills(a) - mills(b)) - 0.5 * a * a - HALF_LOG_2PI
