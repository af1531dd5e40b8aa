"""Finite latents summed out exactly: log sum over all their values of exp(sum of the terms that speak of them).

The terms become tables over the values of the elements that they touch. Elements that do not touch each other are
eliminated together, those with the fewest neighbours first (variable elimination with the min-size order; Koller &
Friedman 2009, ch. 9), all elements of one pattern in one operation; chains go by the forward recursion. Independent
elements are the case without neighbours, so mixtures, HMMs, trees and loops are one mechanism.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.log_joint.chains import chains
from ppl.log_joint.tables import SUM, Semiring, Table, joined, merged, split
from ppl.log_joint.tape import Slot, Tape

Array = Any
MAX_CELLS = 1_000_000


class TooLarge(Exception):  # noqa: N818 - turned into a PplError by the caller, who knows the statements
    """The smallest table that the next elimination needs, and the elements that span it."""

    def __init__(self, cells: int, elements: tuple[int, ...]):
        super().__init__(f"{cells} cells")
        self.cells, self.elements = cells, elements


@dataclass(frozen=True)
class Work:
    """What an elimination did: how many elements by which way, and the largest table of one step."""

    elements: int
    chains: int = 0
    longest_chain: int = 0
    largest_table: int = 0
    rounds: int = 0


def eliminate(
    tape: Tape, tables: Sequence[Table], sizes: Array, semiring: Semiring = SUM
) -> tuple[Slot, Work]:
    """The log of the sum over all elements (or of the best term); `sizes[e]` is the number of values of element e."""
    groups = [t for t in merged(tape, tables) if len(t.scopes)]  # over an empty axis there is nothing to sum
    everywhere = (
        onp.unique(onp.concatenate([t.scopes.reshape(-1) for t in groups])) if groups else onp.zeros(0, int)
    )
    scalars: list[Slot] = []
    count = longest = 0
    if semiring is SUM:
        groups, scalars, count, longest = chains(tape, groups)
    left, largest, rounds = _in_rounds(tape, groups, sizes, semiring, len(sizes))
    total = tape.constant(0.0)
    for scalar in (*scalars, *(_summed(tape, table) for table in left)):
        total = tape.emit("add", np.add, [total, scalar], ())
    return total, Work(len(everywhere), count, longest, largest, rounds)


def eliminate_before(tape: Tape, tables: Sequence[Table], sizes: Array, first: int) -> list[Table]:
    """The tables of logs that remain when all elements before `first` are summed out."""
    return merged(tape, _in_rounds(tape, merged(tape, tables), sizes, SUM, first)[0])


def _in_rounds(
    tape: Tape, groups: list[Table], sizes: Array, semiring: Semiring, first: int
) -> tuple[list[Table], int, int]:
    """Eliminate the elements before `first`: what remains, the largest table, and the number of rounds."""
    left, groups, largest = _alone(tape, groups, semiring, first)
    rounds = int(bool(left))
    while True:
        left += [table for table in groups if (table.scopes >= first).all()]
        groups = [table for table in groups if not (table.scopes >= first).all()]
        if not groups:
            return left, largest, rounds
        chosen, cells = _choose(groups, sizes, first)
        largest, rounds = max(largest, cells), rounds + 1
        groups = _round(tape, groups, chosen, semiring)


def _alone(
    tape: Tape, groups: list[Table], semiring: Semiring, first: int
) -> tuple[list[Table], list[Table], int]:
    """Eliminate the elements that no table holds together with others: the sums, the rest, and the largest table."""
    together = [t.scopes.reshape(-1) for t in groups if t.order > 1]
    touched = onp.unique(onp.concatenate([*together, onp.zeros(0, dtype=int)]))
    sums, rest, largest = list[Table](), list[Table](), 0
    for table in groups:
        element = table.scopes[:, 0] if table.order == 1 else onp.zeros(0, dtype=int)
        is_alone = (element < first) & ~onp.isin(element, touched)
        if not is_alone.any():
            rest.append(table)
            continue
        rows = onp.flatnonzero(is_alone)
        scopes = onp.zeros((len(rows), 0), dtype=int)
        sums.append(joined(tape, [(table, (0,), rows)], scopes, semiring))
        largest = max(largest, table.sizes[0])
        if len(rows) < len(table.scopes):
            rest.append(split(tape, table, onp.flatnonzero(~is_alone)))
    return sums, rest, largest


def _summed(tape: Tape, table: Table) -> Slot:
    from ppl.log_joint.contract import multiply, plain_sum

    total = plain_sum(tape, table.slot, table.slot.axes)
    repeated = len(table.scopes) if table.is_shared else 1
    return total if repeated == 1 else multiply(tape, total, tape.constant(float(repeated)))


def _choose(groups: list[Table], sizes: Array, first: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """Elements to eliminate in this round, none next to another, with their neighbours; and the largest table."""
    neighbours: dict[int, set[int]] = {}
    for table in groups:
        for scope in table.scopes.tolist():
            for element in scope:
                neighbours.setdefault(element, set()).update(scope)
    costs = {
        e: int(onp.prod([sizes[n] for n in near], dtype=float)) for e, near in neighbours.items() if e < first
    }
    ordered = sorted(costs, key=lambda e: (costs[e], e))
    least = costs[ordered[0]]
    if least > MAX_CELLS:
        raise TooLarge(least, tuple(sorted(neighbours[ordered[0]])))
    chosen: dict[int, tuple[int, ...]] = {}
    blocked: set[int] = set()
    for element in ordered:
        if costs[element] > max(4 * least, 64) or costs[element] > MAX_CELLS:
            break
        if element not in blocked:
            chosen[element] = tuple(sorted(neighbours[element] - {element}))
            blocked |= neighbours[element]
    return chosen, max(costs[e] for e in chosen)


def _round(
    tape: Tape, groups: list[Table], chosen: dict[int, tuple[int, ...]], semiring: Semiring
) -> list[Table]:
    """Eliminate the chosen elements; those of one pattern in one operation."""
    touching: dict[int, list[tuple[int, int]]] = {e: [] for e in chosen}
    kept: list[Table] = []
    for g, table in enumerate(groups):
        owner = onp.full(len(table.scopes), -1)
        for row, scope in enumerate(table.scopes.tolist()):
            mine = next((e for e in scope if e in chosen), None)
            if mine is not None:
                owner[row] = mine
                touching[mine].append((g, row))
        rest = onp.flatnonzero(owner < 0)
        if len(rest) == len(table.scopes):
            kept.append(table)
        elif len(rest):
            kept.append(split(tape, table, rest))
    patterns: dict[Any, list[int]] = {}
    for element, near in chosen.items():
        where = {e: k for k, e in enumerate((*near, element))}
        key = tuple(
            sorted(
                (g, tuple(where[e] for e in groups[g].scopes[row].tolist())) for g, row in touching[element]
            )
        )
        patterns.setdefault((len(near), key), []).append(element)
    fresh = []
    for (_, key), elements in patterns.items():
        parts: list[tuple[Table, tuple[int, ...], Array]] = []
        for k, (g, places) in enumerate(key):
            rows = onp.array([_row(groups, chosen, touching, e, k) for e in elements])
            parts.append((groups[g], places, rows))
        scopes = onp.array([chosen[e] for e in elements], dtype=int).reshape(len(elements), -1)
        fresh.append(joined(tape, parts, scopes, semiring))
    return merged(tape, [*kept, *fresh])


def _row(
    groups: list[Table],
    chosen: dict[int, tuple[int, ...]],
    touching: dict[int, list[tuple[int, int]]],
    element: int,
    k: int,
) -> int:
    """The row of the k-th table, in the order of the pattern, that touches an element."""
    where = {e: i for i, e in enumerate((*chosen[element], element))}
    ordered = sorted(
        touching[element],
        key=lambda gr: (gr[0], tuple(where[e] for e in groups[gr[0]].scopes[gr[1]].tolist())),
    )
    return ordered[k][1]
