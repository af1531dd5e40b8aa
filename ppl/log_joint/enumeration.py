"""Latents with finitely many values, and the axes along which statements run over them.

A use `z[t - 1]` is a constant, the possible values along an axis of its own; which element of `z` it is, row by
row, is kept beside it. So a statement's log density becomes a table over the values of what it speaks of, and
nothing but the elimination needs to know that `z` is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.log_joint.tape import Slot, Storage, Tape

Array = Any


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
    """An axis over the values of the elements `ids` (an array over `axes`) of a finite latent."""

    name: str
    axes: tuple[Storage, ...]
    ids: Array


@dataclass
class Enumeration:
    """The finite latents of a model and the axes of their uses."""

    finite: dict[str, Finite] = field(default_factory=dict)
    axes: dict[Storage, Enumerated] = field(default_factory=dict)
    pinned: dict[str, Array] = field(
        default_factory=dict
    )  # log weights (elements, values): 0, or -inf where excluded

    def use(self, tape: Tape, name: str, indices: Sequence[Storage | Slot]) -> Slot:
        """The values of `name[indices]` along an axis of their own."""
        finite = self.finite[name]
        slots = [i if isinstance(i, Slot) else tape.constant(np.arange(i.size), (i,)) for i in indices]
        axes = tuple(dict.fromkeys(axis for slot in slots for axis in slot.axes))
        ids = np.zeros((), dtype=np.int64)
        for slot, size in zip(slots, finite.shape, strict=True):
            ids = ids * size + tape.value(tape.align(slot, axes))
        ids = np.broadcast_to(ids, tuple(axis.size for axis in axes))
        storage = Storage(f"values of {name}", len(finite.values), (name, axes, ids.tobytes()))
        self.axes[storage] = Enumerated(name, axes, ids)
        return tape.constant(finite.values, (storage,))

    def of(self, slot: Slot) -> list[Storage]:
        """The axes of a slot that run over values of finite latents."""
        return [axis for axis in slot.axes if axis in self.axes]
