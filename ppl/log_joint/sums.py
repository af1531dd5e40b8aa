"""The finite latents of a model summed out of the statements that speak of them, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.log_joint.categorical import Guide, entropy, guide, under
from ppl.log_joint.eliminate import TooLarge, Work, eliminate
from ppl.log_joint.groups import Group, groups, value_axes
from ppl.log_joint.lowering import Lowering, counted
from ppl.log_joint.tables import Table
from ppl.log_joint.tape import Slot
from ppl.log_joint.terms import Summand

Array = Any


@dataclass(frozen=True, eq=False)
class SummedOut:
    """Finite latents that speak of each other, summed out together, but for those that have a guide.

    `guides` are these. `name` is the term that holds the sum: the
    statements about data that it explains. `messages[latent]` is an input (S, elements, values) of log weights
    added to each value, 0 unless given: the gradient of the sum by them is the posterior probability of every value.
    """

    name: str
    group: Group
    guides: Mapping[str, Guide]
    slot: Slot
    messages: dict[str, Slot]
    work: Work
    is_observed: bool
    tables: tuple[Table, ...]

    @property
    def guided(self) -> tuple[str, ...]:
        """The latents that have a guide."""
        return tuple(self.guides)

    @property
    def latents(self) -> tuple[str, ...]:
        return self.group.latents

    def __str__(self) -> str:
        """What was done and what it cost, in a sentence."""
        rest = [name for name in self.latents if name not in self.guided]
        parts = [_guided(self)] if self.guided else []
        return "; ".join([*parts, *([_summed(rest, self.work)] if rest else [])])


def _guided(summed: SummedOut) -> str:
    count = sum(summed.messages[name].shape[0] for name in summed.guided)
    return (
        f"{_named(summed.guided)}: {count:,} finite values, each under probabilities of its own, "
        f"which bounds their sum from below; their entropy is in the term `{summed.name}`"
    )


def _summed(names: Sequence[str], w: Work) -> str:
    how = f"in {w.rounds} round{'s' * (w.rounds != 1)}, largest table {w.largest_table:,} cells"
    if w.chains:
        chain = f"{w.chains} chain{'s' * (w.chains != 1)} of up to {w.longest_chain:,}"
        rest = f", the rest {how}" if w.rounds else ""
        how = f"{chain} by the forward recursion{rest}"
    return f"{_named(names)}: {w.elements:,} finite values summed out exactly, {how}"


def _named(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def sum_out(low: Lowering, summands: Sequence[Summand], likelihoods: frozenset[str]) -> tuple[SummedOut, ...]:
    """Sum out all finite latents, group by group of those that stand in one statement."""
    return tuple(_sum_out(low, group, likelihoods) for group in groups(low, summands))


def _sum_out(low: Lowering, group: Group, likelihoods: frozenset[str]) -> SummedOut:
    messages: dict[str, Slot] = {}
    for name in group.latents:
        axes = value_axes(low, name)
        messages[name] = low.tape.input(axes, default=onp.zeros((1, *(axis.size for axis in axes))))
    tables = [group.weights(low, name, slot) for name, slot in messages.items()]
    tables += [group.pin(low, name) for name in group.latents if name in low.enumeration.pinned]
    tables += group.tables(low, group.statements)
    observed = [s.name for s in group.statements if s.name in likelihoods]
    name = ", ".join(dict.fromkeys(observed or [s.name for s in group.statements]))
    guided = [name for name in group.latents if name in low.bound.graph.categorical]
    guides = {name: guide(low, group, tables, name) for name in guided}
    tables = [under(low, group, table, guides) for table in tables]
    try:
        slot, work = eliminate(low.tape, tables, group.sizes)
    except TooLarge as error:
        raise _too_large(low, group, error) from error
    if guides:
        slot = low.tape.emit("add", np.add, [slot, entropy(low, guides)], ())
    return SummedOut(name, group, guides, slot, messages, work, bool(observed), tuple(tables))


def _too_large(low: Lowering, group: Group, error: TooLarge) -> PplError:
    """Which elements would have to be held together, and what else could be done."""
    shown = [group.spoken(low, element) for element in error.elements[:6]]
    more = f" and {len(error.elements) - 6} more" if len(error.elements) > 6 else ""
    tied = ", ".join(dict.fromkeys(group.owner(element) for element in error.elements))
    return PplError(
        [
            Diagnostic(
                "E503",
                f"summing out {_named(group.latents)} takes {counted(error.cells)}",
                tuple(Label(s.span) for s in group.statements[:3]),
                (f"held together: {', '.join(shown)}{more}",),
                f"bound the sum: `guide {tied}: categorical`; or cut the statements that tie these together",
                source=low.bound.graph.source,
            )
        ]
    )
