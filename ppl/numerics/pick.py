"""One entry per place from the last axis of a table; its adjoint is a segment sum, never `np.add.at`."""

from __future__ import annotations

from typing import Any

import numpy as onp
from autograd.extend import defvjp, primitive

Array = Any  # numpy arrays, or autograd's boxes of them


def _places(table_shape: tuple[int, ...], index: Any) -> tuple[Any, ...]:
    """Open-mesh indices of the table's batch axes (0 where an axis is shared), and `index` behind them."""
    batch = onp.broadcast_shapes(table_shape[:-1], onp.shape(index))
    padded = (1,) * (len(batch) - len(table_shape) + 1) + table_shape[:-1]
    mesh = [onp.arange(size).reshape(-1, *(1,) * (len(batch) - axis - 1)) for axis, size in enumerate(padded)]
    return (*mesh, index)


@primitive  # type: ignore[untyped-decorator]
def pick(table: Array, index: Any) -> Array:
    """`table[..., index]` place by place: table (batch, K), index (batch) of integers, broadcasting."""
    places = _places(table.shape, index)
    return table.reshape((1,) * (len(places) - table.ndim) + table.shape)[places]


@primitive  # type: ignore[untyped-decorator]
def unpick(g: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """The adjoint of `pick` from a table of that shape: `g` added up in the places it was picked from."""
    places = _places(shape, index)
    padded = (1,) * (len(places) - len(shape)) + shape
    flat = onp.zeros((), dtype=int)
    for place, size in zip(places, padded, strict=True):
        flat = flat * size + place
    if flat.size == g.size and onp.prod(padded[:-1]) == g.size:  # each place has a row of its own
        table = onp.zeros(onp.prod(shape, dtype=int))
        table[flat.ravel()] = g.ravel()
    else:
        weights = onp.broadcast_to(g, flat.shape).ravel()
        table = onp.bincount(flat.ravel(), weights=weights, minlength=onp.prod(shape, dtype=int))
    return table.reshape(shape)


defvjp(pick, lambda _, table, index: lambda g: unpick(g, index, table.shape), argnums=(0,))
defvjp(unpick, lambda _, _g, index, _shape: lambda h: pick(h, index), argnums=(0,))
