"""Reductions and cumulative functions over the last axis, safe in their gradients; empty axes are neutral."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from ppl.numerics.log_sums import log_softmax as _log_softmax
from ppl.numerics.log_sums import logsumexp as _logsumexp
from ppl.numerics.log_sums import softmax as _softmax

Array = Any


def sum(x: Array) -> Array:
    """Sum."""
    return np.sum(x, axis=-1)


def prod(x: Array) -> Array:
    """Product, by halves: its slope is a product of the others, and not a quotient, which 0 would spoil."""
    size = np.shape(x)[-1]
    if not size:
        return np.ones(np.shape(x)[:-1])
    while size > 1:
        half = size // 2
        pairs = x[..., :half] * x[..., half : 2 * half]
        x = pairs if 2 * half == size else np.concatenate([pairs, x[..., 2 * half :]], axis=-1)
        size -= half
    return x[..., 0]


def mean(x: Array) -> Array:
    """Arithmetic mean."""
    return np.mean(x, axis=-1)


def max(x: Array) -> Array:
    """Largest."""
    return np.max(x, axis=-1)


def min(x: Array) -> Array:
    """Smallest."""
    return np.min(x, axis=-1)


def logsumexp(x: Array) -> Array:
    """log sum exp."""
    return _logsumexp(x, axis=-1)


def var(x: Array) -> Array:
    """Variance with divisor n - 1."""
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return np.sum(centred**2, axis=-1) / (x.shape[-1] - 1)


def sd(x: Array) -> Array:
    """Standard deviation with divisor n - 1; its gradient at a constant array is 0."""
    variance = var(x)
    flat = variance == 0
    return np.where(flat, 0.0, np.sqrt(np.where(flat, 1.0, variance)))


def cumsum(x: Array) -> Array:
    """Running sum."""
    return np.cumsum(x, axis=-1)


def softmax(x: Array) -> Array:
    """exp(x) over its sum."""
    return _softmax(x, axis=-1)


def log_softmax(x: Array) -> Array:
    """Log of softmax."""
    return _log_softmax(x, axis=-1)
