"""Elements of arrays at positions: a rename where an index runs along its own axis, else one gather."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.log_joint.tape import Slot, Storage, Tape
from ppl.numerics.gather import put_sum, take

Array = Any


def elements(tape: Tape, base: Slot, indices: Sequence[Storage | Slot]) -> Slot:
    """`base[indices]`: for each axis of `base` the axis that takes its place, or constant positions in it.

    Where one axis takes the place of two (`w[k, k]`), it selects the diagonal.
    """
    plain: list[Storage | None] = []
    taken = {axis for index in indices if isinstance(index, Slot) for axis in index.axes}
    for index in indices:
        is_plain = isinstance(index, Storage) and index not in taken and indices.count(index) == 1
        plain.append(index if is_plain and isinstance(index, Storage) else None)
    if all(axis is not None for axis in plain):
        return base.named([axis for axis in plain if axis is not None])
    gathered = [k for k, axis in enumerate(plain) if axis is None]
    kept = [k for k, axis in enumerate(plain) if axis is not None]
    positions = [_as_slot(tape, indices[k]) for k in gathered]
    axes = tuple(dict.fromkeys(axis for slot in positions for axis in slot.axes))
    sizes = [base.axes[k].size for k in gathered]
    flat: Array = onp.zeros((), dtype=onp.int64)
    for slot, size in zip(positions, sizes, strict=True):
        flat = flat * size + tape.value(tape.align(slot, axes))
    flat = onp.broadcast_to(flat, tuple(a.size for a in axes)).reshape(-1)
    moved = tape.align(base, [base.axes[k] for k in kept] + [base.axes[k] for k in gathered])
    shape = tuple(base.axes[k].size for k in kept)
    result = [axis for axis in plain if axis is not None] + list(axes)
    return _take(tape, moved, flat, shape, math.prod(sizes), tuple(a.size for a in axes), result)


def _as_slot(tape: Tape, index: Storage | Slot) -> Slot:
    return index if isinstance(index, Slot) else tape.constant(onp.arange(index.size), (index,))


def _take(
    tape: Tape,
    base: Slot,
    flat: Array,
    kept: tuple[int, ...],
    size: int,
    out: tuple[int, ...],
    axes: list[Storage],
) -> Slot:
    places: Any = flat
    if flat.size and onp.array_equal(flat, onp.arange(flat[0], flat[0] + flat.size)):
        places = slice(int(flat[0]), int(flat[0]) + flat.size)
    drawn = base.drawn

    def gather(x: Array) -> Array:
        lead = x.shape[:1] if drawn else ()
        return np.reshape(take(np.reshape(x, (*lead, *kept, size)), places), (*lead, *kept, *out))

    def scatter(g: Array, _ans: Array, args: Sequence[Array], _which: Sequence[int]) -> list[Array]:
        shape = onp.shape(args[0])
        flat = g.reshape((*(g.shape[:1] if drawn else ()), *kept, -1))
        return [put_sum.fun(flat, places, size).reshape(shape)]

    return tape.emit(("take", flat.tobytes(), kept, size, out), gather, [base], axes, scatter)


def stacked(values: Sequence[Array], shape: tuple[int, ...], axis: int) -> Array:
    """Values of one named shape along a new axis at place `axis` among the named ones; drawn if any of them is."""
    draws = max((x.shape[0] for x in values if np.ndim(x) > len(shape)), default=None)
    full = shape if draws is None else (draws, *shape)
    alike = [x if np.shape(x) == full else np.broadcast_to(x, full) for x in values]
    return np.stack(alike, axis=len(full) - len(shape) + axis)
