"""Heavy tails: log(1 + x²) without overflow, and the Student-t kernel, whose slope by df must not cancel."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.saddle_point import log1pmx

LOG_PI = 1.1447298858494002
_FAR = 1e10  # from here on log(1 + x²) = 2 log x to the last bit


def _log1p_square(x: Array) -> Array:
    x = onp.abs(x)
    if not onp.any(x > _FAR):
        return onp.log1p(x * x)
    near = onp.minimum(x, _FAR)
    return onp.where(x > _FAR, 2.0 * onp.log(onp.maximum(x, _FAR)), onp.log1p(near * near))


log1p_square: Elementwise = elementwise(_log1p_square, lambda _ans, x: 2.0 * x / (1.0 + x * x))
"""log(1 + x²)."""


def _student_kernel(t: Array, df: Array) -> Array:
    return 0.5 * (df + 1.0) * _log1p_square(t / onp.sqrt(df))


def _slope_by_df(ans: Array, t: Array, df: Array) -> Array:
    # With u = t² / df and w = u / (1 + u) this is [log(1 + u) - w - w / df] / 2; for small u the first two
    # terms agree in all but their last digits, and log(1 + u) = -log(1 - w).
    w = t * t / (df + t * t)
    small = w < 0.5
    excess = np.where(small, -log1pmx(-np.where(small, w, 0.0)), 2.0 * ans / (df + 1.0) - w)
    return 0.5 * (excess - w / df)


student_kernel: Elementwise = elementwise(
    _student_kernel, lambda _ans, t, df: (df + 1.0) * t / (df + t * t), _slope_by_df
)
"""(df + 1) / 2 log(1 + t² / df)."""


def _log_cauchy_cdf(r: Array) -> Array:
    tail = onp.arctan2(1.0, onp.abs(r)) / onp.pi
    return onp.where(onp.asarray(r) < 0, onp.log(tail), onp.log1p(-tail))


log_cauchy_cdf: Elementwise = elementwise(
    _log_cauchy_cdf, lambda ans, r: np.exp(-log1p_square(r) - LOG_PI - ans)
)
"""log P(X <= r) for a standard Cauchy X."""


def _log_half_cauchy_cdf(r: Array) -> Array:
    inner = onp.arctan2(onp.minimum(r, 1.0), 1.0)
    outer = onp.arctan2(1.0, onp.maximum(r, 1.0))
    return onp.where(onp.asarray(r) < 1, onp.log(2 / onp.pi * inner), onp.log1p(-2 / onp.pi * outer))


log_half_cauchy_cdf: Elementwise = elementwise(
    _log_half_cauchy_cdf, lambda ans, r: 2.0 * np.exp(-log1p_square(r) - LOG_PI - ans)
)
"""log P(|X| <= r) for a standard Cauchy X and r > 0."""
