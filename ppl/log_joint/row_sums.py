"""The likelihood of each row where finite latents are summed out: possible where every row has latents of its own.

Elements that stand in one table belong together, and so fall into parts that are independent of each other. Where a
part explains one observed row y alone, log p(y | the rest) is the log sum over the part of all its tables minus that
of its tables without y, which is log 1 where these are priors. The part is marked by an element with one value, which
stands in all its tables and is left when the others are gone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ppl.log_joint.eliminate import eliminate_before
from ppl.log_joint.enumeration import NONE
from ppl.log_joint.groups import Group
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.statement_tables import row_scopes
from ppl.log_joint.tables import Table
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import Summand

Array = Any


class Shared(Exception):  # noqa: N818 - turned into a PplError by the caller, who knows the statements
    """Some rows have no likelihood each: the same elements explain them."""


@dataclass(frozen=True, eq=False)
class RowSums:
    """`slot` (parts) has the log likelihood of the one row that each part explains, `work` cells go into it.

    `parts` (rows,) are the parts that explain the rows of each of `statements`, NONE for a row without elements.
    `cells[name]` (elements,) are those of observed data that are themselves latents where they are missing.
    """

    slot: Slot
    work: int
    statements: tuple[Summand, ...]
    parts: tuple[Array, ...]
    cells: Mapping[str, Array]


def row_sums(low: Lowering, group: Group, observed: Collection[str]) -> RowSums:
    """The log likelihoods of the rows of a group's statements about `observed` variables; raises `Shared`."""
    pinned = {name: group.pin(low, name) for name in group.latents if name in low.enumeration.pinned}
    evidence = [s for s in group.statements if s.name in observed and s.name not in pinned]
    priors = group.tables(low, [s for s in group.statements if s not in evidence])
    own = [*group.tables(low, evidence), *pinned.values()]
    part, count = _parts([*priors, *own], len(group.sizes))
    parts = tuple(_part_of_rows(row_scopes(low, s, group.offsets), part) for s in evidence)
    cells = {}
    for name in pinned:
        cells[name] = part[group.elements(low, name)]
        cells[name][low.bound.blanks[name]] = NONE
    found = onp.concatenate([*parts, *cells.values(), onp.zeros(0, dtype=int)])
    if (onp.unique(found[found != NONE], return_counts=True)[1] > 1).any():
        raise Shared
    sizes = onp.concatenate([group.sizes, onp.ones(count, dtype=int)])
    everything = _by_part(low, [*priors, *own], part, sizes, count)
    without = _by_part(low, priors, part, sizes, count)
    difference = low.tape.emit(
        "row sums", lambda a, b: (a - b)[..., 0], [everything, without], [Storage("parts", count)]
    )
    work = sum(math.prod(table.slot.shape) for table in (*priors, *own))
    return RowSums(difference, work, tuple(evidence), parts, cells)


def _parts(tables: Iterable[Table], elements: int) -> tuple[Array, int]:
    """The part of each element (elements,), and how many there are."""
    links = [onp.stack([t.scopes[:, 0], t.scopes[:, k]]) for t in tables for k in range(1, t.order)]
    rows, columns = onp.concatenate([onp.zeros((2, 0), dtype=int), *links], axis=1)
    graph = coo_matrix((onp.ones(len(rows), dtype=bool), (rows, columns)), (elements, elements))
    count, part = connected_components(graph, directed=False)
    return part, int(count)


def _part_of_rows(scopes: Array, part: Array) -> Array:
    """The part of each row, by any of its elements (rows, m)."""
    element = scopes.max(axis=1)
    return onp.where(element == NONE, NONE, part[element])


def _by_part(low: Lowering, tables: Sequence[Table], part: Array, sizes: Array, count: int) -> Slot:
    """The log sum of each part (parts, 1); 0 for one that no table speaks of."""
    first, tape = len(part), low.tape
    marked = [_marked(low, table, first + part[table.scopes[:, 0]]) for table in tables if table.order]
    # Every element has all its values where nothing is said of it, and every part a table.
    marked.append(_zeros(low, first + onp.arange(count)[:, None], (1,)))
    for size in onp.unique(sizes[:first]):
        elements = onp.flatnonzero(sizes[:first] == size)
        scopes = onp.stack([elements, first + part[elements]], axis=1)
        marked.append(_zeros(low, scopes, (int(size), 1)))
    (found,) = eliminate_before(tape, marked, sizes, first)
    assert onp.array_equal(found.scopes[:, 0], first + onp.arange(count))
    return found.slot


def _zeros(low: Lowering, scopes: Array, sizes: tuple[int, ...]) -> Table:
    axes = (Storage("rows", 1), *(Storage(f"value {k}", size) for k, size in enumerate(sizes)))
    return Table(low.tape.constant(onp.zeros((1, *sizes)), axes), scopes)


def _marked(low: Lowering, table: Table, marks: Array) -> Table:
    """A table with the mark of its part as one more element, the last."""
    axes = (*table.slot.axes, Storage(f"value {table.order}", 1))
    slot = low.tape.emit("mark", lambda x: np.reshape(x, (*np.shape(x), 1)), [table.slot], axes)
    return Table(slot, onp.concatenate([table.scopes, marks[:, None]], axis=1))
