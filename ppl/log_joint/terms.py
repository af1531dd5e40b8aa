"""The summands of the log joint, one per statement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np

from ppl.diagnostic import Span
from ppl.graph.model import Factor, Relation
from ppl.log_joint.apart import apart
from ppl.log_joint.contract import multiply, plain_sum
from ppl.log_joint.density import density_slot
from ppl.log_joint.frame import Frame
from ppl.log_joint.legal import check_args, check_value
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
    check_args(low, relation, args, frame)
    check_value(low, relation, x, args, (lower, upper), frame)
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
