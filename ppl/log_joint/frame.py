"""Where the indices of a statement are kept: on axes of their own, or, under `where`, on the places it selects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.graph import ir
from ppl.log_joint.tape import Storage

Array = Any


@dataclass(frozen=True)
class Place:
    """The storage axis of an index, and the positions along it; None where it holds all, in order."""

    storage: Storage
    positions: Array | None = None


@dataclass
class Frame:
    """The places of a statement's indices. Free axes have a storage axis of their own."""

    sizes: Mapping[str, int]
    places: dict[ir.Axis, Place] = field(default_factory=dict)

    def place(self, axis: ir.Axis) -> Place:
        """Where an axis is kept."""
        if axis not in self.places:
            name = axis.name + "'" * axis.copy
            self.places[axis] = Place(Storage(name, self.sizes[axis.dim], axis.dim))
        return self.places[axis]

    def position(self, storage: Storage, at: int) -> int | None:
        """The position of the index that a storage axis holds at a place, where it holds one alone."""
        held = [place for place in self.places.values() if place.storage == storage]
        if len(held) != 1:
            return at if not held else None
        positions = held[0].positions
        return at if positions is None else int(np.asarray(positions)[at])

    def element(self, storage: Storage, at: int) -> str:
        """A place of a storage axis as a reader would name it: `time = 3`."""
        found = self.position(storage, at)
        return f"{storage.name} = {at if found is None else found}"

    def storages(self, axes: tuple[ir.Axis, ...]) -> tuple[Storage, ...]:
        """The storage axes of several; indices that are selected jointly share one."""
        return tuple(dict.fromkeys(self.place(axis).storage for axis in axes))

    def whole(self, axes: tuple[ir.Axis, ...]) -> Frame:
        """The frame in which `axes` hold all places: a mean over time is over all times, whatever `where` selects."""
        held = [a for a in axes if isinstance(self.place(a).positions, np.ndarray)]
        if not held:
            return self
        return Frame(self.sizes, {axis: place for axis, place in self.places.items() if axis not in held})

    def restricted(self, axes: tuple[ir.Axis, ...], mask: Array) -> Frame:
        """The frame in which `axes` hold only the places where `mask` (over them, in order) is true."""
        found = np.nonzero(mask)
        part = tuple(f.tobytes() for f in found)
        storage = Storage(",".join(axis.name for axis in axes), len(found[0]), part)
        places = {axis: Place(storage, positions) for axis, positions in zip(axes, found, strict=True)}
        return Frame(self.sizes, places)
