"""Which statement or row is not finite, or has no finite slope, and its arguments there: for a message about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad

from ppl.graph import ir
from ppl.graph.model import Factor, Relation
from ppl.log_joint.known import Known
from ppl.log_joint.pieces import frame_of
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import relation_rows
from ppl.log_joint.waist import LogJoint

Array = Any


def not_finite(log_joint: LogJoint, name: str, z: Array) -> str | None:
    """What is to be seen at z (1, D) in the first row of a term that is not finite; None where there is none."""
    graph = log_joint.bound.graph
    pieces: list[Relation | Factor] = [*graph.priors.get(name, ()), *graph.likelihoods.get(name, ())]
    pieces += [factor for factor in graph.factors if factor.name == name]
    return next((said for piece in pieces if (said := _said(log_joint, piece, z))), None)


def without_slope(log_joint: LogJoint, z: Array) -> str | None:
    """The first term whose gradient at z (1, D) is not finite though it is finite itself."""
    tape = log_joint.tape
    for name, slots in log_joint.slots.items():

        def total(z: Array, slots: Sequence[Slot] = slots) -> Array:
            return sum(
                (anp.sum(value) for value in tape.run(log_joint.inputs(z, None), slots)), anp.sum(0.0 * z)
            )

        with np.errstate(all="ignore"):
            if not np.all(np.isfinite(grad(total)(z))):
                return name
    return None


def _said(log_joint: LogJoint, piece: Relation | Factor, z: Array) -> str | None:
    low = log_joint.low
    known = Known(low, 1, inputs=log_joint.inputs(z, None))
    args: dict[str, ir.Expr] = {}
    if isinstance(piece, Relation):
        rows, frame = relation_rows(low, piece)
        args = {n: arg for n, arg in piece.density.args.items() if not piece.density.own_axes(n)}
    else:
        frame = frame_of(low, piece.where)
        rows = low.lower(piece.value, frame)
    if low.enumeration.of(rows):
        return None
    values = known.at(rows)[1][0]
    wrong = np.argwhere(~np.isfinite(values))
    if not len(wrong):
        return None
    at = dict(zip(rows.axes, (int(i) for i in wrong[0]), strict=True))
    shown = [] if args else [f"it is {_number(values[tuple(wrong[0])])}"]
    for name, arg in args.items():
        slot = low.lower(arg, frame)
        if not low.enumeration.of(slot):
            shown.append(f"`{name.removeprefix('base ')}` is {_number(_at(known, slot, at))}")
    where = ", ".join(frame.element(axis, i) for axis, i in at.items())
    return (f"at {where} " if where else "there ") + " and ".join(shown)


def _number(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:.6g}"


def _at(known: Known, slot: Slot, at: dict[Storage, int]) -> float:
    value = known.at(slot)[1][0]
    return float(value[tuple(at.get(axis, 0) for axis in slot.axes)])
