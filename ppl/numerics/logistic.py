"""The logistic curve and its relatives: softplus, expit, log_expit, logit, log1mexp.

One formula per side of zero, so that neither tail loses its digits; see Mächler (2012),
"Accurately computing log(1 - exp(-|a|))", for the switch at log 2.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise

LOG_2 = float(onp.log(2.0))


def _expit(x: Array) -> Array:
    tail = onp.exp(-onp.abs(x))
    return onp.where(onp.asarray(x) >= 0, 1.0, tail) / (1.0 + tail)


expit: Elementwise = elementwise(_expit, lambda ans, x: ans * expit(-x))
"""1 / (1 + exp(-x))."""


def _softplus(x: Array) -> Array:
    return onp.maximum(x, 0.0) + onp.log1p(onp.exp(-onp.abs(x)))


softplus: Elementwise = elementwise(_softplus, lambda _ans, x: expit(x))
"""log(1 + exp(x))."""


def log_expit(x: Array) -> Array:
    """log(1 / (1 + exp(-x)))."""
    return -softplus(-x)


def _logit(p: Array) -> Array:
    p = onp.asarray(p, dtype=float)
    near_half = onp.abs(p - 0.5) < 0.25
    with onp.errstate(divide="ignore", invalid="ignore"):
        # By the middle p / (1 - p) is near 1, and its log keeps its digits only as 2 atanh(2p - 1).
        return onp.where(near_half, 2.0 * onp.arctanh(2.0 * (p - 0.5)), onp.log(p) - onp.log1p(-p))


logit: Elementwise = elementwise(_logit, lambda _ans, p: 1.0 / (p * (1.0 - p)))
"""log(p / (1 - p))."""


def _log1mexp(x: Array) -> Array:
    x = -onp.abs(onp.asarray(x, dtype=float))
    near = x > -LOG_2
    with onp.errstate(divide="ignore"):
        return onp.where(near, onp.log(-onp.expm1(onp.where(near, x, -1.0))), onp.log1p(-onp.exp(x)))


log1mexp: Elementwise = elementwise(_log1mexp, lambda _ans, x: np.sign(x) / np.expm1(np.abs(x)))
"""log(1 - exp(-|x|)), so that nobody has to remember which sign it takes."""
