"""Typed expressions to slots of the tape: one rule per kind of node.

Rules are generators that yield the expressions they are made of and are sent their slots, driven by an
explicit stack: a sum of ten thousand terms is as good as a short one.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.functions import ARITHMETIC, FUNCTIONS
from ppl.graph import ir
from ppl.graph.bind import Bound
from ppl.log_joint.contract import sum_of_products
from ppl.log_joint.density import density_slot
from ppl.log_joint.elements import elements
from ppl.log_joint.enumeration import Enumeration
from ppl.log_joint.odes import solution
from ppl.log_joint.frame import Frame, Place
from ppl.log_joint.tape import Slot, Storage, Tape, union
from ppl.numerics.choose import choose
from ppl.numerics.zero_safe import zero_safe

Array = Any
Rule = Generator[ir.Expr, Slot, Slot]


@dataclass
class Lowering:
    """The tape, the data it is made for, and the slots of the variables known so far."""

    bound: Bound
    tape: Tape = field(default_factory=Tape)
    variables: dict[str, Slot] = field(default_factory=dict)
    blanks: dict[str, Slot] = field(default_factory=dict)  # the unknown cells of partly observed data
    guarded: set[int] = field(default_factory=set)  # nodes that an `if` may not select
    enumeration: Enumeration = field(default_factory=Enumeration)
    pasts: dict[str, Any] = field(default_factory=dict)  # variables of a recursion, as far as they are known

    def value(self, name: str) -> Slot:
        """What results call the value of a variable: of partly observed data the unknown cells."""
        return self.blanks.get(name) or self.variables[name]

    def frame(self) -> Frame:
        """A frame without restrictions."""
        return Frame(self.bound.sizes)

    def element(self, name: str, indices: Sequence[Storage | Slot]) -> Slot:
        """Elements of a variable; of a finite latent its possible values, on an axis of their own."""
        if name in self.enumeration.finite:
            return self.enumeration.use(self.tape, name, indices)
        if name in self.pasts:
            return self.pasts[name].element(indices)
        return elements(self.tape, self.variables[name], indices)

    def axis_sizes(self, name: str) -> tuple[int, ...]:
        """How long the axes of a variable are."""
        return self.bound.shape(name)

    def complain(self, code: str, message: str, expr: ir.Expr, *facts: str, fix: str = "") -> PplError:
        """The error for what only the data could show."""
        return PplError(
            [Diagnostic(code, message, (Label(expr.span),), facts, fix, source=self.bound.graph.source)]
        )

    def lower(self, expr: ir.Expr, frame: Frame) -> Slot:
        """The slot of an expression in a frame."""
        known: dict[int, Slot] = {}
        stack: list[tuple[ir.Expr, Rule]] = [(expr, _rule(self, expr, frame))]
        sent: Slot | None = None
        while stack:
            node, rule = stack[-1]
            try:
                child = next(rule) if sent is None else rule.send(sent)
            except StopIteration as end:
                stack.pop()
                sent = known[id(node)] = end.value
                continue
            sent = known.get(id(child))
            if sent is None:
                stack.append((child, _rule(self, child, frame)))
        assert sent is not None
        return sent


def _rule(low: Lowering, expr: ir.Expr, frame: Frame) -> Rule:
    match expr:
        case ir.Apply():
            return _apply(low, expr)
        case ir.Use():
            return _use(low, expr, frame)
        case ir.Reduce():
            return _reduce(low, expr, frame)
        case ir.Contract():
            return _contract(low, expr, frame)
        case ir.LogProb():
            return _log_prob(low, expr, frame)
        case ir.Select():
            return _select(low, expr)
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
    return _leaf(low, expr, frame)


def _leaf(low: Lowering, expr: ir.Expr, frame: Frame) -> Rule:
    match expr:
        case ir.Constant():
            return low.tape.constant(onp.asarray(expr.value, dtype=None if expr.kind == "int" else float))
        case ir.LastPosition():
            return low.tape.constant(onp.int64(low.bound.sizes[expr.dim] - 1))
        case ir.LabelPosition():
            return low.tape.constant(onp.int64(_label_position(low, expr)))
        case ir.Position():
            return _positions(low, frame.place(expr.axis))
    raise AssertionError(f"no rule for {type(expr).__name__}")
    yield  # a rule is a generator


def _positions(low: Lowering, place: Place) -> Slot:
    values = onp.arange(place.storage.size) if place.positions is None else place.positions
    if isinstance(values, Slot):
        return values
    return low.tape.constant(values, (place.storage,))


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
            f"its labels are {', '.join(labels[:8])}",
        )
    return labels.index(expr.label)


def _apply(low: Lowering, expr: ir.Apply) -> Rule:
    slots = []
    for arg in expr.args:
        slots.append((yield arg))
    if expr.kind == "real" or expr.function == "divide":
        slots = [_as_real(low.tape, slot) for slot in slots]
    return elementwise(low.tape, expr.function, slots, id(expr) in low.guarded)


def _as_real(tape: Tape, slot: Slot) -> Slot:
    """Whole numbers and truth values as floats, so that powers and quotients of them are."""
    if slot.id in tape.constants and tape.value(slot).dtype.kind != "f":
        return tape.emit("float", lambda x: onp.asarray(x, dtype=float), [slot], slot.axes)
    return slot


_SMOOTH = frozenset(
    {"add", "subtract", "multiply", "negative", "exp", "expit", "softplus", "sin", "cos", "tanh"}
)


def elementwise(tape: Tape, function: str, slots: Sequence[Slot], guarded: bool = False) -> Slot:
    """A function of elements, its arguments aligned by name; `guarded` where an `if` may not select it."""
    if function == "power" and slots[1].id in tape.constants and tape.value(slots[1]).ndim == 0:
        exponent = float(tape.value(slots[1]))
        if exponent == 2.0:
            return tape.emit("square", lambda x: x * x, slots[:1], slots[0].axes)
        if exponent == 0.5:
            return tape.emit("sqrt", np.sqrt, slots[:1], slots[0].axes)
    axes = union(slots)
    call = ARITHMETIC.get(function) or FUNCTIONS[function].call
    if function in ("add", "subtract", "multiply", "negative"):
        slots = [_countable(tape, slot) for slot in slots]
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


def _countable(tape: Tape, slot: Slot) -> Slot:
    """Comparisons are 0 or 1 in arithmetic."""
    if slot.id in tape.constants:
        if tape.value(slot).dtype.kind == "b":
            return tape.emit("count", lambda x: x.astype(onp.int64), [slot], slot.axes)
        return slot
    return slot


def _select(low: Lowering, expr: ir.Select) -> Rule:
    condition = yield expr.condition
    low.guarded |= {id(node) for branch in (expr.yes, expr.no) for node in _below(branch)}
    yes = yield expr.yes
    no = yield expr.no
    axes = union([condition, yes, no])
    slots = [low.tape.align(slot, axes) for slot in (condition, yes, no)]
    return low.tape.emit("where", choose, slots, axes)


def _below(expr: ir.Expr) -> list[ir.Expr]:
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


def _use(low: Lowering, expr: ir.Use, frame: Frame) -> Rule:
    sizes = low.axis_sizes(expr.name)
    indices: list[Storage | Slot] = []
    for k, index in enumerate(expr.indices):
        if isinstance(index, ir.Axis):
            place = frame.place(index)
            indices.append(place.storage if place.positions is None else _positions(low, place))
            continue
        slot = yield index
        if expr.name in low.enumeration.finite and low.enumeration.of(slot):
            raise low.complain(
                "E502", f"which element of `{expr.name}` is meant depends on another finite latent", expr
            )
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
    where = ", ".join(f"{axis.name} = {i}" for axis, i in zip(slot.axes, at, strict=True))
    dim = low.bound.graph.variables[expr.name].dims[expr.indices.index(index)]
    raise low.complain(
        "E414",
        f"this index of `{expr.name}` is {values[at] if at else values}, and `{dim}` has the places 0 to {size - 1}",
        index,
        *([f"at {where}"] if where else []),
        fix="guard it with `where`, as in `where time > 0`" if values.min() < 0 else "",
    )


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


def _reduce(low: Lowering, expr: ir.Reduce, frame: Frame) -> Rule:
    masks = []
    for limits in expr.ranges:
        lower = yield limits.lower
        upper = yield limits.upper
        masks.append(_open_range(low, limits, lower, upper, frame))
    over = [frame.place(axis).storage for axis in expr.over]
    if expr.function == "sum":
        factors = []
        for factor in _factors(expr.arg):
            slot = yield factor
            factors.append(_countable(low.tape, slot))
        return sum_of_products(low.tape, factors + [m for m in masks if m is not None], over)
    arg = yield expr.arg
    for mask in masks:
        if mask is not None:
            arg = _masked(low, expr, arg, mask)
    return _reduced(low.tape, expr.function, arg, over)


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
    storage = Storage(limits.axis.name, longest, ("range", limits.axis.serial))
    positions = first[..., None] + onp.arange(longest)
    inside = positions <= last[..., None]
    slot = tape.constant(positions.copy(), (*axes, storage))
    frame.places[limits.axis] = Place(storage, slot)
    return None if inside.all() else tape.constant(inside.astype(float), (*axes, storage))


_NEUTRAL = {"prod": 1.0, "max": -onp.inf, "min": onp.inf, "logsumexp": -onp.inf}


def _masked(low: Lowering, expr: ir.Reduce, arg: Slot, mask: Slot) -> Slot:
    if expr.function not in _NEUTRAL:
        raise low.complain(
            "E310", f"`{expr.function}` over a range needs the same length in every place", expr
        )
    axes = union([arg, mask])
    slots = [
        low.tape.align(mask, axes),
        low.tape.align(arg, axes),
        low.tape.constant(_NEUTRAL[expr.function]),
    ]
    return low.tape.emit("mask", lambda m, x, neutral: choose(m > 0, x, neutral), slots, axes)


def _contract(low: Lowering, expr: ir.Contract, frame: Frame) -> Rule:
    left = yield expr.left
    right = yield expr.right
    first, second = frame.place(expr.left_axis).storage, frame.place(expr.right_axis).storage
    summed = Storage(first.name, first.size, "summed")
    left = left.named([summed if axis == first else axis for axis in left.axes])
    right = right.named([summed if axis == second else axis for axis in right.axes])
    return sum_of_products(low.tape, [left, right], [summed])


def _along(low: Lowering, expr: ir.Along, frame: Frame) -> Rule:
    arg = yield expr.arg
    axis = frame.place(expr.axis).storage
    axes = [*(a for a in arg.axes if a != axis), axis]
    return low.tape.emit(expr.function, FUNCTIONS[expr.function].call, [low.tape.align(arg, axes)], axes)


def _linear(low: Lowering, expr: ir.Linear, frame: Frame) -> Rule:
    slots = []
    for arg in expr.args:
        slots.append((yield arg))
    events = [[frame.place(axis).storage for axis in event] for event in expr.events]
    batch = union([s.named([a for a in s.axes if a not in e]) for s, e in zip(slots, events, strict=True)])
    aligned = [low.tape.align(s, [*batch, *e]) for s, e in zip(slots, events, strict=True)]
    result = [frame.place(axis).storage for axis in expr.result]
    if expr.function == "transpose" and expr.events[0][0].dim != expr.events[0][1].dim:
        return slots[0]  # the axes have names: nothing moves
    return low.tape.emit(expr.function, FUNCTIONS[expr.function].call, aligned, [*batch, *result])


def _stack(low: Lowering, expr: ir.Stack, frame: Frame) -> Rule:
    slots = []
    for item in expr.items:
        slot = yield item
        slots.append(_as_real(low.tape, slot) if expr.kind == "real" else slot)
    axes = union(slots)
    place = frame.place(expr.axis)
    size = low.bound.sizes.get(expr.axis.dim)
    if size != len(slots):
        raise low.complain(
            "E402", f"`{expr.axis.dim}` has {size} places, and {len(slots)} values stand here", expr
        )
    aligned = [low.tape.align(slot, axes) for slot in slots]
    shape = tuple(axis.size for axis in axes)
    whole = Storage(place.storage.name, len(slots), "literal")
    stacked = low.tape.emit(("stack", shape), lambda *xs: _stacked(xs, shape), aligned, [*axes, whole])
    index = place.storage if place.positions is None else _positions(low, place)
    return elements(low.tape, stacked, [*axes, index])


def _stacked(values: Sequence[Array], shape: tuple[int, ...]) -> Array:
    draws = max((x.shape[0] for x in values if np.ndim(x) > len(shape)), default=None)
    full = shape if draws is None else (draws, *shape)
    return np.stack([np.broadcast_to(x, full) for x in values], axis=-1)


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
        args[name] = yield arg
    ends: list[Slot | None] = []
    for end in (expr.density.lower, expr.density.upper):
        ends.append(None if end is None else (yield end))
    return density_slot(low.tape, frame, expr.density, x, args, ends[0], ends[1])
