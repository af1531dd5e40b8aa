"""Logarithms with an edge: of weights that may be 0, and products that are 0 where their first factor is."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise


def _log_weight(w: Array) -> Array:
    with onp.errstate(divide="ignore"):
        return onp.log(onp.fmax(w, 0.0))


def _log_weight_slope(_ans: Array, w: Array) -> Array:
    possible = w > 0
    return np.where(possible, 1.0 / np.where(possible, w, 1.0), 0.0)


log_weight: Elementwise = elementwise(_log_weight, _log_weight_slope)
"""log w, and -inf with gradient 0 where w is 0."""


def _xlogy(x: Array, y: Array) -> Array:
    zero = onp.asarray(x) == 0
    with onp.errstate(divide="ignore", invalid="ignore"):
        return x * onp.log(onp.where(zero, 1.0, y))


def _xlog1py(x: Array, y: Array) -> Array:
    zero = onp.asarray(x) == 0
    with onp.errstate(divide="ignore", invalid="ignore"):
        return x * onp.log1p(onp.where(zero, 0.0, y))


def _stand_in(x: Array, y: Array, safe: float) -> Array:
    return np.where(x == 0, safe, y)


# At x = 0 both gradients are taken to be 0: the term is absent there, whatever y does.
xlogy: Elementwise = elementwise(
    _xlogy,
    lambda _ans, x, y: np.where(x == 0, 0.0, np.log(_stand_in(x, y, 1.0))),
    lambda _ans, x, y: x / _stand_in(x, y, 1.0),
)
"""x log y, and 0 where x = 0 (with gradient 0)."""

xlog1py: Elementwise = elementwise(
    _xlog1py,
    lambda _ans, x, y: np.where(x == 0, 0.0, np.log1p(_stand_in(x, y, 0.0))),
    lambda _ans, x, y: x / (1.0 + _stand_in(x, y, 0.0)),
)
"""x log(1 + y), and 0 where x = 0 (with gradient 0)."""
