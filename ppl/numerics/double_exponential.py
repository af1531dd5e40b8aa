"""log(1 - exp(-exp(y))): the logarithm of one minus a double exponential, as extreme values and hazards ask for."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise

_FAR = -37.0  # below, exp(y) / 2 is less than half a unit in the last place of 1


def _log1mexpexp(y: Array) -> Array:
    y = onp.asarray(y, dtype=float)
    t = onp.exp(onp.clip(y, _FAR, 7.0))
    with onp.errstate(divide="ignore"):
        near = onp.where(t < 0.6931471805599453, onp.log(-onp.expm1(-t)), onp.log1p(-onp.exp(-t)))
    return onp.where(y < _FAR, y, near)


def _slope(ans: Array, y: Array) -> Array:
    capped = np.minimum(y, 7.0)  # further out the slope is 0 to the last bit, and exp(y) may overflow
    return np.where(y < 7.0, np.exp(capped - np.exp(capped) - ans), 0.0)


log1mexpexp: Elementwise = elementwise(_log1mexpexp, _slope)
"""log(1 - exp(-exp(y))), about y far down and about -exp(-exp(y)) far up."""
