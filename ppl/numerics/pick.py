"""One entry per place from the last axis of a table; its adjoint is a segment sum, never `np.add.at`."""

from __future__ import annotations

import math
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


def _apart(table_shape: tuple[int, ...], index: Any) -> list[int] | None:
    """The result's axes along which the table varies, then the index's; None where some axis is both's."""
    ndim = max(len(table_shape) - 1, onp.ndim(index))
    rows, places = (
        [axis for axis, size in enumerate(shape, start=ndim - len(shape)) if size != 1]
        for shape in (table_shape[:-1], onp.shape(index))
    )
    rest = [axis for axis in range(ndim) if axis not in rows and axis not in places]
    return None if set(rows) & set(places) else [*rows, *rest, *places]


def _pick_from_all(table: Any, index: Any, order: list[int]) -> Any:
    """The same entries of every row: one `take` along the last axis, or none, behind a change of axes."""
    rows = table.reshape(math.prod(table.shape[:-1]), table.shape[-1])
    entries = onp.ravel(index)
    if not onp.array_equal(entries, onp.arange(table.shape[-1])):
        rows = onp.take(rows, entries, axis=1)
    shape = onp.broadcast_shapes(table.shape[:-1], onp.shape(index))
    return rows.reshape([shape[axis] for axis in order]).transpose(onp.argsort(order))


def _unpick_from_all(g: Any, index: Any, shape: tuple[int, ...], order: list[int]) -> Any:
    """Its adjoint: by whole rows, or by whole columns where these are fewer."""
    entries = onp.ravel(index)
    rows = g.transpose(order).reshape(math.prod(shape[:-1]), len(entries))
    if onp.array_equal(entries, onp.arange(shape[-1])):
        return rows.reshape(shape)
    table = onp.zeros((len(rows), shape[-1]))
    if len(rows) < len(entries):
        for row, weights in zip(table, rows, strict=True):
            row[:] = onp.bincount(entries, weights=weights, minlength=shape[-1])
    else:
        for entry, weights in zip(entries, rows.T, strict=True):
            table[:, entry] += weights
    return table.reshape(shape)


@primitive  # type: ignore[untyped-decorator]
def pick(table: Array, index: Any) -> Array:
    """`table[..., index]` place by place: table (batch, K), index (batch) of integers, broadcasting."""
    order = _apart(table.shape, index)
    if order is not None:
        return _pick_from_all(table, index, order)
    places = _places(table.shape, index)
    return table.reshape((1,) * (len(places) - table.ndim) + table.shape)[places]


@primitive  # type: ignore[untyped-decorator]
def unpick(g: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """The adjoint of `pick` from a table of that shape: `g` added up in the places it was picked from."""
    order = _apart(shape, index)
    if order is not None:
        return _unpick_from_all(g, index, shape, order)
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
