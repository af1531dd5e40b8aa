"""Finite latents along an axis that is summed over, or a distribution's own: each place gets values of its own.

A use `z[k]` runs along one axis of values, whichever element it is; that is right row by row. In `sum(z, k)` all the
elements stand in one row, so that a row's table has an axis of values for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph import ir
from ppl.log_joint.elements import stacked
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage

Array = Any


def apart(
    low: Lowering, slot: Slot, along: Sequence[Storage], expr: ir.Expr, at_full_length: bool = False
) -> Slot:
    """The slot with no axis of values that speaks of other elements at other places of `along`.

    A definition that is the same at all places lacks the axis, unless it is wanted `at_full_length`.
    """
    enumeration = low.enumeration
    for storage in along:
        behind = enumeration.behind(slot.axes)
        mixed = [v for v in behind if storage in enumeration.axes[v].axes]
        if mixed:
            slot = _placed(low, slot, storage, expr)
        elif behind and at_full_length and storage not in slot.axes:
            slot = low.tape.emit(
                ("repeat", storage.size),
                lambda x, n=storage.size: np.stack([x] * n, -1),
                [slot],
                [*slot.axes, storage],
            )
    return slot


def _placed(low: Lowering, slot: Slot, storage: Storage, expr: ir.Expr) -> Slot:
    tape, enumeration = low.tape, low.enumeration
    if not storage.size:  # of no element
        rest = [axis for axis in slot.axes if axis != storage and axis not in enumeration.axes]
        return tape.constant(onp.zeros([axis.size for axis in (*rest, storage)]), (*rest, storage))
    parts = [
        enumeration.moved(tape, slot, {storage: tape.constant(onp.int64(place))})
        for place in range(storage.size)
    ]
    axes = tuple(dict.fromkeys(axis for part in parts for axis in part.axes))
    low.check_cells(parts, expr)
    shape = tuple(axis.size for axis in axes)
    aligned = [tape.align(part, axes) for part in parts]
    return tape.emit(("stack", shape), lambda *xs: stacked(xs, shape, len(shape)), aligned, [*axes, storage])
