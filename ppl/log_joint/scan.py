"""The fast way for recursions whose elements do not mix: what is known beforehand vectorised, the rest one scan."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.functions import ARITHMETIC, FUNCTIONS
from ppl.graph import ir
from ppl.graph.model import Formula
from ppl.graph.recursions import lag_of, parts, uses
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of, selected
from ppl.log_joint.tape import Slot, Storage
from ppl.numerics.choose import choose
from ppl.numerics.recursion import Recursion

Array = Any


@dataclass
class _Program:
    """The step as a list of operations on a row of values: pasts, inputs, constants, results."""

    pasts: list[tuple[int, int]] = field(default_factory=list)
    inputs: list[ir.Expr] = field(default_factory=list)
    steps: list[tuple[Any, tuple[int, ...]]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def run(self, plain: bool) -> Any:
        """The step as a function; `plain` of numpy's own functions, for the loop."""
        calls = [(getattr(f, "fun", f) if plain else f, args) for f, args in self.steps]
        known, outputs = len(self.inputs), self.outputs

        def step(past: Sequence[Array], now: Sequence[Array]) -> tuple[Array, ...]:
            row = [*past, *now[:known]]
            for call, args in calls:
                row.append(call(*[row[i] for i in args]))
            return tuple(row[i] for i in outputs)

        return step


def scan(
    low: Lowering,
    group: Sequence[str],
    formulas: dict[str, tuple[Formula, ...]],
    axis: dict[str, int],
    length: int,
) -> bool:
    """Lower a group as one scan; False where its form does not allow it."""
    emit = planned(low, group, formulas, axis, length)
    if emit is None:
        return False
    emit()
    return True


def planned(
    low: Lowering,
    group: Sequence[str],
    formulas: dict[str, tuple[Formula, ...]],
    axis: dict[str, int],
    length: int,
) -> Callable[[], None] | None:
    """What lowers a group as one scan; None where its form does not allow it."""
    last = {name: formulas[name][-1] for name in group}
    own = frozenset(group)
    starts = {name: _first_time(low, formulas[name], axis[name], own) for name in group}
    if any(start is None for start in starts.values()) or len(set(starts.values())) != 1:
        return None
    order = starts[group[0]]
    assert order is not None
    others = {
        name: tuple(s for k, s in enumerate(low.bound.shape(name)) if k != axis[name]) for name in group
    }
    if len({others[name] for name in group}) != 1 or order >= length:
        return None
    names = _ordered(last, group)
    if names is None:
        return None
    program = _program(names, last, axis, order)
    if program is None:
        return None
    return partial(_emit, low, names, formulas, axis, order, length, program)


def _first_time(low: Lowering, pieces: Sequence[Formula], axis: int, own: frozenset[str]) -> int | None:
    """From which time on the last piece speaks alone, the others having no past; None where it is otherwise."""
    for piece in pieces:
        found = selected(low, piece.where)
        if found is None or found[0] != (piece.axes[axis],):
            return None
        mask = found[1]
        if piece is pieces[-1]:
            start = int(onp.argmax(mask))
            return start if mask[start:].all() and not mask[:start].any() else None
        if any(uses(piece.value, own)):
            return None
    return None


def _ordered(last: dict[str, Formula], group: Sequence[str]) -> list[str] | None:
    """The variables in the order in which one time computes them."""
    rest, done = list(group), []
    while rest:
        ready = next(
            (
                n
                for n in rest
                if not {u.name for u in uses(last[n].value, frozenset(rest)) if _lag(u, last[n]) == 0}
            ),
            None,
        )
        if ready is None:
            return None
        rest.remove(ready)
        done.append(ready)
    return done


def _lag(use: ir.Use, formula: Formula) -> int | None:
    """The lag of a use whose other indices are those of the left side."""
    moved = [index for index in use.indices if isinstance(index, ir.Expr)]
    if len(moved) > 1 or any(i not in formula.axes for i in use.indices if isinstance(i, ir.Axis)):
        return None
    if not moved:
        return 0
    lag = lag_of(moved[0])
    position = moved[0].axes
    return lag if lag is not None and len(position) == 1 and position[0] in formula.axes else None


def _program(
    names: Sequence[str], last: dict[str, Formula], axis: dict[str, int], order: int
) -> _Program | None:
    """The step's operations; None where something mixes elements or reaches back too far."""
    own = frozenset(names)
    program = _Program()
    nodes: list[tuple[ir.Expr, str]] = []
    seen: set[int] = set()
    for name in names:
        stack: list[tuple[ir.Expr, bool]] = [(last[name].value, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in seen and not ready:
                continue
            depends = any(True for _ in uses(node, own))
            if isinstance(node, ir.Use) and node.name in own:
                lag = _lag(node, last[name])
                aligned = [i for i in node.indices if isinstance(i, ir.Axis)] == [
                    a for k, a in enumerate(last[name].axes) if k != axis[name]
                ]
                if lag is None or lag > order or (lag > 0 and not aligned):
                    return None
                seen.add(id(node))
                nodes.append((node, name))
            elif not depends or ready:
                seen.add(id(node))
                nodes.append((node, name))
            elif isinstance(node, ir.Apply | ir.Select):
                stack.append((node, True))
                stack.extend((part, False) for part in parts(node))
            else:
                return None
        nodes.append((last[name].value, f"={name}"))
    return _numbered(program, names, last, nodes, own)


def _numbered(
    program: _Program,
    names: Sequence[str],
    last: dict[str, Formula],
    nodes: list[tuple[ir.Expr, str]],
    own: frozenset[str],
) -> _Program:
    """Places in the row: pasts first, then inputs, then results."""
    plain = [(n, who) for n, who in nodes if not who.startswith("=")]
    for node, who in plain:
        if isinstance(node, ir.Use) and node.name in own:
            lag = _lag(node, last[who])
            assert lag is not None
            key = (names.index(node.name), lag)
            if lag and key not in program.pasts:
                program.pasts.append(key)
        elif not any(True for _ in uses(node, own)):
            program.inputs.append(node)
    where: dict[int, int] = {}
    results: dict[str, int] = {}
    count = len(program.pasts)
    for k, node in enumerate(program.inputs):
        where[id(node)] = count + k
    count += len(program.inputs)
    for node, who in nodes:
        if who.startswith("="):
            results[who[1:]] = where[id(node)]
            program.outputs.append(where[id(node)])
        elif id(node) in where:
            continue
        elif isinstance(node, ir.Use):
            lag = _lag(node, last[who])
            where[id(node)] = (
                results[node.name] if lag == 0 else program.pasts.index((names.index(node.name), lag or 0))
            )
        else:
            call = choose if isinstance(node, ir.Select) else _call(node)
            program.steps.append((call, tuple(where[id(part)] for part in parts(node))))
            where[id(node)] = count
            count += 1
    return program


def _call(node: ir.Expr) -> Any:
    assert isinstance(node, ir.Apply)
    if node.function == "power":
        exponent = node.args[1]
        if isinstance(exponent, ir.Constant) and exponent.value == 2:
            return _square
    return ARITHMETIC.get(node.function) or FUNCTIONS[node.function].call


def _square(x: Array, _two: Array) -> Array:
    return x * x


def _emit(
    low: Lowering,
    names: Sequence[str],
    formulas: dict[str, tuple[Formula, ...]],
    axis: dict[str, int],
    order: int,
    length: int,
    program: _Program,
) -> None:
    tape = low.tape
    shape = low.bound.shape(names[0])
    lanes = math.prod(size for k, size in enumerate(shape) if k != axis[names[0]])
    frames = {name: frame_of(low, formulas[name][-1].where) for name in names}
    owner = _owners(names, formulas, program)
    slots = []
    for node in program.inputs:
        name = owner[id(node)]
        slots.append(_input(low, low.lower(node, frames[name]), formulas[name][-1], axis[name], frames[name]))
    start = [_start(low, formulas[name][:-1], axis[name]) for name in names]
    rule = Recursion(program.run(plain=False), program.run(plain=True), program.pasts, len(names), order)

    def run(*values: Array) -> Array:
        begin = values[: len(names)]
        draws = max(x.shape[1] for x in begin)
        first = np.stack(
            [np.broadcast_to(x, (order, draws, lanes)) if x.shape[1] != draws else x for x in begin]
        )
        inputs = list(values[len(names) :])
        inputs.append(onp.zeros((length - order, 1, 1)))
        return rule.call(first, *inputs)

    program_key = ("scan", *names)
    everything = tape.emit(program_key, run, [*start, *slots], ())
    for v, name in enumerate(names):
        full = low.bound.shape(name)
        low.variables[name] = _whole(low, everything, v, name, full, axis[name])


def _owners(
    names: Sequence[str], formulas: dict[str, tuple[Formula, ...]], program: _Program
) -> dict[int, str]:
    """In whose formula each input stands."""
    wanted = {id(node) for node in program.inputs}
    found: dict[int, str] = {}
    for name in names:
        stack = [formulas[name][-1].value]
        while stack:
            node = stack.pop()
            if id(node) in wanted:
                found.setdefault(id(node), name)
            else:
                stack.extend(parts(node))
    return found


def _input(low: Lowering, slot: Slot, formula: Formula, axis: int, frame: Any) -> Slot:
    """A slot as (times or 1, S or 1, lanes or 1)."""
    time = frame.place(formula.axes[axis]).storage
    others = [frame.place(a).storage for k, a in enumerate(formula.axes) if k != axis]
    return _rows(low, slot, time, others)


def _rows(low: Lowering, slot: Slot, time: Storage, others: Sequence[Storage]) -> Slot:
    aligned = low.tape.align(slot, [time, *others])
    times = time.size if time in slot.axes else 1
    sizes = tuple(o.size for o in others)
    varies = any(o in slot.axes for o in others)
    drawn = slot.drawn

    def rows(x: Array) -> Array:
        x = np.asarray(x) if np.ndim(x) == 0 else x
        if not drawn and x.dtype.kind != "f":
            x = x.astype(float)  # slopes are added up in arrays of their input's type
        lead = x.shape[0] if drawn else 1
        if varies and any(o not in slot.axes for o in others):
            x = np.broadcast_to(x, (*((lead,) if drawn else ()), times, *sizes))
        flat = np.reshape(x, (lead, times, math.prod(sizes) if varies else 1))
        return np.swapaxes(flat, 0, 1)

    return low.tape.emit(("scan input", times, sizes, varies, drawn, len(slot.axes)), rows, [aligned], ())


def _start(low: Lowering, pieces: Sequence[Formula], axis: int) -> Slot:
    """The first values (times, S or 1, lanes)."""
    name = pieces[0].name
    shape = low.bound.shape(name)
    lanes = math.prod(size for k, size in enumerate(shape) if k != axis)
    parts_, times = [], []
    for piece in pieces:
        frame = frame_of(low, piece.where)
        place = frame.place(piece.axes[axis])
        storage = place.storage
        parts_.append(_input(low, low.lower(piece.value, frame), piece, axis, frame))
        times.append(onp.arange(storage.size) if place.positions is None else onp.asarray(place.positions))
    index = onp.argsort(onp.concatenate(times), kind="stable")
    counts = tuple(len(t) for t in times)

    def together(*xs: Array) -> Array:
        draws = max(x.shape[1] for x in xs)
        rows = [
            np.broadcast_to(x, (count, draws, lanes)) if x.shape != (count, draws, lanes) else x
            for x, count in zip(xs, counts, strict=True)
        ]
        return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=0)[index]

    return low.tape.emit(("scan start", name, counts, lanes), together, parts_, ())


def _whole(low: Lowering, everything: Slot, v: int, name: str, shape: tuple[int, ...], axis: int) -> Slot:
    """One variable's values as a slot over its axes."""
    others = tuple(size for k, size in enumerate(shape) if k != axis)
    drawn = everything.drawn

    def whole(x: Array) -> Array:
        mine = np.swapaxes(x[v], 0, 1)  # (S, T, lanes)
        mine = np.reshape(mine, (mine.shape[0], shape[axis], *others))
        mine = np.moveaxis(mine, 1, 1 + axis)
        return mine if drawn else mine[0]

    axes = tuple(Storage(f"{name}.{k}", size) for k, size in enumerate(shape))
    return low.tape.emit(("scan whole", v, shape, axis), whole, [everything], axes)
