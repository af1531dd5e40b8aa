"""Where each unknown lives in the flat vector `z`, and under which names, axes and labels it is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One unknown: columns `start:stop` of `z` hold its unconstrained values in C order.

    `shape` is the constrained shape, `free_shape` the unconstrained one (a simplex of K has K - 1).
    `axes` name the constrained shape's axes; `labels[axis]` are theirs, where there are any.
    """

    name: str
    shape: tuple[int, ...]
    free_shape: tuple[int, ...]
    start: int
    axes: tuple[str, ...] = ()

    @property
    def stop(self) -> int:
        return self.start + math.prod(self.free_shape)

    @property
    def columns(self) -> slice:
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Layout:
    """The slots in order; `size` is D, the number of columns of `z`."""

    slots: tuple[Slot, ...]

    @property
    def size(self) -> int:
        return self.slots[-1].stop if self.slots else 0

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.slots)

    def __getitem__(self, name: str) -> Slot:
        return next(slot for slot in self.slots if slot.name == name)

    @staticmethod
    def of(
        entries: Sequence[tuple[str, tuple[int, ...], tuple[int, ...], tuple[str, ...]]],
    ) -> Layout:
        """A layout of (name, shape, free_shape, axes) in order."""
        slots: list[Slot] = []
        start = 0
        for name, shape, free_shape, axes in entries:
            slots.append(Slot(name, shape, free_shape, start, axes))
            start = slots[-1].stop
        return Layout(tuple(slots))
