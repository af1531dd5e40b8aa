"""Taking elements along the last axis; the adjoint is a segment sum (bincount), never `np.add.at`."""

from __future__ import annotations

from typing import Any

import numpy as onp
from autograd.extend import defvjp, primitive

Array = Any


def _take(x: Array, index: Any) -> Array:
    """`x[..., index]` for a slice or an integer array of one axis; x (..., M) -> (..., n)."""
    if isinstance(index, slice):
        return x[..., index]
    return onp.take(x, index, axis=-1)


take = primitive(_take)


def _put_sum(g: Array, index: Any, size: int) -> Array:
    """The adjoint of `take`: adds g (..., n) up into (..., size) at the places of `index`."""
    if isinstance(index, slice):
        out = onp.zeros((*g.shape[:-1], size))
        out[..., index] = g
        return out
    if not index.size:
        return onp.zeros((*g.shape[:-1], size))
    rows = g.reshape(-1, g.shape[-1])
    out = onp.empty((rows.shape[0], size))
    for row, values in enumerate(rows):
        out[row] = onp.bincount(index, weights=values, minlength=size)
    return out.reshape(*g.shape[:-1], size)


put_sum = primitive(_put_sum)


defvjp(take, lambda ans, x, index: lambda g: put_sum(g, index, x.shape[-1]), argnums=(0,))
defvjp(put_sum, lambda ans, g, index, size: lambda h: take(h, index), argnums=(0,))
