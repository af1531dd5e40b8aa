"""Which finite latents speak of each other, and by which statements: what has to be summed out together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.log_joint.lowering import Lowering
from ppl.log_joint.statement_tables import statement_tables
from ppl.log_joint.tables import Table
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import Summand

Array = Any


@dataclass(frozen=True, eq=False)
class Group:
    """Finite latents that are connected by statements, with these.

    Their elements are numbered through: those of a latent from `offsets[latent]` on. `sizes` (elements,) are the
    numbers of values.
    """

    latents: tuple[str, ...]
    statements: tuple[Summand, ...]
    offsets: Mapping[str, int]
    sizes: Array

    def elements(self, low: Lowering, name: str) -> Array:
        """The numbers of a latent's elements."""
        return self.offsets[name] + np.arange(low.enumeration.finite[name].count)

    def owner(self, element: int) -> str:
        """The latent that an element belongs to."""
        return max((n for n in self.latents if self.offsets[n] <= element), key=lambda n: self.offsets[n])

    def spoken(self, low: Lowering, element: int) -> str:
        """An element as messages call it."""
        name = self.owner(element)
        shape = low.enumeration.finite[name].shape
        index = np.unravel_index(element - self.offsets[name], shape)
        labels = [low.bound.labels.get(dim) for dim in low.bound.graph.variables[name].dims]
        parts = [str(i) if known is None else known[i] for i, known in zip(index, labels, strict=True)]
        return f"`{name}[{', '.join(parts)}]`" if parts else f"`{name}`"

    def weights(self, low: Lowering, name: str, slot: Slot) -> Table:
        """Log weights (elements, values) on the values of a latent as a table."""
        return Table(slot, self.elements(low, name)[:, None])

    def tables(self, low: Lowering, statements: Iterable[Summand]) -> list[Table]:
        """The tables of some of its statements."""
        return [table for s in statements for table in statement_tables(low, s, self.offsets)]

    def pin(self, low: Lowering, name: str) -> Table:
        """The table that holds the observed elements of partly observed data at what was observed."""
        weights = low.tape.constant(low.enumeration.pinned[name], value_axes(low, name))
        return self.weights(low, name, weights)


def value_axes(low: Lowering, name: str) -> tuple[Storage, Storage]:
    """The axes of a table (elements, values) of a latent."""
    finite = low.enumeration.finite[name]
    return Storage("rows", finite.count), Storage("value 0", len(finite.values))


def groups(low: Lowering, summands: Sequence[Summand]) -> list[Group]:
    """All finite latents, group by group of those that stand in one statement."""
    group_of = {name: {name} for name in low.enumeration.finite}
    for summand in summands:
        names = set.union(*(group_of[name] for name in latents_of(low, summand)))
        for name in names:
            group_of[name] = names
    unique: dict[int, set[str]] = {id(group): group for group in group_of.values()}
    return [_group(low, names, summands) for names in unique.values()]


def _group(low: Lowering, names: set[str], summands: Sequence[Summand]) -> Group:
    latents = tuple(n for n in low.enumeration.finite if n in names)
    offsets: dict[str, int] = {}
    sizes: list[Array] = []
    for name in latents:
        finite = low.enumeration.finite[name]
        offsets[name] = sum(len(s) for s in sizes)
        sizes.append(np.full(finite.count, len(finite.values)))
    statements = tuple(s for s in summands if latents_of(low, s) & names)
    return Group(latents, statements, offsets, np.concatenate(sizes))


def latents_of(low: Lowering, summand: Summand) -> set[str]:
    """The finite latents that a statement speaks of."""
    return {low.enumeration.axes[axis].name for axis in low.enumeration.behind(summand.rows.axes)}
