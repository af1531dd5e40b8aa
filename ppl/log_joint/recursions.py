"""Definitions that refer to their own past: one scan where elements do not mix, else step by step.

The scan is for pieces that select whole times, begin with those without a past, and whose last piece reaches back
by fixed lags (GARCH, ARMA, smoothing). What does not depend on the past is computed for all times before it.
Anything else (sums over the past, pieces that change from place to place) is written out time by time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph import ir
from ppl.graph.model import Formula
from ppl.graph.recursions import lag_of, uses
from ppl.log_joint.conditional import check_recursion
from ppl.log_joint.elements import elements, stacked
from ppl.log_joint.frame import Frame, Place
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import check_cover, frame_of, places, selected
from ppl.log_joint.scan import scan
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.unknowns import axes_of

Array = Any


@dataclass(frozen=True, eq=False)
class Along:
    """Which axis of each variable is the one that the recursion runs along, and how long it is."""

    axis: dict[str, int]
    length: int


def recursion(low: Lowering, group: Sequence[str]) -> None:
    """Give every variable of a group its slot."""
    formulas = {name: low.bound.graph.formulas[name] for name in group}
    check_recursion(low, group)
    for name in group:
        flats = [places(low.bound, frame_of(low, f.where), f.axes) for f in formulas[name]]
        check_cover(low.bound, formulas[name], flats, complete=True)
    along = _along(low, group, formulas)
    shapes = {name: low.bound.shape(name) for name in group}
    if all(0 in shape for shape in shapes.values()):  # no time has passed
        for name, shape in shapes.items():
            low.variables[name] = low.tape.constant(onp.zeros(shape), axes_of(name, shape))
        return
    if not scan(low, group, formulas, along.axis, along.length):
        _step_by_step(low, group, formulas, along)


def _along(low: Lowering, group: Sequence[str], formulas: dict[str, tuple[Formula, ...]]) -> Along:
    graph = low.bound.graph
    dim = ""
    for name in group:
        for formula in formulas[name]:
            for use in uses(formula.value, frozenset(group)):
                moved = [k for k, index in enumerate(use.indices) if isinstance(index, ir.Expr)]
                if moved:
                    dim = graph.variables[use.name].dims[moved[0]]
    axis = {name: graph.variables[name].dims.index(dim) for name in group}
    return Along(axis, low.bound.sizes[dim])


class _Past:
    """A variable of which the first times are known: what `Lowering.element` asks while the recursion runs."""

    def __init__(self, low: Lowering, name: str, axis: int):
        self.low, self.name, self.axis = low, name, axis
        self.shape = low.bound.shape(name)
        self.known: list[Slot] = []  # per time, over the other axes

    def element(self, indices: Sequence[Storage | Slot]) -> Slot:
        """Elements at times that are known."""

        tape = self.low.tape
        at = indices[self.axis]
        if isinstance(at, Storage):
            at = tape.constant(onp.arange(at.size), (at,))
        times = onp.asarray(tape.value(at))
        wanted = onp.unique(times)
        others = [size for k, size in enumerate(self.shape) if k != self.axis]
        if len(wanted) and wanted[-1] >= len(self.known):
            raise IndexError(int(wanted[-1]))
        slots = [self.known[t] for t in wanted]
        axes = tuple(Storage(f"{self.name}.{k}", size) for k, size in enumerate([len(slots), *others]))
        shape = tuple(others)
        together = tape.emit(("past", shape), lambda *xs: stacked(xs, shape, 0), slots, axes)
        local = tape.constant(onp.searchsorted(wanted, times), at.axes)
        rest = [index for k, index in enumerate(indices) if k != self.axis]
        return elements(tape, together, [local, *rest])


def _step_by_step(
    low: Lowering, group: Sequence[str], formulas: dict[str, tuple[Formula, ...]], along: Along
) -> None:
    tape = low.tape
    pasts = {name: _Past(low, name, along.axis[name]) for name in group}
    low.pasts.update(pasts)
    masks = {name: [_mask(low, f) for f in formulas[name]] for name in group}
    for t in range(along.length):
        waiting = list(group)
        while waiting:
            name = waiting.pop(0)
            if any(n in waiting for f in formulas[name] for n in _same_time(f, group)):
                waiting.append(name)
                continue
            parts, flats = [], []
            for formula, mask in zip(formulas[name], masks[name], strict=True):
                here = onp.take(mask, t, axis=along.axis[name])
                if here.any():
                    slot, flat = _piece(low, formula, along.axis[name], t, here)
                    parts.append(slot)
                    flats.append(flat)
            pasts[name].known.append(_together(low, parts, flats, pasts[name]))
    for name in group:
        del low.pasts[name]
        past = pasts[name]
        shape = tuple(size for k, size in enumerate(past.shape) if k != past.axis)
        whole = tape.emit(("whole", shape), lambda *xs, shape=shape: stacked(xs, shape, 0), past.known, ())
        axes = [Storage(f"{name}.{k}", size) for k, size in enumerate(past.shape)]
        moved = [axes[past.axis], *(a for k, a in enumerate(axes) if k != past.axis)]
        low.variables[name] = tape.align(whole.named(moved), axes)


def _same_time(formula: Formula, group: Sequence[str]) -> set[str]:
    """The group's variables that a formula uses at the same time."""
    found = set()
    for use in uses(formula.value, frozenset(group)):
        if all(isinstance(i, ir.Axis) or lag_of(i) == 0 for i in use.indices):
            found.add(use.name)
    return found


def _mask(low: Lowering, formula: Formula) -> Array:
    """Where a piece speaks, over all axes of its variable."""
    shape = low.bound.shape(formula.name)
    found = selected(low, formula.where)
    if found is None:
        return onp.ones(shape, dtype=bool)
    axes, mask = found
    sizes = [mask.shape[axes.index(axis)] if axis in axes else 1 for axis in formula.axes]
    ordered = onp.transpose(mask, [axes.index(axis) for axis in formula.axes if axis in axes])
    return onp.broadcast_to(ordered.reshape(sizes), shape)


def _piece(low: Lowering, formula: Formula, axis: int, t: int, here: Array) -> tuple[Slot, Array]:
    """A piece at one time: a flat slot (elements,) and which elements of the other axes these are."""
    tape = low.tape
    others = [a for k, a in enumerate(formula.axes) if k != axis]
    frame = Frame(low.bound.sizes) if here.all() else low.frame().restricted(tuple(others), here)
    now = Storage(formula.axes[axis].name, 1, ("now", t))
    frame.places[formula.axes[axis]] = Place(now, onp.array([t]))
    storages = frame.storages(tuple(others))
    slot = tape.align(low.lower(formula.value, frame), [*storages, now])
    shape = tuple(s.size for s in storages)
    drawn = slot.drawn

    def flat(x: Array) -> Array:
        lead = (x.shape[0],) if drawn else ()
        full = (*lead, *shape, 1)
        return np.reshape(np.broadcast_to(x, full) if np.shape(x) != full else x, (*lead, math.prod(shape)))

    return tape.emit(
        ("flat", shape), flat, [slot], (Storage("elements", math.prod(shape)),)
    ), onp.flatnonzero(here)


def _together(low: Lowering, parts: list[Slot], flats: list[Array], past: _Past) -> Slot:
    """The pieces of one time as one slot over the other axes."""
    shape = tuple(size for k, size in enumerate(past.shape) if k != past.axis)
    order = onp.argsort(onp.concatenate(flats), kind="stable")
    axes = tuple(Storage(f"{past.name}.{k}", size) for k, size in enumerate(shape))

    def together(*xs: Array) -> Array:
        draws = max((x.shape[0] for x in xs if np.ndim(x) > 1), default=None)
        if draws is None:
            return np.reshape(np.concatenate(xs)[order], shape)
        rows = [
            x if np.ndim(x) > 1 and x.shape[0] == draws else np.broadcast_to(x, (draws, x.shape[-1]))
            for x in xs
        ]
        joined = rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)[:, order]
        return np.reshape(joined, (draws, *shape))

    return low.tape.emit(("together", order.tobytes(), shape), together, parts, axes)
