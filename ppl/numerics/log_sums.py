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


def _finite(peak: Array) -> Array:
    return onp.where(onp.isfinite(peak), peak, 0.0)


def _logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    x = onp.asarray(x, dtype=float)
    peak = _finite(onp.max(x, axis=axis, keepdims=True, initial=-onp.inf))
    with onp.errstate(divide="ignore", over="ignore"):
        total = onp.log(onp.sum(onp.exp(x - peak), axis=axis, keepdims=True)) + peak
    return total if keepdims else onp.squeeze(total, axis=axis)[()]


_logsumexp.__name__ = "logsumexp"
logsumexp = primitive(_logsumexp)
"""log(sum(exp(x))) over `axis` (all of them if None)."""


def _logsumexp_vjp(
    _ans: Array, x: Array, axis: Axis = None, keepdims: bool = False
) -> Callable[[Array], Array]:
    def pull(g: Array) -> Array:
        if not keepdims:
            kept = onp.sum(onp.empty(np.shape(x)), axis=axis, keepdims=True).shape
            g = np.reshape(g, kept)
        return g * softmax(x, axis)

    return pull


defvjp(logsumexp, _logsumexp_vjp)


def _softmax(x: Array, axis: Axis = -1) -> Array:
    x = onp.asarray(x, dtype=float)
    peak = _finite(onp.max(x, axis=axis, keepdims=True, initial=-onp.inf))
    weights = onp.exp(x - peak)
    total = onp.sum(weights, axis=axis, keepdims=True)
    # Where every entry is -inf there is nothing to share out, and no direction to move in.
    return weights / onp.where(total == 0, 1.0, total)


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
