"""A sum of products over axes as matrix products, never a big temporary."""

from __future__ import annotations

import math
from collections.abc import Sequence

import autograd.numpy as np

from ppl.log_joint.pullbacks import summed
from ppl.log_joint.tape import Array, Slot, Storage, Tape, union


def sum_of_products(tape: Tape, factors: Sequence[Slot], over: Sequence[Storage]) -> Slot:
    """The sum over the axes `over` of the product of `factors`, aligned by name."""
    inside = [f for f in factors if any(axis in over for axis in f.axes)]
    outside = [f for f in factors if f not in inside]
    covered = {axis for f in inside for axis in f.axes}
    repeated = math.prod(axis.size for axis in over if axis not in covered)
    over = [axis for axis in over if axis in covered]
    while len(inside) > 2:
        inside.sort(key=lambda s: (s.drawn, math.prod(s.shape)))
        inside = [multiply(tape, inside[0], inside[1]), *inside[2:]]
    if not inside:
        total = tape.constant(1.0)
    elif len(inside) == 1:
        total = plain_sum(tape, inside[0], over)
    else:
        total = _pair(tape, inside[0], inside[1], over)
    for factor in outside:
        total = multiply(tape, total, factor)
    return total if repeated == 1 else multiply(tape, total, tape.constant(float(repeated)))


def multiply(tape: Tape, left: Slot, right: Slot) -> Slot:
    """The product, aligned by name."""
    axes = union([left, right])
    return tape.emit("multiply", np.multiply, [tape.align(left, axes), tape.align(right, axes)], axes)


def plain_sum(tape: Tape, slot: Slot, over: Sequence[Storage]) -> Slot:
    """The sum over some axes."""
    lead = 1 if slot.drawn else 0
    places = tuple(lead + k for k, axis in enumerate(slot.axes) if axis in over)
    rest = [axis for axis in slot.axes if axis not in over]
    if not places:
        return slot
    return tape.emit(("sum", places), lambda x: x.sum(axis=places), [slot], rest, summed(places))


def _pair(tape: Tape, left: Slot, right: Slot, over: Sequence[Storage]) -> Slot:
    """Sum over a product of two by `matmul`: shared axes are batch, and the draws are too where both have them."""
    left = plain_sum(tape, left, [a for a in over if a not in right.axes])
    right = plain_sum(tape, right, [a for a in over if a not in left.axes])
    summed = [a for a in over if a in left.axes and a in right.axes]
    if not summed:
        return multiply(tape, left, right)
    batch = [a for a in left.axes if a in right.axes and a not in summed]
    rows = [a for a in left.axes if a not in right.axes]
    columns = [a for a in right.axes if a not in left.axes]
    if batch and not rows and not columns and not (left.drawn and right.drawn):
        return plain_sum(tape, multiply(tape, left, right), summed)
    left = tape.align(left, [*batch, *rows, *summed])
    right = tape.align(right, [*batch, *summed, *columns])
    groups = (batch, rows, summed, columns)
    sizes = tuple(math.prod(a.size for a in group) for group in groups)
    shape = tuple(a.size for a in (*batch, *rows, *columns))
    drawn = (left.drawn, right.drawn)
    key = ("matmul", sizes, shape, drawn)
    return tape.emit(key, _matmul(sizes, shape, drawn), [left, right], [*batch, *rows, *columns])


def _matmul(sizes: tuple[int, ...], shape: tuple[int, ...], drawn: tuple[bool, bool]) -> Array:
    batch, rows, summed, columns = sizes
    left_drawn, right_drawn = drawn

    def product(left: Array, right: Array) -> Array:
        if left_drawn and not right_drawn and batch == 1:
            out = np.matmul(np.reshape(left, (-1, summed)), np.reshape(right, (summed, columns)))
            return np.reshape(out, (left.shape[0], *shape))
        if right_drawn and not left_drawn and batch == 1:
            flat = np.reshape(right, (right.shape[0], summed, columns))
            if columns == 1:  # one product of matrices instead of one per draw
                out = np.matmul(np.reshape(right, (-1, summed)), np.reshape(left, (rows, summed)).T)
                return np.reshape(out, (right.shape[0], *shape))
            out = np.matmul(np.reshape(left, (rows, summed)), flat)
            return np.reshape(out, (right.shape[0], *shape))
        lead_left = (left.shape[0],) if left_drawn else ()
        lead_right = (right.shape[0],) if right_drawn else ()
        a = np.reshape(left, (*lead_left, batch, rows, summed))
        b = np.reshape(right, (*lead_right, batch, summed, columns))
        out = np.matmul(a, b)
        return np.reshape(out, (*out.shape[: max(len(lead_left), len(lead_right))], *shape))

    return product
