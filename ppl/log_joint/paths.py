"""Latents located by their own past, in coordinates of a centering: for c = 0 their innovations.

x[t] = (1 - s c) loc(x[t - 1], ...) + s u[t] with s = scale^(1 - c): a recursion like that of a definition, which one
scan computes for all draws and elements at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph import ir
from ppl.graph.model import Formula, Relation
from ppl.graph.recursions import uses
from ppl.log_joint.centering import Centred, elements, log_stretch, on_line
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.scan import planned
from ppl.log_joint.standard import Standard
from ppl.log_joint.tape import Slot
from ppl.log_joint.unknowns import Unknown, axes_of

Array = Any


def path(
    low: Lowering, unknown: Unknown, what: Standard, pin: float | None, u: Slot
) -> tuple[Unknown, Centred] | None:
    """Give a path its slot, made of its coordinates u; None where one scan can't compute it."""
    tape, name = low.tape, what.name
    plan = _planned(low, what)
    if plan is None:
        return None
    it = elements(low, what, (), pin)
    axes = axes_of(name, unknown.shape)
    stretch = log_stretch(low, it)
    shape = unknown.shape
    low.variables[_steps(name)] = tape.emit("steps", lambda u, s: np.exp(s) * u, [u, stretch], axes)
    low.variables[_share(name)] = tape.emit(
        ("share", shape), lambda s, c: 1.0 - np.exp(s) * c + onp.zeros(shape), [stretch, it.c], axes
    )
    plan()
    return on_line(low, unknown, what, it), it


def _steps(name: str) -> str:
    return f"{name}.steps"


def _share(name: str) -> str:
    return f"{name}.share"


def _planned(low: Lowering, what: Standard) -> Callable[[], None] | None:
    graph, name = low.bound.graph, what.name
    pieces = tuple(
        _piece(relation, kind.loc if moves else None)
        for relation, kind, moves in zip(what.relations, what.kinds, what.moves, strict=True)
    )
    dims = graph.variables[name].dims
    moved = {
        dims[k]
        for p in pieces
        for use in uses(p.value, frozenset({name}))
        for k, index in enumerate(use.indices)
        if isinstance(index, ir.Expr)
    }
    if len(moved) != 1:
        return None
    axis = dims.index(next(iter(moved)))
    return planned(low, (name,), {name: pieces}, {name: axis}, low.bound.sizes[dims[axis]])


def _piece(relation: Relation, loc: str | None) -> Formula:
    """What a statement says of the path, as a definition by its coordinates."""
    steps = _use(relation, _steps(relation.name))
    value: ir.Expr = steps
    if loc is not None:
        middle = relation.density.args[loc]
        part = _apply("multiply", _use(relation, _share(relation.name)), middle)
        value = _apply("add", part, steps)
    return Formula(relation.name, relation.axes, value, relation.where, relation.span, relation.target)


def _use(relation: Relation, name: str) -> ir.Use:
    return ir.Use(relation.span, relation.axes, "real", False, name, relation.axes)


def _apply(function: str, one: ir.Expr, other: ir.Expr) -> ir.Apply:
    axes = tuple(dict.fromkeys((*one.axes, *other.axes)))
    return ir.Apply(one.span, axes, "real", False, function, (one, other))
