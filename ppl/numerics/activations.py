"""Activation functions of nets."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from ppl.numerics.normal import phi

Array = Any


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0.0)


def elu(x: Array) -> Array:
    """x for x > 0, else exp(x) - 1; Clevert, Unterthiner & Hochreiter (2016)."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


def gelu(x: Array) -> Array:
    """x Phi(x); Hendrycks & Gimpel (2016)."""
    return x * phi(x)
