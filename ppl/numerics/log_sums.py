"""Sums in log space: logsumexp, logdiffexp, softmax, log_softmax.

An axis (or a pair) that is all -inf has the sum -inf and the gradient 0, not NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive

from ppl.numerics.elementwise import Array
from ppl.numerics.logistic import log1mexp

Axis = int | tuple[int, ...] | None
MANY = 12  # entries from which numpy reduces the last axis faster than a loop over its columns


def _finite(peak: Array) -> Array:
    return onp.where(onp.isfinite(peak), peak, 0.0)


def _is_last(x: Array, axis: Axis) -> bool:
    return x.ndim > 0 and isinstance(axis, int) and axis % x.ndim == x.ndim - 1


def _peak(x: Array, axis: Axis) -> Array:
    """The maximum over `axis`, which stays; over a short last axis by whole columns."""
    if not (_is_last(x, axis) and 0 < x.shape[-1] < MANY):
        return onp.max(x, axis=axis, keepdims=True, initial=-onp.inf)
    peak = x[..., 0].copy()
    for column in range(1, x.shape[-1]):
        onp.maximum(peak, x[..., column], out=peak)
    return peak[..., None]


def _total(x: Array, axis: Axis) -> Array:
    """The sum over `axis`, which stays; over the last axis of an array as a product with ones."""
    if x.ndim > 1 and _is_last(x, axis):
        return onp.matmul(x, onp.ones((x.shape[-1], 1)))
    return onp.sum(x, axis=axis, keepdims=True)


def _logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    x = onp.asarray(x, dtype=float)
    peak = _finite(_peak(x, axis))
    with onp.errstate(divide="ignore", over="ignore"):
        weights = onp.asarray(x - peak)
        total = onp.log(_total(onp.exp(weights, out=weights), axis)) + peak
    return total if keepdims else onp.squeeze(total, axis=axis)[()]


_logsumexp.__name__ = "logsumexp"
logsumexp = primitive(_logsumexp)
"""log(sum(exp(x))) over `axis` (all of them if None)."""


def _logsumexp_vjp(
    _ans: Array, x: Array, axis: Axis = None, keepdims: bool = False
) -> Callable[[Array], Array]:
    def pull(g: Array) -> Array:
        if not keepdims:
            kept = onp.ones(np.ndim(x), dtype=bool)
            kept[slice(None) if axis is None else onp.array(axis)] = False
            g = np.reshape(g, tuple(onp.where(kept, np.shape(x), 1)))
        return g * softmax(x, axis)

    return pull


defvjp(logsumexp, _logsumexp_vjp)


def _softmax(x: Array, axis: Axis = -1) -> Array:
    x = onp.asarray(x, dtype=float)
    weights = onp.asarray(x - _finite(_peak(x, axis)))
    onp.exp(weights, out=weights)
    total = _total(weights, axis)
    # Where every entry is -inf there is nothing to share out, and no direction to move in.
    weights /= onp.where(total == 0, 1.0, total)
    return weights


_softmax.__name__ = "softmax"
softmax = primitive(_softmax)
"""exp(x) / sum(exp(x)) along `axis`."""


def _softmax_vjp(ans: Array, _x: Array, axis: Axis = -1) -> Callable[[Array], Array]:
    return lambda g: ans * (g - np.sum(g * ans, axis=axis, keepdims=True))


defvjp(softmax, _softmax_vjp)


def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """x - logsumexp(x) along `axis`."""
    return x - logsumexp(x, axis=axis, keepdims=True)


def logdiffexp(x: Array, y: Array) -> Array:
    """log(exp(x) - exp(y)) for x >= y; -inf where they are equal."""
    apart = x > y
    gap = np.where(apart, y, 0.0) - np.where(apart, x, 1.0)
    return np.where(apart, np.where(apart, x, 0.0) + log1mexp(gap), -np.inf)
