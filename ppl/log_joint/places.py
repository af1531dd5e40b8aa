"""Positions, labels and elements of variables on the tape, checked against the lengths of their axes."""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.graph import ir
from ppl.graph.spelling import did_you_mean
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering, Rule, positions
from ppl.log_joint.tape import Slot, Storage

Array = Any


def leaf(low: Lowering, expr: ir.Expr, frame: Frame) -> Rule:
    """Numbers and positions."""
    match expr:
        case ir.Constant():
            return low.tape.constant(onp.asarray(expr.value, dtype=None if expr.kind == "int" else float))
        case ir.LastPosition():
            return low.tape.constant(onp.int64(low.bound.sizes[expr.dim] - 1))
        case ir.LabelPosition():
            return low.tape.constant(onp.int64(_label_position(low, expr)))
        case ir.Position():
            return positions(low, frame.place(expr.axis))
    raise AssertionError(f"no rule for {type(expr).__name__}")
    yield  # a rule is a generator


def _label_position(low: Lowering, expr: ir.LabelPosition) -> int:
    labels = low.bound.labels.get(expr.dim)
    if labels is None:
        raise low.complain(
            "E405",
            f"`{expr.dim}` has no labels",
            expr,
            fix=f'give them in the data: "{expr.dim}": ["a", ...]',
        )
    if expr.label not in labels:
        raise low.complain(
            "E405",
            f'`{expr.dim}` has no label "{expr.label}"',
            expr,
            fix=did_you_mean(expr.label, labels) or f"its labels in the data are {', '.join(labels[:8])}",
        )
    return labels.index(expr.label)


def use(low: Lowering, expr: ir.Use, frame: Frame) -> Rule:
    """Elements of a variable."""
    sizes = low.axis_sizes(expr.name)
    indices: list[Storage | Slot] = []
    for k, index in enumerate(expr.indices):
        if isinstance(index, ir.Axis):
            place = frame.place(index)
            indices.append(place.storage if place.positions is None else positions(low, place))
            continue
        slot = yield index
        indices.append(_within(low, expr, index, slot, sizes[k], frame))
    return low.element(expr.name, indices)


def _within(low: Lowering, expr: ir.Use, index: ir.Expr, slot: Slot, size: int, frame: Frame) -> Slot:
    """Positions that lie inside of an axis; the message names the first that does not."""
    values = onp.asarray(low.tape.value(slot))
    outside = (values < 0) | (values >= size)
    if not outside.any():
        return slot if values.dtype.kind == "i" else low.tape.constant(values.astype(onp.int64), slot.axes)
    ragged = any(
        place.positions is not None and isinstance(place.positions, Slot) for place in frame.places.values()
    )
    if ragged:  # places behind the end of an empty or shorter range: masked where they are reduced
        return low.tape.constant(onp.clip(values, 0, max(size - 1, 0)).astype(onp.int64), slot.axes)
    at = tuple(int(i) for i in onp.argwhere(outside)[0])
    where = ", ".join(_at(low, frame, axis, i) for axis, i in zip(slot.axes, at, strict=True))
    dim = low.bound.graph.variables[expr.name].dims[expr.indices.index(index)]
    raise low.complain(
        "E414",
        f"this index of `{expr.name}` is {values[at] if at else values}, and `{dim}` has the places 0 to {size - 1}",
        index,
        *([f"at {where}"] if where else []),
        fix=_inside_for_all(low, expr, index, values, size)
        if low.enumeration.of(slot)
        else _guard(expr, index, slot, values, outside, frame),
    )


def _inside_for_all(low: Lowering, expr: ir.Use, index: ir.Expr, values: Array, size: int) -> str:
    """How to keep an index inside for every value of a finite latent."""
    if values.min() >= 1 and values.max() == size:
        text = low.bound.graph.source.text[index.span.start : index.span.end]
        return f"positions count from 0: `{expr.name}[{text} - 1]`"
    return "an index lies inside for every value of a finite latent"


def _at(low: Lowering, frame: Frame, axis: Storage, place: int) -> str:
    """A place as a reader would name it: `time = 3`."""
    known = low.enumeration.axes.get(axis)
    if known is None:
        return frame.element(axis, place)
    return f"{known.name} = {low.enumeration.finite[known.name].values[place]:g}"


def _guard(expr: ir.Use, index: ir.Expr, slot: Slot, values: Array, outside: Array, frame: Frame) -> str:
    """How to keep an index inside: a `where` that leaves out the ends, or codes counted from 0."""
    if isinstance(index, ir.Use):
        if values.min() >= 1 and values.max() == values[~outside].max(initial=0) + 1:
            return f"`{index.name}` counts from 1: `{expr.name}[{index.name} - 1]`"
        return f"correct `{index.name}`, or declare it as positions of the axis"
    if values.ndim == 1 and len(slot.axes) == 1 and not outside.all():
        name, inside = slot.axes[0].name, onp.flatnonzero(~outside)
        first, last = (frame.position(slot.axes[0], int(inside[k])) for k in (0, -1))
        if first is not None and not outside[inside[0] :].any():
            return f"say where it holds: `where {name} >= {first}`"
        if last is not None and not outside[: inside[-1] + 1].any():
            return f"say where it holds: `where {name} <= {last}`"
    name = slot.axes[0].name if slot.axes else "time"
    return f"say where it holds, as in `where {name} > 0`"
