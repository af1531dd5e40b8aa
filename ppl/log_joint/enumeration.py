"""Latents with finitely many values, and the axes along which statements run over them.

A use `z[t - 1]` is a constant, the possible values along an axis of its own; which element of `z` it is, row by
row, is kept beside it. So a statement's log density becomes a table over the values of what it speaks of, and
nothing but the elimination needs to know that `z` is unknown. In `z[k[t]]` with a finite `k` the element depends
on a value too: then it is kept for every value of `k[t]`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.log_joint.elements import elements
from ppl.log_joint.tape import Slot, Storage, Tape

Array = Any
NONE = -1  # the place of an element where there is none


@dataclass(frozen=True, eq=False)
class Finite:
    """A latent's shape and its possible values, the same for all elements (probability 0 may exclude some)."""

    name: str
    shape: tuple[int, ...]
    values: Array

    @property
    def count(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, eq=False)
class Enumerated:
    """An axis over the values of the elements `ids` (an array over `axes`) of a finite latent.

    Some of `axes` may be axes of values themselves. An id is NONE where nothing depends on any element.
    """

    name: str
    axes: tuple[Storage, ...]
    ids: Array


@dataclass(frozen=True, eq=False)
class Conditional:
    """A definition for every value of what it is made of: a slot over some of its own `axes`, and over values."""

    slot: Slot
    axes: tuple[Storage, ...]
    weights: list[Slot] = field(default_factory=list)  # inputs by which its moments are found, once they are


@dataclass
class Enumeration:
    """The finite latents of a model and the axes of their uses."""

    finite: dict[str, Finite] = field(default_factory=dict)
    axes: dict[Storage, Enumerated] = field(default_factory=dict)
    definitions: dict[str, Conditional] = field(default_factory=dict)
    pinned: dict[str, Array] = field(
        default_factory=dict
    )  # log weights (elements, values): 0, or -inf where excluded

    @property
    def names(self) -> frozenset[str]:
        """The finite latents, and the definitions that are made of some."""
        return frozenset((*self.finite, *self.definitions))

    def use(self, tape: Tape, name: str, indices: Sequence[Storage | Slot]) -> Slot:
        """The values of `name[indices]`, along an axis of their own or those of what it is made of."""
        if name in self.definitions:
            known = self.definitions[name]
            return self.moved(tape, known.slot, dict(zip(known.axes, indices, strict=True)))
        finite = self.finite[name]
        slots = [i if isinstance(i, Slot) else tape.constant(np.arange(i.size), (i,)) for i in indices]
        axes = tuple(dict.fromkeys(axis for slot in slots for axis in slot.axes))
        ids = np.zeros((), dtype=np.int64)
        for slot, size in zip(slots, finite.shape, strict=True):
            ids = ids * size + tape.value(tape.align(slot, axes))
        return tape.constant(finite.values, (self.axis(name, axes, ids),))

    def axis(self, name: str, axes: Sequence[Storage], ids: Array) -> Storage:
        """The axis over the values of the elements `ids` of a latent: the same one whenever these are the same."""
        order = sorted(range(len(axes)), key=lambda k: axes[k].name)
        over = tuple(axes[k] for k in order)
        ids = np.broadcast_to(ids, tuple(axis.size for axis in axes)).transpose(order)
        known = Storage(f"values of {name}", len(self.finite[name].values), (name, over, ids.tobytes()))
        self.axes[known] = Enumerated(name, over, ids)
        return known

    def of(self, slot: Slot) -> list[Storage]:
        """The axes of a slot that run over values of finite latents."""
        return [axis for axis in slot.axes if axis in self.axes]

    def behind(self, axes: Sequence[Storage]) -> list[Storage]:
        """The axes of values among some, and those on which it depends which elements they are of: these first."""
        found: dict[Storage, None] = {}
        stack = [axis for axis in reversed(axes) if axis in self.axes]
        while stack:
            waiting = [a for a in self.axes[stack[-1]].axes if a in self.axes and a not in found]
            if waiting:
                stack += waiting
            else:
                found[stack.pop()] = None
        return list(found)

    def moved(self, tape: Tape, slot: Slot, to: Mapping[Storage, Storage | Slot]) -> Slot:
        """A slot, and the elements that it speaks of, with other axes or positions in the place of some axes."""
        there: dict[Storage, Storage | Slot] = dict(to)
        for values in self.behind(slot.axes):
            known = self.axes[values]
            if any(axis in there for axis in known.axes):
                ids = elements(
                    tape,
                    tape.constant(known.ids, known.axes),
                    [there.get(axis, axis) for axis in known.axes],
                )
                found = tape.value(ids)
                is_none = found.size and (found == NONE).all()
                there[values] = (
                    tape.constant(np.int64(0)) if is_none else self.axis(known.name, ids.axes, found)
                )
        return elements(tape, slot, [there.get(axis, axis) for axis in slot.axes])
