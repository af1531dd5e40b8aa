"""Functions of several formulas, each worked out only where it holds, and polynomials in one buffer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ppl.numerics.elementwise import Array

Piece = tuple[Array, Callable[..., Array]]


def by_pieces(arguments: Sequence[Array], *pieces: Piece) -> Array:
    """The value of each piece's function where its mask is true; the masks share out all elements.

    Arguments and masks broadcast. NaN, which lies in no piece, stays NaN.
    """
    for mask, function in pieces:
        if np.all(mask):
            return function(*arguments)
    spread = np.broadcast_arrays(*arguments)
    out = np.full(spread[0].shape, np.nan)
    for mask, function in pieces:
        if np.any(mask):
            here = np.broadcast_to(mask, out.shape)
            out[here] = function(*(argument[here] for argument in spread))
    return out[()]


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """c0 + c1 x + ..., by Horner's rule without a temporary per term."""
    total = np.full(np.shape(x), coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total *= x
        total += coefficient
    return total
