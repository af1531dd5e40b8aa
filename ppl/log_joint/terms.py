"""The summands of the log joint, one per statement, and the checks of their arguments that need the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError, Span
from ppl.graph.bad_data import told
from ppl.graph.model import Factor, Relation
from ppl.log_joint.apart import apart
from ppl.log_joint.contract import multiply, plain_sum
from ppl.log_joint.density import aligned_args, batch_axes, density_slot
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of
from ppl.log_joint.tape import Slot, Storage

Array = Any


@dataclass(frozen=True, eq=False)
class Summand:
    """A statement's log densities, over its rows (some of `axes`) and over values of finite latents."""

    name: str
    rows: Slot
    axes: tuple[Storage, ...]
    span: Span


def relation_rows(low: Lowering, relation: Relation) -> tuple[Slot, Frame]:
    """The log density of a relation, one value per batch element that its `where` selects."""
    frame = frame_of(low, relation.where)
    density = relation.density
    x = low.element(relation.name, _indices(low, relation, frame))
    args = {}
    for name, arg in density.args.items():
        own = [frame.place(axis).storage for axis in density.own_axes(name)]
        args[name] = apart(low, low.lower(arg, frame), own, arg, at_full_length=True)
    lower, upper = (None if end is None else low.lower(end, frame) for end in (density.lower, density.upper))
    low.check_cells([x, *args.values()], density)
    _check_args(low, relation, args, frame)
    _check_value(low, relation, x, args, frame)
    rows = density_slot(low.tape, frame, density, x, args, lower, upper)
    if relation.ordered and is_exchangeable(relation):
        # K! orders are alike, and only one of them is in order: each of a vector's K elements bears its share.
        size = low.bound.shape(relation.name)[-1]
        share = low.tape.constant(math.lgamma(size + 1) / max(size, 1))
        rows = low.tape.emit("add", np.add, [rows, share], rows.axes)
    return rows, frame


def _indices(low: Lowering, relation: Relation, frame: Frame) -> list[Storage | Slot]:
    found: list[Storage | Slot] = []
    for axis in relation.axes:
        place = frame.place(axis)
        found.append(
            place.storage if place.positions is None else low.tape.constant(place.positions, (place.storage,))
        )
    return found


def relation_term(low: Lowering, relation: Relation) -> Slot | Summand:
    """The sum of a relation's log densities; its rows where values are summed out."""
    rows, frame = relation_rows(low, relation)
    event = {frame.place(axis).storage for axis in relation.density.event}
    batch = [s for s in frame.storages(relation.axes) if s not in event]
    if low.enumeration.of(rows):
        return Summand(relation.name, rows, tuple(batch), relation.span)
    return _total(low, rows, batch)


def _total(low: Lowering, rows: Slot, axes: Sequence[Storage]) -> Slot:
    """The sum over `axes`, those included that the rows do not vary along."""
    missing = math.prod(axis.size for axis in axes if axis not in rows.axes)
    total = plain_sum(low.tape, rows, rows.axes)
    return total if missing == 1 else multiply(low.tape, total, low.tape.constant(float(missing)))


def is_exchangeable(relation: Relation) -> bool:
    """Whether the elements of an ordered vector are alike, so that the K! orders are equally likely."""
    return all(relation.axes[-1] not in arg.axes for arg in relation.density.args.values())


def factor_term(low: Lowering, factor: Factor) -> Slot | Summand:
    """The sum of a factor over its axes; or its rows, where values are to be summed out."""
    frame = frame_of(low, factor.where)
    rows = low.lower(factor.value, frame)
    axes = frame.storages(factor.value.axes)
    if low.enumeration.of(rows):
        return Summand(factor.name, rows, axes, factor.span)
    return _total(low, rows, axes)


def _rows_of(slot: Slot, wrong: Array) -> str:
    at = onp.argwhere(wrong)[0]
    parts = [f"{axis.name} = {int(i)}" for axis, i in zip(slot.axes, at, strict=False)]
    return ", ".join(parts)


def _check_args(low: Lowering, relation: Relation, args: dict[str, Slot], frame: Frame) -> None:
    """Arguments made of data lie in their parameters' sets."""
    supports = {p.name: (p.support, p.event_rank) for p in relation.density.form}
    for name, slot in args.items():
        support, rank = supports[name]
        if (
            slot.id not in low.tape.constants
            or support.ends
            or support.event_rank > rank
            or low.enumeration.of(slot)
        ):
            continue
        own = [frame.place(axis).storage for axis in relation.density.own_axes(name)]
        batch = [axis for axis in slot.axes if axis not in own]
        if len(own) < support.event_rank:
            continue
        values = low.tape.value(low.tape.align(slot, [*batch, *own]))
        wrong = ~onp.asarray(support.contains(values))
        if not wrong.any():
            continue
        arg = relation.density.args[name]
        where = _rows_of(low.tape.align(slot, [*batch, *own]), wrong)
        shown = onp.asarray(values)[tuple(onp.argwhere(wrong)[0])] if wrong.ndim == values.ndim else ""
        message = f"`{name}` of `{relation.density.distribution}` must be {support.name}"
        at = f" at {where}" if where else ""
        if shown == "":
            first = onp.asarray(values)[tuple(onp.argwhere(wrong)[0])] if wrong.ndim else values
            raise _wrong(low, "E304", message, arg.span, _whole(first) + at)
        raise _wrong(low, "E304", f"{message}, and {_share(wrong)} not", arg.span, f"it is {shown:g}{at}")


def _check_value(low: Lowering, relation: Relation, x: Slot, args: dict[str, Slot], frame: Frame) -> None:
    """Observed values lie in the support, as far as its ends are known."""
    tape = low.tape
    distribution = relation.density.kind
    if x.id not in tape.constants or relation.name in low.enumeration.finite:
        return
    ends: tuple[Array, ...] = ()
    event = [frame.place(axis).storage for axis in relation.density.event]
    batch = batch_axes(frame, relation.density, args, x)
    support = distribution.support
    if support.ends:
        if not all(slot.id in tape.constants for slot in args.values()):
            if support.name.startswith("a position") or not distribution.discrete:
                return
            return
        values = [tape.value(slot) for slot in aligned_args(tape, frame, relation.density, args, batch)]
        ends = distribution.ends(**dict(zip(args, values, strict=True)))
    data = tape.value(tape.align(x, [*batch, *event]))
    wrong = ~onp.asarray(support.contains(data, *ends))
    if wrong.any():
        at = onp.argwhere(wrong)[0]
        shown = data[tuple(at)] if wrong.ndim == data.ndim else None
        where = ", ".join(f"{axis.name} = {int(i)}" for axis, i in zip(batch, at, strict=False))
        name = support.name
        for label, end in zip(support.ends, ends, strict=True):
            value = onp.broadcast_to(end, wrong.shape)[tuple(at)]
            name = name.replace("{" + label + "}", f"{value:g}")
        message = f"`{relation.name}` is drawn from `{relation.density.distribution}`, so it must be {name}"
        column = low.bound.columns.get(relation.name)
        if shown is None:
            fact = _whole(data[tuple(at)]) + (f" at {where}" if where else "")
        else:
            message += f", and {_share(wrong)} not"
            fact = f"it is {shown:g}" + (f" at {where}" if where else "")
            if column is not None and relation.where is None and len(at) == len(relation.axes):
                fact = told(column, tuple(int(i) for i in at), float(shown))
        raise _wrong(low, "E415", message, relation.place, fact, *_computed(low, relation.name))


def _share(wrong: Array) -> str:
    count = int(wrong.sum())
    return (
        "it is" if wrong.size == 1 else f"{count:,} of {wrong.size:,} values {'is' if count == 1 else 'are'}"
    )


def _whole(found: Array) -> str:
    """What is to be said of a vector or a matrix that is not in its set."""
    value = onp.asarray(found)
    if value.ndim == 2 and value.shape[0] == value.shape[1] and onp.isfinite(value).all():
        if not onp.allclose(value, value.T):
            return "it is not symmetric"
        return f"its smallest eigenvalue is {onp.linalg.eigvalsh(value)[0]:g}"
    shown = ", ".join(f"{v:g}" for v in value.reshape(-1)[:6]) + (", ..." if value.size > 6 else "")
    return f"it is [{shown}], and sums to {value.sum():g}"


def _computed(low: Lowering, name: str) -> tuple[Label, ...]:
    """Where an observed definition is computed: the cause may be there."""
    variable = low.bound.graph.variables[name]
    return (Label(variable.span, "computed here"),) if variable.role == "definition" else ()


def _wrong(low: Lowering, code: str, message: str, at: Span, fact: str, *labels: Label) -> PplError:
    return PplError([Diagnostic(code, message, (Label(at), *labels), (fact,), source=low.bound.graph.source)])
