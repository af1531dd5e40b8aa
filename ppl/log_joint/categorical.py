"""Finite latents under a guide of their own: a bound on their sum, for models where the sum is too large.

With q(z) = prod_i q_i(z_i), every element under probabilities of its own,

    log sum_z p(z) >= E_q[log p(z)] + entropy(q),

and the expectation is exact: log p is a sum of tables over few elements each, and under independent elements a table's
expectation is a sum over its own cells. Where only some latents have such a guide the others are still summed out,
of the tables whose expectation over these has been taken: that is the best guide for them, whatever it is. The logits
of q are numbers of the guide that live in the log joint, and the ELBO chooses them.
Source: Jordan, Ghahramani, Jaakkola & Saul, An introduction to variational methods for graphical models, Machine
Learning 37 (1999), sections 4.2 and 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.log_joint.groups import Group, value_axes
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tables import Table
from ppl.log_joint.tape import Slot, Storage
from ppl.numerics.choose import choose
from ppl.numerics.log_sums import softmax
from ppl.numerics.rows import take_rows

Array = Any
SPREAD = 0.1  # sd of the logits to start from: equal ones may be a saddle, and would stay equal


@dataclass(frozen=True, eq=False)
class Guide:
    """q (1, elements, values) of a latent, and the values (elements, values) that data do not exclude."""

    slot: Slot
    possible: Array


def guide(low: Lowering, group: Group, tables: Sequence[Table], name: str) -> Guide:
    """The guide of a latent; values that a table of data excludes have probability 0."""
    axes = value_axes(low, name)
    logits = low.tuned.add(low.tape, f"q({name})", _start(name, tuple(a.size for a in axes)), axes)
    possible = onp.ones([axis.size for axis in axes], dtype=bool)
    for table in tables:
        if table.order == 1 and table.slot.id in low.tape.constants and len(table.scopes):
            element = table.scopes[:, 0] - group.offsets[name]
            if group.owner(int(table.scopes[0, 0])) == name:
                weights = onp.broadcast_to(low.tape.value(table.slot), (len(element), axes[1].size))
                possible[element] &= ~onp.isneginf(weights)

    def probabilities(x: Array) -> Array:
        return softmax(choose(possible, x, -np.inf), axis=-1)

    slot = low.tape.emit(("probabilities", possible.tobytes()), probabilities, [logits], axes)
    return Guide(slot, possible)


def _start(name: str, shape: tuple[int, ...]) -> Array:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return SPREAD * onp.random.Generator(onp.random.Philox(key=key)).standard_normal(shape)


def entropy(low: Lowering, guides: Mapping[str, Guide]) -> Slot:
    """The entropy of all guides."""
    total = low.tape.constant(0.0)
    for q in guides.values():
        total = low.tape.emit("add", np.add, [low.tape.emit("entropy", _entropy, [q.slot], ()), total], ())
    return total


def _entropy(q: Array) -> Array:
    """- sum of q log q, (draws, elements, values) -> (draws,)."""
    return -np.sum(q * np.log(choose(q > 0, q, 1.0)), axis=(-2, -1))


def under(low: Lowering, group: Group, table: Table, guides: Mapping[str, Guide]) -> Table:
    """The expectation of a table over those of its elements that have a guide; each axis is of one latent.

    Raises `PplError` where values of several elements exclude each other: independent ones can't.
    """
    names = [group.owner(int(e)) for e in table.scopes[0]] if len(table.scopes) else []
    if names and all(name in guides for name in names):
        _check_possible(low, group, table, [guides[name] for name in names])
    for place in reversed(range(len(names))):
        name = names[place]
        if name in guides:
            elements = table.scopes[:, place] - group.offsets[name]
            table = _without(low, table, place, guides[name].slot, elements)
    return table


def _check_possible(low: Lowering, group: Group, table: Table, guides: Sequence[Guide]) -> None:
    if table.slot.id not in low.tape.constants:
        return
    excluded = onp.isneginf(low.tape.value(table.slot))
    if not excluded.any():
        return
    for scope, cells in zip(
        table.scopes, onp.broadcast_to(excluded, (len(table.scopes), *table.sizes)), strict=True
    ):
        for place, (element, guide) in enumerate(zip(scope.tolist(), guides, strict=True)):
            own = guide.possible[element - group.offsets[group.owner(element)]]
            cells = onp.compress(own, cells, axis=place)
        if cells.any():
            raise _excluding(low, group, scope.tolist())


def _excluding(low: Lowering, group: Group, scope: Sequence[int]) -> PplError:
    shown = " and ".join(group.spoken(low, element) for element in scope)
    names = " and ".join(dict.fromkeys(f"`{group.owner(element)}`" for element in scope))
    message = f"{names} can't have the guide `categorical`: some values of {shown} exclude each other"
    spans = tuple(Label(s.span) for s in group.statements[:3])
    fact = "under probabilities of their own they would occur together"
    fix = "give what is impossible a small probability, or sum these latents out"
    return PplError([Diagnostic("E504", message, spans, (fact,), fix, source=low.bound.graph.source)])


def _without(low: Lowering, table: Table, place: int, q: Slot, elements: Array) -> Table:
    """The expectation of a table over one of its axes, under the probabilities of the elements that stand there."""
    rest = [size for k, size in enumerate(table.sizes) if k != place]
    axis, behind, drawn = place - table.order, len(rest), table.slot.drawn

    def mean(x: Array, q: Array) -> Array:
        if not drawn:
            x = x[None]
        weights = take_rows(q, elements)
        weights = np.reshape(weights, (*weights.shape[:2], *(1,) * behind, weights.shape[-1]))
        cells = np.moveaxis(x, axis, -1)
        # What is impossible and has no probability is 0.
        return np.sum(choose(weights > 0, cells, 0.0) * weights, axis=-1)

    sizes = [len(elements), *rest]
    axes = [Storage("rows", sizes[0]), *(Storage(f"value {k}", size) for k, size in enumerate(rest))]
    slot = low.tape.emit(("mean", place, elements.tobytes(), tuple(sizes)), mean, [table.slot, q], axes)
    return Table(slot, onp.delete(table.scopes, place, axis=1))
