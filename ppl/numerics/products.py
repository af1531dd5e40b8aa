"""Products with a logarithm that are 0 where their first factor is: xlogy, xlog1py."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise


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
