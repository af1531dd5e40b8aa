"""Statements for parts of an array: which part, whether all is covered once, how parts become a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.bind import Bound
from ppl.graph.model import Formula, Relation
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pullbacks import broadcast
from ppl.log_joint.tape import Slot, Storage

Array = Any


def selected(low: Lowering, where: ir.Expr | None) -> tuple[tuple[ir.Axis, ...], Array] | None:
    """The axes that a condition speaks of, and where over them it holds; None where it holds everywhere."""
    if where is None:
        return None
    frame = low.frame()
    slot = low.lower(where, frame)
    axes = tuple(axis for axis in where.axes if frame.place(axis).storage in slot.axes)
    mask = low.tape.value(low.tape.align(slot, frame.storages(axes)))
    return axes, onp.asarray(mask) != 0


def frame_of(low: Lowering, where: ir.Expr | None) -> Frame:
    """The frame of a statement: only the places that its `where` selects."""
    found = selected(low, where)
    if found is None:
        return low.frame()
    axes, mask = found
    if mask.all():
        return low.frame()
    if not axes:  # it varies along none of its axes; without any, the statement would not be here
        assert where is not None
        assert where.axes
        axes, mask = where.axes, onp.zeros([low.bound.sizes[axis.dim] for axis in where.axes], dtype=bool)
    return low.frame().restricted(axes, mask)


def places(bound: Bound, frame: Frame, axes: Sequence[ir.Axis]) -> Array:
    """The flat positions, in an array over `axes`, of the elements that a frame holds, in the order of its storage."""
    storages = frame.storages(tuple(axes))
    sizes = [s.size for s in storages]
    flat = onp.zeros(sizes, dtype=onp.int64)
    for axis in axes:
        place = frame.place(axis)
        positions = onp.arange(place.storage.size) if place.positions is None else place.positions
        shape = [1] * len(sizes)
        shape[storages.index(place.storage)] = -1
        flat = flat * bound.sizes[axis.dim] + onp.reshape(positions, shape)
    return flat.reshape(-1)


def check_cover(
    bound: Bound, pieces: Sequence[Relation | Formula], flats: Sequence[Array], complete: bool
) -> None:
    """Every element belongs to one piece; raises `PplError` naming those that belong to none or to two."""
    name = pieces[0].name
    shape = bound.shape(name)
    count = onp.zeros(math.prod(shape), dtype=int)
    for flat in flats:
        onp.add.at(count, flat, 1)
    for wrong, what in ((count > 1, "more than one statement"), (count == 0, "no statement")):
        if wrong.any() and (complete or what != "no statement"):
            at = onp.argwhere(wrong.reshape(shape))
            shown = ", ".join(_element(bound, name, tuple(int(i) for i in index)) for index in at[:3])
            more = f" and {len(at) - 3:,} more" if len(at) > 3 else ""
            labels = tuple(
                Label(piece.place, "" if k == 0 else "and this") for k, piece in enumerate(pieces[:4])
            )
            verb = "is" if len(at) == 1 else "are"
            raise PplError(
                [
                    Diagnostic(
                        "E212",
                        f"{len(at):,} of {count.size:,} elements of `{name}` {verb} covered by {what}",
                        labels,
                        (f"{shown}{more}",),
                        _covered(pieces[0], shown)
                        if what == "no statement" and len(at) == 1
                        else "the `where` conditions of its pieces must cover every element exactly once",
                        source=bound.graph.source,
                    )
                ]
            )


def _covered(piece: Relation | Formula, element: str) -> str:
    sign = "~" if isinstance(piece, Relation) else "="
    return f"add a statement for it: `{element.strip('`')} {sign} ...`"


def _element(bound: Bound, name: str, index: tuple[int, ...]) -> str:
    dims = bound.graph.variables[name].dims
    parts = [
        bound.labels[dim][i] if dim in bound.labels else str(i) for dim, i in zip(dims, index, strict=True)
    ]
    return f"`{name}[{', '.join(parts)}]`" if parts else f"`{name}`"


def whole(low: Lowering, formulas: Sequence[Formula]) -> Slot:
    """A definition's array, put together from its pieces."""
    bound, tape = low.bound, low.tape
    name = formulas[0].name
    shape = bound.shape(name)
    parts: list[Slot] = []
    flats: list[Array] = []
    for formula in formulas:
        frame = frame_of(low, formula.where)
        storages = frame.storages(formula.axes)
        slot = low.lower(formula.value, frame)
        slot = tape.align(slot, storages)
        flat = places(bound, frame, formula.axes)
        if flat.size or len(formulas) == 1:
            parts.append(_filled(low, slot, storages))
        flats.append(flat)
    check_cover(bound, formulas, flats, complete=True)
    axes = tuple(Storage(f"{name}.{k}", size) for k, size in enumerate(shape))
    if len(parts) == 1 and len(parts[0].axes) == len(axes):
        return parts[0].named(axes)
    order = onp.argsort(onp.concatenate(flats), kind="stable")
    sizes = tuple(math.prod(part.shape) for part in parts)
    key = ("pieces", sizes, shape, order.tobytes())
    return tape.emit(key, _joined(sizes, [part.drawn for part in parts], shape, order), parts, axes)


def _filled(low: Lowering, slot: Slot, storages: tuple[Storage, ...]) -> Slot:
    """The slot with every axis at its full length."""
    shape = tuple(axis.size for axis in storages)
    return low.tape.emit(("fill", shape), lambda x: _broadcast(x, shape), [slot], storages, broadcast)


def _broadcast(x: Array, shape: tuple[int, ...]) -> Array:
    lead = np.shape(x)[: max(np.ndim(x) - len(shape), 0)]
    if np.shape(x) == (*lead, *shape):
        return x
    return np.broadcast_to(x, (*lead, *shape)) if lead or not shape else np.broadcast_to(x, shape)


def _joined(sizes: Sequence[int], drawn: Sequence[bool], shape: tuple[int, ...], order: Array) -> Any:
    def join(*parts: Array) -> Array:
        flat = [
            np.reshape(p, (-1 if is_drawn else 1, size))
            for p, size, is_drawn in zip(parts, sizes, drawn, strict=True)
        ]
        draws = max(p.shape[0] for p in flat)
        rows = np.concatenate([np.broadcast_to(p, (draws, p.shape[1])) for p in flat], axis=1)
        return np.reshape(rows[:, order], (draws, *shape) if any(drawn) else shape)

    return join
