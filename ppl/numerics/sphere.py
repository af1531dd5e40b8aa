"""The von Mises-Fisher distribution's normaliser, in any dimension and at any concentration.

On the sphere in d = 2 order + 2 dimensions, the mean of exp(-k (1 - u)) over all directions, u the cosine of the angle
to one of them, is Gamma(order + 1) (2 / k)^order I_order(k) exp(-k). Near 0 by the Bessel function's power series, far
out by its uniform expansion (see skellam), between them by scipy.
Source: Mardia & Jupp, Directional Statistics (2000), sec. 9.3.2 and app. 1.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.skellam import FAR, left_over
from ppl.numerics.special import from_scipy

TERMS = 16
LOG_2 = 0.6931471805599453


def _pieces(order: Array, k: Array) -> tuple[Array, Array, Array, Array, Array]:
    order, k = onp.broadcast_arrays(onp.asarray(order, dtype=float), onp.asarray(k, dtype=float))
    s = onp.hypot(order, k)
    near = k * k < order + 1.0
    return order, k, s, near, ~near & (s >= FAR)


def _series(order: Array, k: Array) -> Array:
    """0F1(order + 1; k² / 4) - 1."""
    term, total = onp.ones(k.shape), onp.zeros(k.shape)
    for j in range(1, TERMS):
        term = term * (0.25 * k * k) / (j * (order + j))
        total = total + term
    return total


def _log_mean_fall(order: Array, k: Array) -> Array:
    order, k, s, near, far = _pieces(order, k)
    with onp.errstate(all="ignore"):
        close = onp.log1p(_series(order, onp.where(near, k, 0.0))) - k
        gamma = from_scipy("gammaln", order + 1.0)
        away = left_over(onp.maximum(s, FAR), order) + (s - k) - order * (onp.log(s + order) - LOG_2) + gamma
        middle = onp.log(from_scipy("ive", order, k)) - order * (onp.log(k) - LOG_2) + gamma
    return onp.where(near, close, onp.where(far, away, middle))


def _mean_cosine(order: Array, k: Array) -> Array:
    order, k, s, near, far = _pieces(order, k)
    with onp.errstate(all="ignore"):
        low = onp.where(near, k, 0.0)
        close = 0.5 * low / (order + 1.0) * (1.0 + _series(order + 1.0, low)) / (1.0 + _series(order, low))
        away = left_over(onp.maximum(s, FAR), order, 1) * (k / s) + k / (s + order)
        middle = from_scipy("ive", order + 1.0, k) / from_scipy("ive", order, k)
    return onp.where(near, close, onp.where(far, away, middle))


def _bend(ans: Array, order: Array, k: Array) -> Array:
    # Riccati's equation; mean cosine / k is 1 / (2 order + 2) at 0.
    zero = k == 0
    rate = np.where(zero, 0.5 / (order + 1.0), ans / np.where(zero, 1.0, k))
    return 1.0 - ans * ans - (2.0 * order + 1.0) * rate


mean_cosine: Elementwise = elementwise(_mean_cosine, None, _bend)
"""I_(order + 1)(k) / I_order(k): the mean of u under the von Mises-Fisher distribution."""

log_mean_fall: Elementwise = elementwise(
    _log_mean_fall, None, lambda _ans, order, k: mean_cosine(order, k) - 1.0
)
"""log of the mean of exp(-k (1 - u)) over the sphere, for k >= 0."""
