"""Typed expressions to slots of the tape: which rule is for which kind of node, and those that are short."""

from __future__ import annotations

from typing import Any

from ppl.functions import FUNCTIONS
from ppl.graph import ir
from ppl.graph.bind import Bound
from ppl.log_joint.apart import apart
from ppl.log_joint.arithmetic import apply, as_real, select
from ppl.log_joint.density import density_slot
from ppl.log_joint.elements import elements, stacked
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering, Rule, positions
from ppl.log_joint.odes import solution
from ppl.log_joint.places import leaf, use
from ppl.log_joint.reductions import contract, reduce
from ppl.log_joint.tape import Slot, Storage, union

Array = Any


def lowering(bound: Bound) -> Lowering:
    """A lowering of a model and its data, with an empty tape."""
    return Lowering(bound, rule)


def rule(low: Lowering, expr: ir.Expr, frame: Frame) -> Rule:
    """The rule for a node, started."""
    match expr:
        case ir.Apply():
            return apply(low, expr)
        case ir.Use():
            return use(low, expr, frame)
        case ir.Reduce():
            return reduce(low, expr, frame)
        case ir.Contract():
            return contract(low, expr, frame)
        case ir.LogProb():
            return _log_prob(low, expr, frame)
        case ir.Select():
            return select(low, expr)
        case ir.Along():
            return _along(low, expr, frame)
        case ir.Linear():
            return _linear(low, expr, frame)
        case ir.Stack():
            return _stack(low, expr, frame)
        case ir.Rename():
            return _rename(expr, frame)
        case ir.Ode():
            return solution(low, expr, frame)
    return leaf(low, expr, frame)


def _along(low: Lowering, expr: ir.Along, frame: Frame) -> Rule:
    whole = frame.whole((expr.axis,))
    arg = (yield expr.arg) if whole is frame else low.lower(expr.arg, whole)
    axis = whole.place(expr.axis).storage
    arg = apart(low, arg, [axis], expr, at_full_length=True)
    axes = [*(a for a in arg.axes if a != axis), axis]
    call = FUNCTIONS[expr.function].call
    found = low.tape.emit(expr.function, call, [low.tape.align(arg, axes)], axes)
    if whole is frame:
        return found
    return elements(low.tape, found, [*axes[:-1], positions(low, frame.place(expr.axis))])


def _linear(low: Lowering, expr: ir.Linear, frame: Frame) -> Rule:
    whole = frame.whole(tuple(axis for event in expr.events for axis in event))
    slots = []
    for arg in expr.args:
        slots.append((yield arg) if whole is frame else low.lower(arg, whole))
    events = [[whole.place(axis).storage for axis in event] for event in expr.events]
    slots = [apart(low, slot, event, expr, True) for slot, event in zip(slots, events, strict=True)]
    batch = union([s.named([a for a in s.axes if a not in e]) for s, e in zip(slots, events, strict=True)])
    aligned = [low.tape.align(s, [*batch, *e]) for s, e in zip(slots, events, strict=True)]
    result = [whole.place(axis).storage for axis in expr.result]
    if expr.function == "transpose" and expr.events[0][0].dim != expr.events[0][1].dim:
        found = slots[0]  # the axes have names: nothing moves
    else:
        found = low.tape.emit(expr.function, FUNCTIONS[expr.function].call, aligned, [*batch, *result])
    if whole is frame:
        return found
    places = {whole.place(axis).storage: positions(low, frame.place(axis)) for axis in expr.result}
    return elements(low.tape, found, [places.get(axis, axis) for axis in found.axes])


def _stack(low: Lowering, expr: ir.Stack, frame: Frame) -> Rule:
    slots = []
    for item in expr.items:
        slot = yield item
        slots.append(as_real(low.tape, slot) if expr.kind == "real" else slot)
    axes = union(slots)
    place = frame.place(expr.axis)
    size = low.bound.sizes.get(expr.axis.dim)
    if size != len(slots):
        raise low.complain(
            "E402",
            f"`{expr.axis.dim}` has {size} places, and {len(slots)} values stand here",
            expr,
            fix="give as many values as places, or take them from the data",
        )
    aligned = [low.tape.align(slot, axes) for slot in slots]
    shape = tuple(axis.size for axis in axes)
    whole = Storage(place.storage.name, len(slots), "literal")
    joined = low.tape.emit(
        ("stack", shape), lambda *xs: stacked(xs, shape, len(shape)), aligned, [*axes, whole]
    )
    index = place.storage if place.positions is None else positions(low, place)
    return elements(low.tape, joined, [*axes, index])


def _rename(expr: ir.Rename, frame: Frame) -> Rule:
    arg = yield expr.arg
    old = [frame.place(axis).storage for axis in expr.arg.axes]
    new = [frame.place(axis).storage for axis in expr.axes]
    names = dict(zip(old, new, strict=True))
    return arg.named([names.get(axis, axis) for axis in arg.axes])


def _log_prob(low: Lowering, expr: ir.LogProb, frame: Frame) -> Rule:
    x = yield expr.x
    args: dict[str, Slot] = {}
    for name, arg in expr.density.args.items():
        own = [frame.place(axis).storage for axis in expr.density.own_axes(name)]
        args[name] = apart(low, (yield arg), own, arg, at_full_length=True)
    low.check_cells([x, *args.values()], expr)
    ends: list[Slot | None] = []
    for end in (expr.density.lower, expr.density.upper):
        ends.append(None if end is None else (yield end))
    return density_slot(low.tape, frame, expr.density, x, args, ends[0], ends[1])
