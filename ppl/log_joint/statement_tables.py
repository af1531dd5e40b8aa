"""A statement's rows as tables over the elements of finite latents that each row speaks of.

Mostly a row speaks of the same elements whatever their values. In `z[k]` with a finite `k` it is the value of `k`
that selects the element of `z`: log f(k, z[k]) = sum over j of (log f(j, z[j]) where k = j, else 0), one table for
every j, which holds `k` and `z[j]` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.log_joint.enumeration import NONE
from ppl.log_joint.lowering import Lowering, counted
from ppl.log_joint.tables import Table, made, rows_of
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import Summand
from ppl.numerics.choose import choose

Array = Any
MAX_CELLS = 30_000_000  # of all tables of one statement that are needed because values select elements


@dataclass(frozen=True)
class _Places:
    """The axes of a statement's rows and of its values, and those values that select elements."""

    rows: tuple[Storage, ...]
    values: tuple[Storage, ...]
    selectors: tuple[Storage, ...]

    def chosen(self) -> Iterator[dict[Storage, int]]:
        """Every combination of the values that select."""
        for places in product(*(range(axis.size) for axis in self.selectors)):
            yield dict(zip(self.selectors, places, strict=True))


def _places(low: Lowering, summand: Summand) -> _Places:
    axes = low.enumeration.axes
    values = low.enumeration.behind(summand.rows.axes)
    rows = list(summand.axes)
    for axis in values:
        rows += [a for a in axes[axis].axes if a not in rows and a not in values]
    selectors = tuple(v for v in values if any(v in axes[other].axes for other in values))
    return _Places(tuple(rows), tuple(values), selectors)


def statement_tables(low: Lowering, summand: Summand, offsets: Mapping[str, int]) -> list[Table]:
    """The tables of a statement; `offsets[name]` is the number of a latent's first element."""
    where = _places(low, summand)
    slot = _flat(low, summand.rows, where.rows, where.values)
    _check_size(low, summand, slot, math.prod(axis.size for axis in where.selectors))
    tables = []
    for place in where.chosen():
        scopes = _scopes(low, where, place, offsets)
        tables += _selected(low, slot, scopes, [place.get(axis) for axis in where.values])
    return tables


def row_scopes(low: Lowering, summand: Summand, offsets: Mapping[str, int]) -> Array:
    """The elements that each row of a statement speaks of (rows, m), NONE where it speaks of fewer."""
    where = _places(low, summand)
    return onp.concatenate([_scopes(low, where, place, offsets) for place in where.chosen()], axis=1)


def _scopes(low: Lowering, where: _Places, place: Mapping[Storage, int], offsets: Mapping[str, int]) -> Array:
    """The elements of each row (rows, values) where the values that select are at a place."""
    return onp.stack([_elements(low, axis, where.rows, place, offsets) for axis in where.values], axis=1)


def _flat(low: Lowering, slot: Slot, rows: Sequence[Storage], values: Sequence[Storage]) -> Slot:
    """The slot as (rows or 1, *values)."""
    varies = any(axis in slot.axes for axis in rows)
    aligned = low.tape.align(slot, [*(rows if varies else ()), *values])
    count = math.prod(axis.size for axis in rows) if varies else 1
    sizes = tuple(axis.size for axis in values)
    full = (*(axis.size for axis in rows), *sizes) if varies else sizes
    drawn = aligned.drawn

    def flat(x: Array) -> Array:
        lead = (x.shape[0],) if drawn else ()
        if x.shape != (*lead, *full):
            x = np.broadcast_to(x, (*lead, *full))
        return np.reshape(x, (*lead, count, *sizes))

    axes = (Storage("rows", count), *(Storage(f"value {k}", s) for k, s in enumerate(sizes)))
    return low.tape.emit(("table", full, count), flat, [aligned], axes)


def _elements(
    low: Lowering,
    axis: Storage,
    rows: Sequence[Storage],
    place: Mapping[Storage, int],
    offsets: Mapping[str, int],
) -> Array:
    """The elements that an axis of values is of, row by row, where the values that select them are at a place."""
    known = low.enumeration.axes[axis]
    ids = known.ids[tuple(place.get(a, slice(None)) for a in known.axes)]
    over = [a for a in known.axes if a not in place]
    order = [a for a in rows if a in over]
    ids = onp.transpose(ids, [over.index(a) for a in order])
    ids = ids.reshape([a.size if a in over else 1 for a in rows])
    ids = onp.broadcast_to(ids, tuple(a.size for a in rows)).reshape(-1)
    return onp.where(ids == NONE, NONE, ids + offsets[known.name])


def _selected(low: Lowering, slot: Slot, scopes: Array, place: Sequence[int | None]) -> list[Table]:
    """The tables where some values are at a place: 0 elsewhere, and without the axes that are of no element."""
    tape = low.tape
    if any(k is not None for k in place):
        inside = onp.ones((1,) * (len(place) + 1), dtype=bool)
        for k, (at, size) in enumerate(zip(place, slot.shape[1:], strict=True)):
            if at is not None:
                shape = [size if i == k + 1 else 1 for i in range(len(place) + 1)]
                inside = inside & (onp.arange(size) == at).reshape(shape)
        slot = tape.emit(("at values", tuple(place)), lambda x: choose(inside, x, 0.0), [slot], slot.axes)
    tables: list[Table] = []
    missing = scopes == NONE
    for pattern in onp.unique(missing, axis=0) if missing.any() else missing[:1]:
        chosen = onp.flatnonzero((missing == pattern).all(axis=1))
        if any(gone and at for gone, at in zip(pattern, place, strict=True)):
            continue  # a value that selects nothing stands at its first place only
        part = rows_of(tape, slot, chosen)
        tables += made(tape, _without(low, part, pattern), scopes[chosen][:, ~pattern])
    return tables


def _without(low: Lowering, slot: Slot, pattern: Array) -> Slot:
    """The first value along the axes in `pattern`, along which nothing changes."""
    if not pattern.any():
        return slot
    index = (slice(None), *(0 if gone else slice(None) for gone in pattern))
    axes = [slot.axes[0], *(a for a, gone in zip(slot.axes[1:], pattern, strict=True) if not gone)]
    return low.tape.emit(
        ("first values", tuple(pattern.tolist())),
        lambda x: x[(Ellipsis, *index)],
        [slot],
        [axes[0], *(Storage(f"value {k}", a.size) for k, a in enumerate(axes[1:]))],
    )


def _check_size(low: Lowering, summand: Summand, slot: Slot, tables: int) -> None:
    """Refuse tables that would not fit into memory; raises `PplError`."""
    cells = math.prod(slot.shape) * tables
    if tables > 1 and cells > MAX_CELLS:
        names = dict.fromkeys(low.enumeration.axes[v].name for v in low.enumeration.behind(summand.rows.axes))
        shown = " and ".join(f"`{name}`" for name in names)
        raise PplError(
            [
                Diagnostic(
                    "E503",
                    f"which elements stand here depends on values of {shown}, in {tables:,} ways: "
                    f"{counted(cells, MAX_CELLS)}",
                    (Label(summand.span),),
                    fix="cut the statements that tie these together, or use fewer values",
                    source=low.bound.graph.source,
                )
            ]
        )
