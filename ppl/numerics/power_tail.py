"""log(1 + k z) / k, which is z at k = 0: the exponent of generalized Pareto tails, smooth through k = 0."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.saddle_point import log1pmx

_TINY = 1e-10  # below, the next term of the series is beyond the last bit


def _log1p_over(k: Array, z: Array) -> Array:
    k, z = onp.broadcast_arrays(onp.asarray(k, dtype=float), onp.asarray(z, dtype=float))
    with onp.errstate(all="ignore"):
        u = k * z
        value = onp.asarray(onp.log1p(u) / onp.where(k == 0, 1.0, k))
        small, large = onp.abs(u) < _TINY, u == onp.inf
        if large.any():
            value = onp.where(
                large, (onp.log(onp.abs(k)) + onp.log(onp.abs(z))) / onp.where(large, k, 1.0), value
            )
        return onp.where(small, z * (1.0 - 0.5 * u), value)


def _by_k(ans: Array, k: Array, z: Array) -> Array:
    # With w = k z / (1 + k z), log(1 + k z) = -log(1 - w), and the slope is (log(1 - w) + w) / k².
    s = z / (1.0 + k * z)
    w = k * s
    small, large = np.abs(w) < 1e-6, w > 0.5
    safe = np.where(small | large, 0.4, w)
    bend = np.where(small, -0.5 - w / 3.0 - w * w / 4.0, log1pmx(-safe) / (safe * safe))
    divisor = np.where(large, k, 1.0)
    return np.where(large, (w / divisor - ans) / divisor, s * s * bend)


log1p_over: Elementwise = elementwise(_log1p_over, _by_k, lambda _ans, k, z: 1.0 / (1.0 + k * z))
"""log(1 + k z) / k."""
