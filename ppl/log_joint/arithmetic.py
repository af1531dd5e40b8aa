"""Functions of elements on the tape: arguments aligned by name, whole numbers made real where they must be."""

from __future__ import annotations

from collections.abc import Sequence

import autograd.numpy as np
import numpy as onp

from ppl.functions import ARITHMETIC, FUNCTIONS
from ppl.graph import ir
from ppl.log_joint.lowering import Lowering, Rule
from ppl.log_joint.tape import Slot, Tape, union
from ppl.numerics import adjoints
from ppl.numerics.choose import choose
from ppl.numerics.zero_safe import zero_safe

_SMOOTH = frozenset(
    {"add", "subtract", "multiply", "negative", "exp", "expit", "softplus", "sin", "cos", "tanh"}
)

_SQUARE = adjoints.elementwise(lambda g, _ans, x: 2.0 * (x * g))


def apply(low: Lowering, expr: ir.Apply) -> Rule:
    """A function of elements."""
    slots = []
    for arg in expr.args:
        slots.append((yield arg))
    if expr.kind == "real" or expr.function == "divide":
        slots = [as_real(low.tape, slot) for slot in slots]
    low.check_cells(slots, expr)
    return elementwise(low.tape, expr.function, slots, id(expr) in low.guarded)


def as_real(tape: Tape, slot: Slot) -> Slot:
    """Whole numbers and truth values as floats, so that powers and quotients of them are."""
    if slot.id in tape.constants and tape.value(slot).dtype.kind != "f":
        return tape.emit("float", lambda x: onp.asarray(x, dtype=float), [slot], slot.axes)
    return slot


def elementwise(tape: Tape, function: str, slots: Sequence[Slot], guarded: bool = False) -> Slot:
    """A function of elements, its arguments aligned by name; `guarded` where an `if` may not select it."""
    if function == "power" and slots[1].id in tape.constants and tape.value(slots[1]).ndim == 0:
        exponent = float(tape.value(slots[1]))
        if exponent == 2.0:
            return tape.emit("square", lambda x: x * x, slots[:1], slots[0].axes, _SQUARE)
        if exponent == 0.5:
            return tape.emit("sqrt", np.sqrt, slots[:1], slots[0].axes)
    axes = union(slots)
    call = ARITHMETIC.get(function) or FUNCTIONS[function].call
    if function in ("add", "subtract", "multiply", "negative"):
        slots = [countable(tape, slot) for slot in slots]
    is_drawn = any(slot.drawn for slot in slots)
    if (
        guarded
        and is_drawn
        and function not in _SMOOTH
        and function in (*ARITHMETIC, *FUNCTIONS)
        and not _is_logical(function)
    ):
        return tape.emit(
            (function, "guarded"), zero_safe(call, len(slots)), [tape.align(s, axes) for s in slots], axes
        )
    return tape.emit(function, call, [tape.align(slot, axes) for slot in slots], axes)


def _is_logical(function: str) -> bool:
    return function in ("<", "<=", ">", ">=", "==", "!=", "and", "or", "not")


def countable(tape: Tape, slot: Slot) -> Slot:
    """Comparisons are 0 or 1 in arithmetic."""
    if slot.id in tape.constants:
        if tape.value(slot).dtype.kind == "b":
            return tape.emit("count", lambda x: x.astype(onp.int64), [slot], slot.axes)
        return slot
    return slot


def select(low: Lowering, expr: ir.Select) -> Rule:
    """`if`, element by element; what it may not select must not reach the gradient."""
    condition = yield expr.condition
    low.guarded |= {id(node) for branch in (expr.yes, expr.no) for node in below(branch)}
    yes = yield expr.yes
    no = yield expr.no
    low.check_cells([condition, yes, no], expr)
    axes = union([condition, yes, no])
    slots = [low.tape.align(slot, axes) for slot in (condition, yes, no)]
    return low.tape.emit("where", choose, slots, axes)


def below(expr: ir.Expr) -> list[ir.Expr]:
    """The elementwise operations that a value is made of."""
    found, stack = [], [expr]
    while stack:
        node = stack.pop()
        found.append(node)
        if isinstance(node, ir.Apply):
            stack.extend(node.args)
        elif isinstance(node, ir.Reduce | ir.Along | ir.Rename):
            stack.append(node.arg)
    return found
