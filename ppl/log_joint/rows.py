"""The log likelihood row by row: one number for every observed element."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph.model import Relation
from ppl.log_joint.elements import elements
from ppl.log_joint.eliminate import TooLarge
from ppl.log_joint.enumeration import NONE
from ppl.log_joint.pieces import places
from ppl.log_joint.row_sums import RowSums, Shared, row_sums
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import relation_rows
from ppl.log_joint.waist import LogJoint

Array = Any
CELLS = 4_000_000  # numbers that are worked on at once


def observed_rows(log_joint: LogJoint, z: Array, w: Array | None = None) -> dict[str, Array]:
    """The log density of each observed variable's elements at draws z (S, D), each (S, *shape).

    The axes of an event (a row of a multivariate statement) are dropped. Where a variable is observed only
    in part, those elements that are stand in one row, in order. Finite latents are summed out, which is possible
    where each row has its own; raises `PplError` where rows share any.
    """
    rows = _Rows(log_joint, z, w)
    return {name: rows.of(relations) for name, relations in log_joint.bound.graph.likelihoods.items()}


@dataclass
class _Rows:
    """The draws at which rows are asked for, and the sums over finite latents that are needed for it."""

    log_joint: LogJoint
    z: Array
    w: Array | None
    sums: dict[str, RowSums] = field(default_factory=dict)  # by latent

    def of(self, relations: Sequence[Relation]) -> Array:
        """The rows of a variable."""
        low, bound = self.log_joint.low, self.log_joint.bound
        name = relations[0].name
        axes = tuple(axis for axis in relations[0].axes if axis not in relations[0].density.event)
        shape = tuple(bound.sizes[axis.dim] for axis in axes)
        if name in low.enumeration.pinned:
            sums = self._sums(relations[0], name)
            values, at = self._by_part(sums, sums.cells[name]), np.arange(math.prod(shape))
        else:
            found = [self._piece(relation) for relation in relations]
            values = np.concatenate([rows for rows, _ in found], axis=1)
            at = np.concatenate([flat for _, flat in found])
        order = np.argsort(at, kind="stable")
        missing = bound.blanks.get(name, ())  # cells that are themselves unknown
        order = order[~np.isin(at[order], missing)]
        values = values[:, order]
        return values.reshape(len(self.z), *shape) if values.shape[1] == math.prod(shape) else values

    def _piece(self, relation: Relation) -> tuple[Array, Array]:
        """The rows (S, n) of one statement, and their flat places."""
        low, bound = self.log_joint.low, self.log_joint.bound
        rows, frame = relation_rows(low, relation)
        storages = frame.storages(tuple(a for a in relation.axes if a not in relation.density.event))
        flat = places(bound, frame, [a for a in relation.axes if a not in relation.density.event])
        values = low.enumeration.of(rows)
        if not values:
            return self._run(rows, storages), flat
        sums = self._sums(relation, low.enumeration.axes[values[0]].name)
        k = next(k for k, s in enumerate(sums.statements) if s.span == relation.span)
        found = self._by_part(sums, sums.parts[k])
        if (sums.parts[k] == NONE).any():  # of no element: whatever their values
            zero = low.tape.constant(np.int64(0))
            plain = elements(low.tape, rows, [zero if axis in values else axis for axis in rows.axes])
            found = np.where(sums.parts[k] == NONE, self._run(plain, storages), found)
        return found, flat

    def _sums(self, relation: Relation, latent: str) -> RowSums:
        """The sums over a latent and what it stands with; raises `PplError` where rows share elements."""
        if latent not in self.sums:
            summed = next(s for s in self.log_joint.sums if latent in s.latents)
            observed = self.log_joint.bound.graph.likelihoods
            try:
                found = row_sums(self.log_joint.low, summed.group, observed)
            except (Shared, TooLarge) as error:
                raise self._shared(relation, summed.latents) from error
            self.sums |= dict.fromkeys(summed.latents, found)
        return self.sums[latent]

    def _by_part(self, sums: RowSums, parts: Array) -> Array:
        """The likelihoods (S, rows) of the rows that parts explain."""
        return self._run(sums.slot, sums.slot.axes, sums.work)[:, parts]

    def _run(self, slot: Slot, storages: Sequence[Storage], work: int = 1) -> Array:
        """The values of a slot over some axes, flat (S, n); `work` is how many numbers go into them."""
        sizes = [s.size for s in storages]
        slot = self.log_joint.tape.align(slot, storages)
        step = max(1, CELLS // max(work, math.prod(sizes), 1))
        found = []
        for start in range(0, len(self.z), step):
            part = self.z[start : start + step]
            with np.errstate(all="ignore"):
                value = self.log_joint.tape.run(self.log_joint.inputs(part, self.w), [slot])[0]
            found.append(np.broadcast_to(value, (len(part), *sizes)).reshape(len(part), -1))
        return np.concatenate(found)

    def _shared(self, relation: Relation, latents: Sequence[str]) -> PplError:
        """Rows that share a latent that is summed out have no likelihoods of their own."""
        names = " and ".join(f"`{name}`" for name in latents)
        verb = "is" if len(latents) == 1 else "are"
        message = (
            f"`{relation.name}` has no likelihood row by row: rows share {names}, which {verb} summed out"
        )
        graph = self.log_joint.bound.graph
        shared = (Label(graph.variables[name].span, "shared by rows") for name in latents[:2])
        fix = "`fit.log_evidence` is about all rows together; or give each row latents of its own"
        return PplError(
            [Diagnostic("E726", message, (Label(relation.span), *shared), (), fix, source=graph.source)]
        )
