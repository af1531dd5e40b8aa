"""Reductions over axes and ranges on the tape; a sum of products is a matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.functions import FUNCTIONS
from ppl.graph import ir
from ppl.graph.bind import MAX_ELEMENTS
from ppl.log_joint.apart import apart
from ppl.log_joint.arithmetic import below, countable, elementwise
from ppl.log_joint.contract import sum_of_products
from ppl.log_joint.frame import Frame, Place
from ppl.log_joint.lowering import Lowering, Rule
from ppl.log_joint.tape import Slot, Storage, Tape, union
from ppl.numerics.choose import choose

Array = Any
_OF_SOME = frozenset({"max", "min", "mean", "sd", "var"})  # what an empty axis has none of
_NEUTRAL = {"prod": 1.0, "max": -onp.inf, "min": onp.inf, "logsumexp": -onp.inf}


def reduce(low: Lowering, expr: ir.Reduce, frame: Frame) -> Rule:
    """A reduction over axes, some of which may be ranges."""
    masks = []
    for limits in expr.ranges:
        lower = yield limits.lower
        upper = yield limits.upper
        masks.append(_open_range(low, limits, lower, upper, frame))
    whole = frame.whole(expr.over)
    over = [whole.place(axis).storage for axis in expr.over]
    shorter = [mask for mask in masks if mask is not None]
    if shorter:
        low.guarded |= {id(node) for node in below(expr.arg)}
    if expr.function == "sum":
        factors = []
        for factor in _factors(expr.arg):
            slot = (yield factor) if whole is frame else low.lower(factor, whole)
            slot = apart(low, countable(low.tape, slot), over, expr)
            factors.append(_inside(low, factor, slot, shorter))
        return sum_of_products(low.tape, factors + shorter, over)
    arg = (yield expr.arg) if whole is frame else low.lower(expr.arg, whole)
    arg = apart(low, arg, over, expr)
    empty = next((axis for axis in over if axis.size == 0), None)
    if empty is not None and expr.function in _OF_SOME:
        raise low.complain(
            "E417",
            f"`{expr.function}` of no values: `{empty.name}` is empty",
            expr,
            fix="give data for it, or guard it by the size of the axis",
        )
    for mask in masks:
        if mask is not None:
            arg = _masked(low, expr, arg, mask)
    return _reduced(low.tape, expr.function, arg, over)


def _inside(low: Lowering, factor: ir.Expr, slot: Slot, masks: Sequence[Slot]) -> Slot:
    """A factor that is 0 behind the end of a shorter range, where it may be infinite, as 1 / (t - s) is at s = t."""
    is_finite = slot.id in low.tape.constants and bool(onp.isfinite(low.tape.value(slot)).all())
    if is_finite or isinstance(factor, ir.Use):
        return slot
    for mask in masks:
        if mask.axes[-1] in slot.axes:
            axes = union([slot, mask])
            slots = [low.tape.align(s, axes) for s in (mask, slot)]
            slot = low.tape.emit("inside", lambda m, x: choose(m > 0, x, 0.0), slots, axes)
    return slot


def _factors(expr: ir.Expr) -> list[ir.Expr]:
    """The factors of a product, however it is nested."""
    found: list[ir.Expr] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Apply) and node.function == "multiply":
            stack.extend(reversed(node.args))
        else:
            found.append(node)
    return found


def _reduced(tape: Tape, function: str, arg: Slot, over: Sequence[Storage]) -> Slot:
    """A reduction over axes, moved to the end and flattened into one."""
    missing = [axis for axis in over if axis not in arg.axes]
    if missing:
        ones = tape.constant(onp.ones([axis.size for axis in missing]), tuple(missing))
        arg = elementwise(tape, "multiply", [arg, ones])
    rest = [axis for axis in arg.axes if axis not in over]
    arg = tape.align(arg, [*rest, *over])
    shape = tuple(axis.size for axis in rest)
    drawn = arg.drawn
    call = FUNCTIONS[function].call
    if len(over) == 1:
        return tape.emit(("reduce", function), call, [arg], rest)

    def flat(x: Array) -> Array:
        return call(np.reshape(x, (x.shape[0], *shape, -1) if drawn else (*shape, -1)))

    return tape.emit(("reduce", function, shape), flat, [arg], rest)


def _open_range(low: Lowering, limits: ir.IndexRange, lower: Slot, upper: Slot, frame: Frame) -> Slot | None:
    """Place a range on an axis as long as its longest; where it is shorter than that, a mask."""
    tape = low.tape
    axes = union([lower, upper])
    first, last = (
        onp.broadcast_to(tape.value(tape.align(s, axes)), [a.size for a in axes]) for s in (lower, upper)
    )
    longest = max(int((last - first).max(initial=-1)) + 1, 0)
    if longest * max(first.size, 1) > MAX_ELEMENTS:
        raise low.complain(
            "E418",
            f"this range has {longest:,} places; the limit is {MAX_ELEMENTS:,}",
            limits.upper,
            fix="sum over fewer places",
        )
    storage = Storage(limits.axis.name, longest, ("range", limits.axis.serial))
    positions = first[..., None] + onp.arange(longest)
    inside = positions <= last[..., None]
    slot = tape.constant(positions.copy(), (*axes, storage))
    frame.places[limits.axis] = Place(storage, slot)
    return None if inside.all() else tape.constant(inside.astype(float), (*axes, storage))


def _masked(low: Lowering, expr: ir.Reduce, arg: Slot, mask: Slot) -> Slot:
    if expr.function not in _NEUTRAL:
        raise low.complain(
            "E310",
            f"`{expr.function}` over a range needs the same length in every place",
            expr,
            fix="`sum`, `prod`, `max` and `min` take ranges of any length",
        )
    axes = union([arg, mask])
    slots = [
        low.tape.align(mask, axes),
        low.tape.align(arg, axes),
        low.tape.constant(_NEUTRAL[expr.function]),
    ]
    return low.tape.emit("mask", lambda m, x, neutral: choose(m > 0, x, neutral), slots, axes)


def contract(low: Lowering, expr: ir.Contract, frame: Frame) -> Rule:
    """`left @ right`."""
    one, two = frame.whole((expr.left_axis,)), frame.whole((expr.right_axis,))
    left = (yield expr.left) if one is frame else low.lower(expr.left, one)
    right = (yield expr.right) if two is frame else low.lower(expr.right, two)
    first, second = one.place(expr.left_axis).storage, two.place(expr.right_axis).storage
    left, right = apart(low, left, [first], expr), apart(low, right, [second], expr)
    summed = Storage(first.name, first.size, "summed")
    left = left.named([summed if axis == first else axis for axis in left.axes])
    right = right.named([summed if axis == second else axis for axis in right.axes])
    return sum_of_products(low.tape, [left, right], [summed])
