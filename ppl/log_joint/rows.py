"""The log likelihood row by row: one number for every observed element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph.model import Relation
from ppl.log_joint.pieces import places
from ppl.log_joint.terms import relation_rows
from ppl.log_joint.waist import LogJoint

Array = Any
CELLS = 4_000_000  # numbers that are worked on at once


def observed_rows(log_joint: LogJoint, z: Array, w: Array | None = None) -> dict[str, Array]:
    """The log density of each observed variable's elements at draws z (S, D), each (S, *shape).

    The axes of an event (a row of a multivariate statement) are dropped. Where a variable is observed only
    in part, those elements that are stand in one row, in order.
    """
    likelihoods = log_joint.bound.graph.likelihoods
    return {name: _rows(log_joint, likelihoods[name], z, w) for name in likelihoods}


def _rows(log_joint: LogJoint, relations: tuple[Relation, ...], z: Array, w: Array | None) -> Array:
    low, bound = log_joint.low, log_joint.bound
    parts, flats = [], []
    shape: tuple[int, ...] = ()
    for relation in relations:
        rows, frame = relation_rows(low, relation)
        if low.enumeration.of(rows):
            raise _shared(log_joint, relation)
        axes = tuple(axis for axis in relation.axes if axis not in relation.density.event)
        storages = frame.storages(axes)
        sizes, shape = [s.size for s in storages], tuple(bound.sizes[axis.dim] for axis in axes)
        slot = low.tape.align(rows, storages)
        step = max(1, CELLS // max(1, math.prod(sizes)))
        values = []
        for start in range(0, len(z), step):
            part = z[start : start + step]
            with np.errstate(all="ignore"):
                value = low.tape.run(log_joint.inputs(part, w), [slot])[0]
            values.append(np.broadcast_to(value, (len(part), *sizes)).reshape(len(part), -1))
        parts.append(np.concatenate(values))
        flats.append(places(bound, frame, axes))
    places_of = np.concatenate(flats)
    order = np.argsort(places_of, kind="stable")
    missing = bound.blanks.get(relations[0].name, ())  # cells that are themselves unknown
    order = order[~np.isin(places_of[order], missing)]
    found = np.concatenate(parts, axis=1)[:, order]
    return found.reshape(len(z), *shape) if found.shape[1] == math.prod(shape) else found


def _shared(log_joint: LogJoint, relation: Relation) -> PplError:
    """Rows that share a latent that was summed out have no likelihoods of their own."""
    message = f"the rows of `{relation.name}` have no likelihood each: they share latents that are summed out"
    source = log_joint.bound.graph.source
    return PplError([Diagnostic("E726", message, (Label(relation.span),), source=source)])
