"""Tables over the values of finite elements: rows of one shape, each with the elements that it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.log_joint.tape import Slot, Storage, Tape
from ppl.numerics.choose import choose
from ppl.numerics.log_sums import logsumexp
from ppl.numerics.rows import sum_rows, take_rows

Array = Any


@dataclass(frozen=True, eq=False)
class Table:
    """`slot` (rows, K1, ..., Km); `scopes` (U, m): each row's elements, ascending. One row may serve all scopes."""

    slot: Slot
    scopes: Array

    @property
    def order(self) -> int:
        return int(self.scopes.shape[1])

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.slot.shape[1:]

    @property
    def is_shared(self) -> bool:
        return self.slot.shape[0] == 1 and len(self.scopes) != 1


def _axes(rows: int, sizes: Sequence[int]) -> tuple[Storage, ...]:
    return (Storage("rows", rows), *(Storage(f"value {k}", size) for k, size in enumerate(sizes)))


def made(tape: Tape, slot: Slot, scopes: Array) -> list[Table]:
    """Tables with ascending scopes from a slot (rows or 1, K1, ..., Km); an element that stands twice stands once."""
    tables = []
    if not len(scopes):
        return []
    sizes = slot.shape[1:]
    if (scopes[:, 1:] > scopes[:, :-1]).all():
        return [Table(slot.named(_axes(slot.shape[0], sizes)), scopes)]
    patterns: dict[tuple[int, ...], list[int]] = {}
    ranks = onp.argsort(onp.argsort(scopes, axis=1, kind="stable"), axis=1)
    for row, scope in enumerate(scopes.tolist()):
        same = len(set(scope)) < len(scope)
        distinct = sorted(set(scope))
        key = tuple(distinct.index(e) for e in scope) if same else tuple(ranks[row].tolist())
        patterns.setdefault(key, []).append(row)
    for key, rows in patterns.items():
        index = onp.array(rows)
        part = slot if slot.shape[0] == 1 or len(rows) == len(scopes) else rows_of(tape, slot, index)
        ordered = onp.sort(scopes[index], axis=1)
        if max(key, default=-1) + 1 < len(key):  # the diagonal over equal elements
            ordered = onp.array([sorted(set(s)) for s in scopes[index].tolist()])
        tables.append(Table(_arranged(tape, part, key, sizes), ordered))
    return tables


def _arranged(tape: Tape, slot: Slot, key: tuple[int, ...], sizes: tuple[int, ...]) -> Slot:
    """The values' axes moved to the places in `key`; axes that share a place become their diagonal."""
    if key == tuple(range(len(key))):
        return slot.named(_axes(slot.shape[0], sizes))
    count = max(key) + 1
    new = tuple(
        next(size for k, size in zip(key, sizes, strict=True) if k == place) for place in range(count)
    )
    grid = onp.indices(new).reshape(count, -1)
    flat = onp.zeros(grid.shape[1], dtype=int)
    for place, size in zip(key, sizes, strict=True):
        flat = flat * size + grid[place]
    rows, drawn = slot.shape[0], slot.drawn

    def arrange(x: Array) -> Array:
        lead = (x.shape[0],) if drawn else ()
        cells = np.reshape(x, (*lead, rows, -1))
        return np.reshape(cells[..., flat], (*lead, rows, *new))

    return tape.emit(("arrange", key, sizes, rows), arrange, [slot], _axes(rows, new))


def rows_of(tape: Tape, slot: Slot, index: Array) -> Slot:
    """Some rows of a slot (rows, ...)."""
    sizes, drawn = slot.shape[1:], slot.drawn
    if slot.shape[0] == 1:
        return slot
    if onp.array_equal(index, onp.arange(slot.shape[0])):
        return slot

    def rows(x: Array) -> Array:
        lead = (x.shape[0],) if drawn else ()
        flat = np.reshape(x, (*lead, x.shape[len(lead)], -1))
        return np.reshape(take_rows(flat, index), (*lead, len(index), *sizes))

    return tape.emit(("rows", index.tobytes(), sizes), rows, [slot], _axes(len(index), sizes))


def split(tape: Tape, table: Table, rows: Array) -> Table:
    """Some rows of a table."""
    return Table(rows_of(tape, table.slot, rows), table.scopes[rows])


def merged(tape: Tape, tables: Sequence[Table]) -> list[Table]:
    """Tables over the same elements added up: one table per shape, every scope once."""
    groups: dict[tuple[int, ...], list[Table]] = {}
    for table in tables:
        groups.setdefault(table.sizes, []).append(table)
    return [_added(tape, group) for group in groups.values()]


def _added(tape: Tape, group: list[Table]) -> Table:
    if group[0].order == 0:
        scopes, inverse = onp.zeros((sum(len(t.scopes) for t in group), 0), int), None
        if len(group) == 1:
            return group[0]
        inverse = onp.arange(len(scopes))
    else:
        scopes, inverse = onp.unique(onp.concatenate([t.scopes for t in group]), axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
    start, total = 0, None
    for table in group:
        index = inverse[start : start + len(table.scopes)]
        start += len(table.scopes)
        part = _scattered(tape, table, index, len(scopes))
        total = part if total is None else _sum(tape, total, part)
    assert total is not None
    return Table(total, scopes)


def _sum(tape: Tape, left: Slot, right: Slot) -> Slot:
    axes = left.axes if left.shape[0] >= right.shape[0] else right.axes
    return tape.emit("add", np.add, [right, left], axes)  # in memory the sum lies as what comes first


def _scattered(tape: Tape, table: Table, index: Array, size: int) -> Slot:
    """The rows of a table added up at their places among `size` scopes."""
    slot = table.slot
    if table.is_shared:
        counts = onp.bincount(index, minlength=size)
        if (counts == 1).all():
            return slot
        weights = tape.constant(
            counts.astype(float).reshape((size, *(1,) * table.order)), _axes(size, (1,) * table.order)
        )
        axes = _axes(size, table.sizes)

        def repeated(x: Array, w: Array) -> Array:
            return choose(w > 0, choose(w > 0, x, 0.0) * w, 0.0)

        return tape.emit("repeated", repeated, [slot, weights], axes)
    if onp.array_equal(index, onp.arange(size)):
        return slot
    sizes, drawn = table.sizes, slot.drawn

    def scatter(x: Array) -> Array:
        lead = (x.shape[0],) if drawn else ()
        flat = np.reshape(x, (*lead, x.shape[len(lead)], -1))
        return np.reshape(sum_rows(flat, index, size), (*lead, size, *sizes))

    return tape.emit(("scatter", index.tobytes(), size, sizes), scatter, [slot], _axes(size, sizes))


@dataclass(frozen=True)
class Semiring:
    """How the values of an eliminated element are combined: summed, or the best one kept."""

    name: str
    combine: Callable[[Array], Array]


SUM = Semiring("sum", lambda x: logsumexp(x, axis=-1))
BEST = Semiring("best", lambda x: np.max(x, axis=-1))


def joined(
    tape: Tape, parts: Sequence[tuple[Table, tuple[int, ...], Array]], scopes: Array, semiring: Semiring
) -> Table:
    """Eliminate one element per row: the log-sum over its values of the sum of the tables that touch it.

    `parts` are tables, the places of their axes among (neighbours..., element), and which rows of them.
    """
    near = scopes.shape[1]
    total: Slot | None = None
    size_of: dict[int, int] = {}
    for table, places, _ in parts:
        size_of.update(zip(places, table.sizes, strict=True))
    sizes = tuple(size_of[k] for k in range(near + 1))
    for table, places, rows in parts:
        slot = rows_of(tape, table.slot, rows)
        shape = [1] * (near + 1)
        for place, size in zip(places, table.sizes, strict=True):
            shape[place] = size
        order = tuple(int(i) for i in onp.argsort(places))
        aligned = _spread(tape, slot, order, tuple(shape))
        total = aligned if total is None else _wide(tape, total, aligned)
    assert total is not None
    rows_count = total.shape[0]
    axes = _axes(rows_count, sizes[:-1])
    out = tape.emit(("eliminate", near, semiring.name), semiring.combine, [total], axes)
    return Table(replace(out, axes=axes), scopes)


def _spread(tape: Tape, slot: Slot, order: tuple[int, ...], shape: tuple[int, ...]) -> Slot:
    rows, drawn = slot.shape[0], slot.drawn
    if slot.shape[1:] == shape and order == tuple(range(len(order))):
        return slot

    def spread(x: Array) -> Array:
        lead = 1 if drawn else 0
        moved = np.transpose(x, (*range(lead + 1), *(lead + 1 + i for i in order)))
        return np.reshape(moved, (*x.shape[: lead + 1], *shape))

    return tape.emit(("spread", order, shape), spread, [slot], _axes(rows, shape))


def _wide(tape: Tape, left: Slot, right: Slot) -> Slot:
    shape = tuple(max(a, b) for a, b in zip(left.shape, right.shape, strict=True))
    return tape.emit("add", np.add, [left, right], _axes(shape[0], shape[1:]))
