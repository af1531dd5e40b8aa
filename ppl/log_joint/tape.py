"""The log joint as a flat list of array operations, built by value numbering and run for all draws at once.

Every value is a slot. Two equal operations on equal slots are one, and an operation on constants is done
when it is recorded. A drawn value has the Monte Carlo draws as its first axis, which no axis name mentions;
the named axes follow. What a run needs is found from what is asked for and what is given, so the same tape
answers for the log joint at unconstrained draws, at given constrained values, and for its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.tracer import isbox

from ppl.log_joint.pullbacks import pullback_of, transposed
from ppl.numerics.adjoints import Pullback, reshaped

Array = Any


@dataclass(frozen=True)
class Storage:
    """An axis of a value: what it is called, how long it is, and which places of its dim it holds."""

    name: str
    size: int
    part: Hashable = None


@dataclass(frozen=True)
class Slot:
    """A value on the tape: its number, its named axes in order, and whether draws come before them."""

    id: int
    axes: tuple[Storage, ...]
    drawn: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.size for axis in self.axes)

    def named(self, axes: Sequence[Storage]) -> Slot:
        """The same value with its axes called otherwise."""
        return replace(self, axes=tuple(axes))


@dataclass(frozen=True)
class Step:
    """One operation: `out` = function(*args). `plain` is the same for arrays that nothing traces.

    `pullback` gives adjoints of the arguments, where there is a rule for that.
    """

    function: Callable[..., Array]
    args: tuple[int, ...]
    out: int
    plain: Callable[..., Array]
    pullback: Pullback | None


@dataclass
class Tape:
    """Slots, the constants among them, and the steps that make the others."""

    constants: dict[int, Array] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    defaults: dict[int, Array] = field(default_factory=dict)
    _known: dict[Hashable, int] = field(default_factory=dict)
    _next: int = 0
    _plans: dict[Hashable, list[Step]] = field(default_factory=dict)
    _moving: dict[Hashable, list[tuple[Step, tuple[int, ...]]]] = field(default_factory=dict)

    def _new(self) -> int:
        self._next += 1
        return self._next

    def input(self, axes: tuple[Storage, ...] = (), default: Array | None = None) -> Slot:
        """A value that is given at every run, with draws as its first axis; or else is `default`."""
        slot = Slot(self._new(), axes, True)
        if default is not None:
            self.defaults[slot.id] = default
        return slot

    def constant(self, value: Array, axes: tuple[Storage, ...] = ()) -> Slot:
        """A value known now."""
        array = onp.asarray(value)
        key = ("constant", array.dtype.str, array.shape, array.tobytes() if array.size <= 16 else id(value))
        if key not in self._known:
            self._known[key] = number = self._new()
            self.constants[number] = array
        return Slot(self._known[key], axes, False)

    def value(self, slot: Slot) -> Array:
        """The value of a constant slot."""
        return self.constants[slot.id]

    def emit(
        self,
        key: Hashable,
        function: Callable[..., Array],
        args: Sequence[Slot],
        axes: Sequence[Storage],
        pullback: Pullback | None = None,
    ) -> Slot:
        """The slot of function(*args). `key` names the function: equal keys mean equal functions.

        Functions are differentiated by autograd, unless there is a pullback.
        """
        ids = tuple(arg.id for arg in args)
        drawn = any(arg.drawn for arg in args)
        number = self._known.get((key, ids))
        if number is None:
            self._known[key, ids] = number = self._new()
            if all(i in self.constants for i in ids):
                with onp.errstate(all="ignore"):
                    self.constants[number] = onp.asarray(function(*(self.constants[i] for i in ids)))
            else:
                plain = getattr(function, "fun", function)  # a primitive of autograd wraps one of numpy
                self.steps.append(Step(function, ids, number, plain, pullback or pullback_of(function)))
        return Slot(number, tuple(axes), drawn)

    def align(self, slot: Slot, axes: Sequence[Storage]) -> Slot:
        """The slot with these axes in this order; those that it lacks have length 1 there."""
        have = [axis for axis in axes if axis in slot.axes]
        order = [slot.axes.index(axis) for axis in have]
        shape = tuple(axis.size if axis in slot.axes else 1 for axis in axes)
        full = tuple(axes)
        if order != list(range(len(order))):
            lead = (0,) if slot.drawn else ()
            perm = lead + tuple(k + len(lead) for k in order)
            slot = self.emit(
                ("transpose", perm), lambda x: np.transpose(x, perm), [slot], have, transposed(perm)
            )
        missing = len(have) < len(full)
        if missing and (slot.drawn or have):
            drawn = slot.drawn
            slot = self.emit(
                ("reshape", drawn, shape),
                lambda x: x.reshape((x.shape[0], *shape) if drawn else shape),
                [slot],
                full,
                reshaped,
            )
        return slot.named(full)

    def run(self, given: Mapping[int, Array], wanted: Sequence[Slot]) -> list[Array]:
        """The values of `wanted`, when the slots in `given` have these values."""
        values: dict[int, Array] = {**self.defaults, **given}
        constants, is_traced = self.constants, any(isbox(value) for value in given.values())
        for step in self._plan(frozenset(given), tuple(slot.id for slot in wanted)):
            call = step.function if is_traced else step.plain
            values[step.out] = call(*[values[i] if i in values else constants[i] for i in step.args])
        return [values[slot.id] if slot.id in values else constants[slot.id] for slot in wanted]

    def _plan(self, given: frozenset[int], wanted: tuple[int, ...]) -> list[Step]:
        """The steps that lead from what is given to what is wanted, in order."""
        key = (given, wanted)
        if key not in self._plans:
            needed = set(wanted) - given
            plan = []
            for step in reversed(self.steps):
                if step.out in needed and step.out not in given:
                    plan.append(step)
                    needed.update(i for i in step.args if i not in given)
            self._plans[key] = plan[::-1]
        return self._plans[key]

    def moving(
        self, given: frozenset[int], wanted: tuple[int, ...], by: frozenset[int]
    ) -> list[tuple[Step, tuple[int, ...]]]:
        """The same steps, each with the places of its arguments that depend on the slots in `by`."""
        key = (given, wanted, by)
        if key not in self._moving:
            moving, plan = set(by), []
            for step in self._plan(given, wanted):
                which = tuple(k for k, i in enumerate(step.args) if i in moving)
                plan.append((step, which))
                if which:
                    moving.add(step.out)
            self._moving[key] = plan
        return self._moving[key]


def union(slots: Sequence[Slot]) -> tuple[Storage, ...]:
    """All axes of some slots, in the order in which they first appear in the one that has most."""
    first = max(slots, key=lambda s: len(s.axes), default=None)
    ordered = ([first] if first is not None else []) + list(slots)
    return tuple(dict.fromkeys(axis for slot in ordered for axis in slot.axes))
