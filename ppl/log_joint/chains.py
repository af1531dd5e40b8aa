"""Chains among the tables: elements each next to at most two others, in order; the forward recursion sums them out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.log_joint.tables import Table, rows_of, split
from ppl.log_joint.tape import Slot, Tape
from ppl.numerics.chains import log_chain
from ppl.numerics.choose import choose

Array = Any
SHORTEST = 4  # shorter ones go with the rest


def chains(tape: Tape, groups: list[Table]) -> tuple[list[Table], list[Slot], int, int]:
    """Sum out the chains: the tables that remain, the logs of the sums, how many chains and the longest."""
    pairs = next((t for t in groups if t.order == 2 and t.sizes[0] == t.sizes[1]), None)
    if pairs is None:
        return groups, [], 0, 0
    touched = onp.unique(
        onp.concatenate(
            [t.scopes.reshape(-1) for t in groups if t.order >= 2 and t is not pairs] or [onp.zeros(0, int)]
        )
    )
    paths = _paths(pairs.scopes, set(touched.tolist()))
    if not paths:
        return groups, [], 0, 0
    size = pairs.sizes[0]
    own = next((t for t in groups if t.sizes == (size,)), None)
    row_of_pair = {tuple(scope): row for row, scope in enumerate(pairs.scopes.tolist())}
    row_of_own = {} if own is None else {scope[0]: row for row, scope in enumerate(own.scopes.tolist())}
    scalars = []
    for length in sorted({len(path) for path in paths}):
        alike = [path for path in paths if len(path) == length]
        scalars.append(_summed(tape, alike, pairs, own, row_of_pair, row_of_own))
    gone = {element for path in paths for element in path}
    rest: list[Table] = []
    for table in groups:
        rows = (
            onp.flatnonzero(~onp.isin(table.scopes, list(gone)).any(axis=1))
            if table.order
            else onp.arange(len(table.scopes))
        )
        if len(rows) == len(table.scopes):
            rest.append(table)
        elif len(rows):
            rest.append(split(tape, table, rows))
    return rest, scalars, len(paths), max(len(path) for path in paths)


def _paths(scopes: Array, touched: set[int]) -> list[list[int]]:
    """Runs of elements that are linked in ascending order, none of which anything else links."""
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for a, b in scopes.tolist():
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    elements = set(after) | set(before)
    simple = {e for e in elements if len(after.get(e, ())) <= 1 and len(before.get(e, ())) <= 1}
    paths = []
    for start in sorted(e for e in elements if e not in before):
        path = [start]
        while after.get(path[-1]) and len(after[path[-1]]) == 1:
            path.append(after[path[-1]][0])
        is_whole = all(e in simple for e in path) and not (set(path) & touched)
        if is_whole and len(path) >= SHORTEST:
            paths.append(path)
    return paths


def _summed(
    tape: Tape,
    paths: list[list[int]],
    pairs: Table,
    own: Table | None,
    row_of_pair: dict[tuple[int, ...], int],
    row_of_own: dict[int, int],
) -> Slot:
    count, length, size = len(paths), len(paths[0]), pairs.sizes[0]
    links = onp.array([row_of_pair[a, b] for path in paths for a, b in pairwise(path)])
    pair = rows_of(tape, pairs.slot, links)
    shared = pair.shape[0] == 1
    pair_shape = (1, 1, size, size) if shared else (count, length - 1, size, size)
    pair = _shaped(tape, pair, pair_shape)
    rows = [row_of_own.get(element, -1) for path in paths for element in path]
    if own is None or min(rows) < 0:
        single = _partial(tape, own, rows, (count, length, size))
    else:
        single = _shaped(
            tape, _full(tape, rows_of(tape, own.slot, onp.array(rows)), len(rows)), (count, length, size)
        )
    drawn = single.drawn, pair.drawn

    def run(unary: Array, pair: Array) -> Array:
        if drawn[0] and not drawn[1]:
            pair = pair[None]
        if drawn[1] and not drawn[0]:
            unary = unary[None]
        return np.sum(log_chain(unary, pair), axis=-1)

    return tape.emit(("chain", count, length, size, shared), run, [single, pair], ())


def _shaped(tape: Tape, slot: Slot, shape: tuple[int, ...]) -> Slot:
    drawn = slot.drawn
    return tape.emit(
        ("shape", shape), lambda x: np.reshape(x, (x.shape[0], *shape) if drawn else shape), [slot], slot.axes
    )


def _full(tape: Tape, slot: Slot, count: int) -> Slot:
    if slot.shape[0] == count:
        return slot
    ones = tape.constant(
        onp.zeros((count, 1)), (slot.axes[0].__class__("rows", count), slot.axes[1].__class__("value 0", 1))
    )
    return tape.emit("add", np.add, [slot, ones], (ones.axes[0], *slot.axes[1:]))


def _partial(tape: Tape, own: Table | None, rows: list[int], shape: tuple[int, ...]) -> Slot:
    """Single-element terms where only some elements have one: 0 for the others."""
    if own is None:
        return tape.constant(onp.zeros(shape))
    full = _full(tape, own.slot, len(own.scopes))
    index = onp.array([row if row >= 0 else 0 for row in rows])
    has = onp.array([row >= 0 for row in rows])
    taken = rows_of(tape, full, index) if full.shape[0] > 1 else full
    drawn = taken.drawn
    mask = has[:, None]

    def masked(x: Array) -> Array:
        cells = choose(mask, x, 0.0)
        return np.reshape(cells, (x.shape[0], *shape) if drawn else shape)

    return tape.emit(("partial", has.tobytes(), shape), masked, [taken], own.slot.axes)
