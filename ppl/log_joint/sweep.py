"""Gradients of the log joint by sweeping its tape: forwards over plain arrays, and back by a pullback for each step.

The tape is an ordered list of operations as it stands, so autograd need not find one anew at every evaluation: to it,
the log joint is one primitive. Nothing is baked in between evaluations. What has no rule of its own
(`ppl.log_joint.pullbacks`) is traced by autograd for itself, so a function may look at values.
Where more is asked than a first derivative, plain autograd does it all; it is also what tests compare this with.
Source: Griewank & Walther, Evaluating Derivatives (2008), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from autograd import make_vjp
from autograd.core import VJPNode, add_outgrads
from autograd.extend import defvjp_argnums, primitive
from autograd.tracer import isbox, new_box, trace_stack
from autograd.util import toposort

from ppl.log_joint.pullbacks import Columns
from ppl.log_joint.tape import Slot, Step, Tape
from ppl.numerics.adjoints import Array, unbroadcast


class LogJoint(Protocol):
    """What a sweep asks of a log joint."""

    @property
    def tape(self) -> Tape:
        """The operations that make it."""

    @property
    def summands(self) -> Sequence[Slot]:
        """What it is the sum of."""

    @property
    def z(self) -> Slot:
        """The input of latents."""

    @property
    def parts_of_w(self) -> Sequence[tuple[Slot, slice]]:
        """The inputs that w is given to, and which of its entries each gets, as one row."""

    def inputs(self, z: Array, w: Array | None) -> dict[int, Array]:
        """What the tape is given."""

    def traced(self, z: Array, w: Array | None) -> Array:
        """Its value, traced by autograd through every step."""


class Sweep:
    """One evaluation of a log joint, with what its gradient by z or w needs."""

    def __init__(self, log_joint: LogJoint, by_z: bool, by_w: bool):
        self.log_joint = log_joint
        self.wanted = [slot.id for slot in log_joint.summands]
        self.by = frozenset([log_joint.z.id] * by_z + [part.id for part, _ in log_joint.parts_of_w] * by_w)
        self.values: dict[int, Array] = {}
        self.traced: dict[int, Callable[[Array], list[Array | None]]] = {}

    def forward(self, z: Array, w: Array | None) -> Array:
        """The log joint (S,)."""
        tape, given = self.log_joint.tape, self.log_joint.inputs(z, w)
        self.plan = tape.moving(frozenset(given), tuple(self.wanted), self.by.intersection(given))
        self.values = values = {**tape.constants, **tape.defaults, **given}
        for step, which in self.plan:
            args = [values[i] for i in step.args]
            if which and step.pullback is None:
                values[step.out], self.traced[step.out] = _traced(step, args, which)
            else:
                values[step.out] = step.plain(*args)
        return total([values[i] for i in self.wanted], z.shape[0])

    def backward(self, g: Array) -> dict[int, Array]:
        """The adjoints of the inputs, given that of the log joint (S,); 0 is left out."""
        values, adjoints = self.values, _Adjoints(self.values)
        for i in self.wanted:
            adjoints.add(i, unbroadcast(g, np.shape(values[i])))
        for step, which in reversed(self.plan):
            if not which or step.out not in adjoints.found:
                continue
            of_step = adjoints.found.pop(step.out)
            if step.pullback is None:
                back: Sequence[Any] = self.traced[step.out](of_step)
            else:
                back = step.pullback(of_step, values[step.out], [values[i] for i in step.args], which)
            for k, adjoint in zip(which, back, strict=True):
                if adjoint is not None:
                    adjoints.add(step.args[k], adjoint)
        return adjoints.found


class _Adjoints:
    """Adjoints by slot, added up. Only sums that were made here are added to in place: others may be shared."""

    def __init__(self, values: dict[int, Array]):
        self.found: dict[int, Array] = {}
        self.values, self.own = values, set[int]()

    def add(self, i: int, adjoint: Array | Columns) -> None:
        """Adds to the adjoint of slot i."""
        if isinstance(adjoint, Columns):
            if i not in self.own:
                whole = np.zeros(np.shape(self.values[i]))
                self.found[i] = whole + self.found[i] if i in self.found else whole
                self.own.add(i)
            adjoint.add_to(self.found[i])
        elif i not in self.found:
            self.found[i] = adjoint
        elif i in self.own:
            self.found[i] += adjoint
        else:
            self.found[i] = self.found[i] + adjoint
            if isinstance(self.found[i], np.ndarray):
                self.own.add(i)


def total(values: Sequence[Array], draws: int) -> Array:
    """The sum of terms (S,); terms that do not depend on the draws are added to each."""
    found: Array = np.zeros(draws)
    for value in values:
        found = found + value
    return found


def batches(z: Array, size: int) -> list[Array]:
    """Draws, so many at a time."""
    return [z[first : first + size] for first in range(0, len(z), size)]


def _traced(
    step: Step, args: Sequence[Array], which: Sequence[int]
) -> tuple[Array, Callable[[Array], list[Array | None]]]:
    """The value of one step, and its pullback by autograd."""
    roots, boxed = [VJPNode.new_root() for _ in which], list(args)
    with trace_stack.new_trace() as trace:
        for k, root in zip(which, roots, strict=True):
            boxed[k] = new_box(args[k], trace, root)
        end = step.function(*boxed)
    if not (isbox(end) and end._trace == trace):
        return end, lambda g: [None] * len(roots)
    node = end._node

    def pull(g: Array) -> list[Array | None]:
        outgrads, found = {node: (g, False)}, dict[Any, Array]()
        for at in toposort(node):
            outgrad = outgrads.pop(at)
            found[at] = outgrad[0]
            for parent, ingrad in zip(at.parents, at.vjp(outgrad[0]), strict=True):
                outgrads[parent] = add_outgrads(outgrads.get(parent), ingrad)
        return [found.get(root) for root in roots]

    return end._value, pull


def is_plain(z: Array, w: Array | None) -> bool:
    """Whether no more than a first derivative by z and w is under way, and that in reverse."""
    boxes: list[Any] = [x for x in (z, w) if isbox(x)]
    return len({x._trace for x in boxes}) == 1 and all(
        isinstance(x._node, VJPNode) and not isbox(x._value) for x in boxes
    )


@primitive  # type: ignore[untyped-decorator]
def swept(z: Array, w: Array | None, sweep: Sweep) -> Array:
    """The log joint at z (S, D) and w (W,) as one primitive, by a sweep that was made for this call."""
    with np.errstate(all="ignore"):
        return sweep.forward(z, w)


def _slopes(
    argnums: tuple[int, ...], _ans: Array, args: tuple[Array, Array | None, Sweep], _kwargs: Any
) -> Callable[[Array], Sequence[Array]]:
    z, w, sweep = args
    log_joint = sweep.log_joint

    def pull(g: Array) -> Sequence[Array]:
        if isbox(g):  # a derivative of this derivative
            return [make_vjp(log_joint.traced, argnum)(z, w)[0](g) for argnum in argnums]
        with np.errstate(all="ignore"):
            adjoints = sweep.backward(g)
        return [by_z(adjoints) if argnum == 0 else by_w(adjoints) for argnum in argnums]

    def by_z(adjoints: dict[int, Array]) -> Array:
        return adjoints.get(log_joint.z.id, np.zeros(z.shape))

    def by_w(adjoints: dict[int, Array]) -> Array:
        found = np.zeros_like(w, dtype=float)
        for slot, columns in log_joint.parts_of_w:
            if slot.id in adjoints:
                found[columns] = adjoints[slot.id][0]
        return found

    return pull


defvjp_argnums(swept, _slopes)
