"""The finite latents of a model summed out of the statements that speak of them, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.log_joint.eliminate import TooLarge, Work, eliminate
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.statement_tables import statement_tables
from ppl.log_joint.tables import Table
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import Summand

Array = Any


@dataclass(frozen=True, eq=False)
class SummedOut:
    """Finite latents that speak of each other, summed out together.

    `name` is the term that holds the sum: the statements about data that it explains. `messages[latent]` is an
    input (S, elements, values) of log weights added to each value, 0 unless given: the gradient of the sum by
    them is the posterior probability of every value.
    """

    name: str
    latents: tuple[str, ...]
    slot: Slot
    messages: dict[str, Slot]
    work: Work
    is_observed: bool
    tables: tuple[Table, ...]
    sizes: Array

    def __str__(self) -> str:
        """What was done and what it cost, in a sentence."""
        who = " and ".join(f"`{name}`" for name in self.latents)
        w = self.work
        how = f"in {w.rounds} round{'s' * (w.rounds != 1)}, largest table {w.largest_table:,} cells"
        if w.chains:
            chain = f"{w.chains} chain{'s' * (w.chains != 1)} of up to {w.longest_chain:,}"
            rest = f", the rest {how}" if w.rounds else ""
            how = f"{chain} by the forward recursion{rest}"
        return f"{who}: {self.work.elements:,} finite values summed out exactly, {how}"


def sum_out(low: Lowering, summands: Sequence[Summand], likelihoods: frozenset[str]) -> tuple[SummedOut, ...]:
    """Sum out all finite latents, group by group of those that stand in one statement."""
    found = []
    for latents, group in _groups(low, summands):
        found.append(_sum_out(low, latents, group, likelihoods))
    return tuple(found)


def _names(low: Lowering, summand: Summand) -> set[str]:
    return {low.enumeration.axes[axis].name for axis in low.enumeration.behind(summand.rows.axes)}


def _groups(low: Lowering, summands: Sequence[Summand]) -> list[tuple[tuple[str, ...], list[Summand]]]:
    """Latents that are connected by statements, with those statements."""
    group_of = {name: {name} for name in low.enumeration.finite}
    for summand in summands:
        names = set.union(*(group_of[name] for name in _names(low, summand)))
        for name in names:
            group_of[name] = names
    unique: dict[int, set[str]] = {id(group): group for group in group_of.values()}
    return [
        (
            tuple(n for n in low.enumeration.finite if n in group),
            [s for s in summands if _names(low, s) & group],
        )
        for group in unique.values()
    ]


def _sum_out(
    low: Lowering, latents: tuple[str, ...], group: list[Summand], likelihoods: frozenset[str]
) -> SummedOut:
    offsets: dict[str, int] = {}
    sizes: list[Array] = []
    for name in latents:
        finite = low.enumeration.finite[name]
        offsets[name] = sum(len(s) for s in sizes)
        sizes.append(onp.full(finite.count, len(finite.values)))
    tables: list[Table] = []
    messages: dict[str, Slot] = {}
    for name in latents:
        finite = low.enumeration.finite[name]
        axes = (Storage("rows", finite.count), Storage("value 0", len(finite.values)))
        messages[name] = low.tape.input(axes, default=onp.zeros((1, finite.count, len(finite.values))))
        tables.append(Table(messages[name], (offsets[name] + onp.arange(finite.count))[:, None]))
        if name in low.enumeration.pinned:
            pinned = low.tape.constant(low.enumeration.pinned[name], axes)
            tables.append(Table(pinned, (offsets[name] + onp.arange(finite.count))[:, None]))
    for summand in group:
        tables += statement_tables(low, summand, offsets)
    observed = [s.name for s in group if s.name in likelihoods]
    name = ", ".join(dict.fromkeys(observed or [s.name for s in group]))
    try:
        slot, work = eliminate(low.tape, tables, onp.concatenate(sizes))
    except TooLarge as error:
        raise _too_large(low, latents, group, error, offsets) from error
    return SummedOut(
        name, latents, slot, messages, work, bool(observed), tuple(tables), onp.concatenate(sizes)
    )


def _too_large(
    low: Lowering, latents: tuple[str, ...], group: list[Summand], error: TooLarge, offsets: dict[str, int]
) -> PplError:
    """Which elements would have to be held together, and what else could be done."""
    shown = []
    for element in error.elements[:6]:
        name = max((n for n in latents if offsets[n] <= element), key=lambda n: offsets[n])
        index = onp.unravel_index(element - offsets[name], low.enumeration.finite[name].shape or (1,))
        shown.append(
            f"`{name}[{', '.join(str(int(i)) for i in index)}]`"
            if low.enumeration.finite[name].shape
            else f"`{name}`"
        )
    more = f" and {len(error.elements) - 6} more" if len(error.elements) > 6 else ""
    return PplError(
        [
            Diagnostic(
                "E503",
                f"summing out {' and '.join(f'`{n}`' for n in latents)} needs a table of {error.cells:.2g} cells",
                tuple(Label(s.span) for s in group[:3]),
                (f"held together: {', '.join(shown)}{more}",),
                "cut the statements that tie these together, or use fewer values",
                source=low.bound.graph.source,
            )
        ]
    )
