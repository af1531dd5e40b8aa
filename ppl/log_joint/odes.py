"""Ordinary differential equations: the rate of change is a tape of its own, run at every stage of a step."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph import ir
from ppl.graph.recursions import parts
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage

Array = Any


def solution(low: Lowering, expr: ir.Ode, frame: Frame) -> Generator[ir.Expr, Slot, Slot]:
    """The slot of a solution over (batch, time, state)."""
    from ppl.numerics.ode import Ode

    low.check_plain([expr], "this `ode`", fix="solve it for each of their values, and choose by `if`")
    start = yield expr.start
    begin = yield expr.begin
    times = yield expr.times
    tape = low.tape
    batch = [frame.place(axis).storage for axis in expr.batch]
    state, time = (frame.place(axis).storage for axis in (expr.state_axis, expr.time_axis))
    outer, rate = _rate(low, expr, batch, state)
    grid = onp.concatenate([onp.reshape(tape.value(begin), -1), onp.reshape(tape.value(times), -1)]).astype(
        float
    )
    if (onp.diff(grid) < 0).any():
        k = int(onp.argmax(onp.diff(grid) < 0))
        raise low.complain(
            "E416",
            "the times of an `ode` increase, beginning with `t0`",
            expr.times,
            f"{grid[k + 1]:g} comes after {grid[k]:g}",
            fix="sort the rows by time, or begin earlier",
        )
    solver = Ode(rate)
    sizes = tuple(axis.size for axis in batch)
    lanes = math.prod(sizes)
    aligned = tape.align(start, [*batch, state])
    drawn = aligned.drawn or any(slot.drawn for slot in outer)
    begins_drawn = aligned.drawn

    def solve(first: Array, *args: Array) -> Array:
        lead = first.shape[0] if begins_drawn else 1
        full = (lead, *sizes, state.size)
        first = np.reshape(first, (lead, *first.shape[1 if begins_drawn else 0 :]))
        y = np.reshape(
            first if first.shape == full else np.broadcast_to(first, full), (lead, lanes, state.size)
        )
        found = solver.call(y, grid, *args)
        shape = (*sizes, time.size, state.size)
        return np.reshape(found, (found.shape[0], *shape) if drawn else shape)

    key = ("ode", id(expr), grid.tobytes())
    return tape.emit(key, solve, [aligned, *outer], [*batch, time, state])


def _rate(low: Lowering, expr: ir.Ode, batch: list[Storage], state: Storage) -> tuple[list[Slot], Any]:
    """The slots that the rate is made of, and the rate as a function (t, y (S, lanes, n), *values) -> (S, lanes, n)."""
    inner = Lowering(low.bound, low.rule)
    names = [name for name in _names(expr.rate) if name not in (expr.state, expr.time)]
    drawn = [name for name in names if low.variables[name].drawn]
    for name in names:
        slot = low.variables[name]
        known = slot.id in low.tape.constants
        inner.variables[name] = (
            inner.tape.constant(low.tape.value(slot), slot.axes) if known else inner.tape.input(slot.axes)
        )
    given = [inner.variables[name].id for name in drawn]
    place = Frame(low.bound.sizes)
    axes = [place.place(axis).storage for axis in (expr.state_axis, *expr.batch)]
    value = inner.variables[expr.state] = inner.tape.input(tuple(axes))
    clock = inner.variables[expr.time] = inner.tape.input()
    slot = inner.tape.align(inner.lower(expr.rate, place), [*axes[1:], axes[0]])
    sizes, count = tuple(axis.size for axis in batch), state.size
    lanes = math.prod(sizes)

    def rate(t: Any, y: Array, *values: Array) -> Array:
        states = np.moveaxis(np.reshape(y, (y.shape[0], *sizes, count)), -1, 1)
        inputs = dict(zip(given, values, strict=True))
        (found,) = inner.tape.run({**inputs, value.id: states, clock.id: onp.reshape(t, -1)}, [slot])
        full = (y.shape[0], *sizes, count)
        if not slot.drawn:
            found = found[None]
        found = found if found.shape == full else found * np.ones(full)
        return np.reshape(found, (y.shape[0], lanes, count))

    return [low.variables[name] for name in drawn], rate


def _names(expr: ir.Expr) -> list[str]:
    """The variables that an expression is made of."""
    found: dict[str, None] = {}
    stack, seen = [expr], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ir.Use):
            found[node.name] = None
        stack.extend(parts(node))
    return list(found)
