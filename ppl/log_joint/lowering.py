"""What lowering expressions to the tape needs to know: the tape, the data, and the slots of variables so far.

Rules are generators that yield the expressions they are made of and are sent their slots, driven by an
explicit stack: a sum of ten thousand terms is as good as a short one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.bind import Bound
from ppl.graph.recursions import uses
from ppl.log_joint.elements import elements
from ppl.log_joint.enumeration import Enumeration
from ppl.log_joint.frame import Frame, Place
from ppl.log_joint.tape import Slot, Storage, Tape
from ppl.log_joint.tuned import Tuned

Array = Any
MAX_CELLS = 1_000_000  # of one row's table over values of finite latents
Rule = Generator[ir.Expr, Slot, Slot]


def counted(cells: int, most: int = MAX_CELLS) -> str:
    """A table that is too large, as a reader would say it."""
    return (
        f"a table of {cells:,} cells, where {most:,} are the most"
        if cells < 1e12
        else f"a table of {cells:.0e} cells"
    )


@dataclass
class Lowering:
    """The tape, the data it is made for, and the slots of the variables known so far."""

    bound: Bound
    rule: Callable[[Lowering, ir.Expr, Frame], Rule]
    tape: Tape = field(default_factory=Tape)
    variables: dict[str, Slot] = field(default_factory=dict)
    blanks: dict[str, Slot] = field(default_factory=dict)  # the unknown cells of partly observed data
    guarded: set[int] = field(default_factory=set)  # nodes that an `if` may not select
    enumeration: Enumeration = field(default_factory=Enumeration)
    tuned: Tuned = field(default_factory=Tuned)  # numbers of the guide that live in the log joint
    centerings: Tuned = field(default_factory=Tuned)  # numbers of centerings: no climb moves them
    pasts: dict[str, Any] = field(default_factory=dict)  # variables of a recursion, as far as they are known

    def value(self, name: str) -> Slot:
        """What results call the value of a variable: of partly observed data the unknown cells."""
        return self.blanks.get(name) or self.variables[name]

    def frame(self) -> Frame:
        """A frame without restrictions."""
        return Frame(self.bound.sizes)

    def element(self, name: str, indices: Sequence[Storage | Slot]) -> Slot:
        """Elements of a variable; of a finite latent, or what is made of one, for all its possible values."""
        if name in self.enumeration.finite or name in self.enumeration.definitions:
            return self.enumeration.use(self.tape, name, indices)
        if name in self.pasts:
            past: Slot = self.pasts[name].element(indices)
            return past
        return elements(self.tape, self.variables[name], indices)

    def axis_sizes(self, name: str) -> tuple[int, ...]:
        """How long the axes of a variable are."""
        known = name in self.bound.graph.variables
        return self.bound.shape(name) if known else self.variables[name].shape

    def check_cells(self, slots: Sequence[Slot], expr: ir.Expr | ir.Density) -> None:
        """Refuse a row that would speak of more values of finite latents together than can be held."""
        axes = {axis: None for slot in slots for axis in self.enumeration.of(slot)}
        cells = math.prod(axis.size for axis in axes)
        if cells > MAX_CELLS:
            names = " and ".join(dict.fromkeys(f"`{self.enumeration.axes[axis].name}`" for axis in axes))
            raise self.complain(
                "E503",
                f"{len(axes)} elements of {names} stand in one row here: {counted(cells)}",
                expr,
                fix="cut the statements that tie these together, or use fewer values",
            )

    def check_plain(self, exprs: Sequence[ir.Expr], what: str, *facts: str, fix: str) -> None:
        """Refuse finite latents where one value is needed; `what` is what they would be part of."""
        for expr in exprs:
            for use in uses(expr, self.enumeration.names):
                message = f"{what} is made of `{use.name}`, which is summed out"
                raise self.complain("E502", message, use, *facts, fix=fix)

    def complain(
        self, code: str, message: str, expr: ir.Expr | ir.Density, *facts: str, fix: str = ""
    ) -> PplError:
        """The error for what only the data could show."""
        return PplError(
            [Diagnostic(code, message, (Label(expr.span),), facts, fix, source=self.bound.graph.source)]
        )

    def lower(self, expr: ir.Expr, frame: Frame) -> Slot:
        """The slot of an expression in a frame."""
        known: dict[int, Slot] = {}
        stack: list[tuple[ir.Expr, Rule]] = [(expr, self.rule(self, expr, frame))]
        sent: Slot | None = None
        while stack:
            node, rule = stack[-1]
            try:
                child = next(rule) if sent is None else rule.send(sent)
            except StopIteration as end:
                stack.pop()
                sent = known[id(node)] = end.value
                continue
            sent = known.get(id(child))
            if sent is None:
                stack.append((child, self.rule(self, child, frame)))
        assert sent is not None
        return sent


def positions(low: Lowering, place: Place) -> Slot:
    """The positions that an index has along its storage."""
    values = onp.arange(place.storage.size) if place.positions is None else place.positions
    if isinstance(values, Slot):
        return values
    return low.tape.constant(values, (place.storage,))
