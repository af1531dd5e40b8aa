"""Finite latents along an axis that is summed over, or a distribution's own: each place gets values of its own.

A use `z[k]` runs along one axis of values, whichever element it is; that is right row by row. In `sum(z, k)` all the
elements stand in one row, so that a row's table has an axis of values for each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as onp

from ppl.graph import ir
from ppl.log_joint.elements import elements, stacked
from ppl.log_joint.enumeration import Enumerated
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage

Array = Any
MAX_CELLS = 1_000_000


def apart(low: Lowering, slot: Slot, along: Sequence[Storage], expr: ir.Expr) -> Slot:
    """The slot with no axis of values that speaks of other elements at other places of `along`."""
    for storage in along:
        mixed = [v for v in low.enumeration.of(slot) if storage in low.enumeration.axes[v].axes]
        if mixed:
            slot = _placed(low, slot, storage, mixed, expr)
    return slot


def _placed(low: Lowering, slot: Slot, storage: Storage, mixed: Sequence[Storage], expr: ir.Expr) -> Slot:
    parts = [_at(low, slot, storage, mixed, place) for place in range(storage.size)]
    axes = tuple(dict.fromkeys(axis for part in parts for axis in part.axes))
    cells = math.prod(axis.size for axis in axes if axis in low.enumeration.axes)
    if cells > MAX_CELLS:
        names = " and ".join(sorted({f"`{low.enumeration.axes[v].name}`" for v in mixed}))
        raise low.complain(
            "E503",
            f"all {storage.size} elements of {names} stand in one row here, a table of {cells:.2g} cells",
            expr,
            fix="cut the statements that tie these together, or use fewer values",
        )
    tape = low.tape
    shape = tuple(axis.size for axis in axes)
    aligned = [tape.align(part, axes) for part in parts]
    return tape.emit(("stack", shape), lambda *xs: stacked(xs, shape, len(shape)), aligned, [*axes, storage])


def _at(low: Lowering, slot: Slot, storage: Storage, mixed: Sequence[Storage], place: int) -> Slot:
    """The slot at one place, its axes of values those of the elements there."""
    enumeration = low.enumeration
    names: dict[Storage, Storage] = {}
    for values in mixed:
        known = enumeration.axes[values]
        axes = tuple(axis for axis in known.axes if axis != storage)
        ids = onp.take(known.ids, place, axis=known.axes.index(storage))
        names[values] = Storage(values.name, values.size, (known.name, axes, ids.tobytes()))
        enumeration.axes[names[values]] = Enumerated(known.name, axes, ids)
    indices: list[Storage | Slot] = []
    for axis in slot.axes:
        here = low.tape.constant(onp.int64(place)) if axis == storage else names.get(axis, axis)
        indices.append(here)
    return elements(low.tape, slot, indices)
