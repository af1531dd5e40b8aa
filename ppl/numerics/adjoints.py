"""Adjoints of arrays: what a cotangent of a result is as one of an argument, in plain numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = Any
SMALL = 4096  # cells that are sooner copied than a view of them is made
# (g, ans, args, which) -> the adjoint of each argument whose place is in `which`; None is 0
Pullback = Callable[[Array, Array, Sequence[Array], Sequence[int]], Sequence[Array | None]]


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The adjoint of broadcasting an array of this shape to that of `g`: a sum over what was repeated."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    over = (*range(lead), *(k for k in range(lead, g.ndim) if shape[k - lead] == 1 != g.shape[k]))
    return np.add.reduce(g, axis=over).reshape(shape) if over else g


def repeated(g: Array, shape: tuple[int, ...]) -> Array:
    """`g` repeated to this shape."""
    if math.prod(shape) > SMALL:
        return np.broadcast_to(g, shape)
    out = np.empty(shape)
    out[...] = g
    return out


def elementwise(*by: Callable[..., Array] | None) -> Pullback:
    """The pullback of a function of elements: `by[k](g, ans, *args)` is g times its slope by args[k]; None is 0."""

    def pull(g: Array, ans: Array, args: Sequence[Array], which: Sequence[int]) -> list[Array | None]:
        found: list[Array | None] = []
        for k in which:
            call = by[k]
            found.append(None if call is None else unbroadcast(call(g, ans, *args), args[k].shape))
        return found

    return pull


def reshaped(g: Array, _ans: Array, args: Sequence[Array], _which: Sequence[int]) -> list[Array]:
    """The pullback of a reshape, of the first argument."""
    return [g.reshape(args[0].shape)]
