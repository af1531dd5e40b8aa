"""Taking rows of tables and adding rows up: each is the other's adjoint, and neither is `np.add.at`."""

from __future__ import annotations

from typing import Any

import numpy as onp
from autograd.extend import defvjp, primitive

Array = Any


def _take_rows(x: Array, index: Any) -> Array:
    """`x[..., index, :]`; x (..., U, C) -> (..., n, C)."""
    return onp.take(x, index, axis=-2)


take_rows = primitive(_take_rows)


def _sum_rows(x: Array, index: Any, size: int) -> Array:
    """Row i of x (..., n, C) added to row `index[i]` of the result (..., size, C)."""
    out = onp.zeros((*x.shape[:-2], size, x.shape[-1]))
    order = onp.argsort(index, kind="stable")
    ordered = index[order]
    starts = (
        onp.flatnonzero(onp.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else ordered
    )
    if len(starts) == len(ordered):
        out[..., index, :] = x
    else:
        out[..., ordered[starts], :] = onp.add.reduceat(x[..., order, :], starts, axis=-2)
    return out


sum_rows = primitive(_sum_rows)


defvjp(take_rows, lambda ans, x, index: lambda g: sum_rows(g, index, x.shape[-2]), argnums=(0,))
defvjp(sum_rows, lambda ans, x, index, size: lambda g: take_rows(g, index), argnums=(0,))
