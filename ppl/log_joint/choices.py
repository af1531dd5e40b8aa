"""Which coordinates suit a log joint: those to begin with, those that the data ask for, and those next to others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from ppl.layout import Layout
from ppl.log_joint.centering import Centred, unit_of
from ppl.log_joint.coordinates import Coordinates
from ppl.log_joint.tape import Tape

Array = Any


class Placed(Protocol):
    """What is asked of a log joint in some coordinates."""

    @property
    def layout(self) -> Layout:
        """The latents' columns in z."""

    @property
    def coordinates(self) -> Coordinates:
        """Those that it is in."""

    @property
    def tape(self) -> Tape:
        """The operations that make it."""

    def at(self, coordinates: Coordinates) -> Self:
        """The same in others."""

    def inputs(self, z: Array, w: Array | None) -> dict[int, Array]:
        """What the tape is given."""

    def constrain(self, z: Array, w: Array | None) -> dict[str, Array]:
        """Values, in no coordinates."""

    def unconstrain(self, values: Mapping[str, Array]) -> Array:
        """z of such values."""


J = TypeVar("J", bound=Placed)


class Choices(Generic[J]):
    """The choices that a log joint leaves open; each is the same log joint in other coordinates."""

    def __init__(self, log_joint: J):
        self.log_joint, self.coordinates = log_joint, log_joint.coordinates

    def starts(self, is_sparse: bool) -> list[J]:
        """Everything standardised, and everything centred.

        With `is_sparse`, paths stay centred: then only neighbours meet in the log joint, and else all of a path does.
        """
        found: list[J] = []
        for value in (0.0, 1.0):
            numbers = self.coordinates.numbers.copy()
            for one in self.coordinates.centred.values():
                if one.pin != 0:
                    numbers[self.coordinates.entries(one.name)] = 1.0 if one.is_path and is_sparse else value
            if not any(np.array_equal(numbers, other.coordinates.numbers) for other in found):
                found.append(self._at(numbers))
        return found

    def pinned(self) -> J:
        """What is pinned, at its place."""
        numbers = self.coordinates.numbers.copy()
        for one in self.coordinates.centred.values():
            if one.pin:
                numbers[self.coordinates.entries(one.name)] = one.pin
        return self._at(numbers)

    def informed(self, z: Array, w: Array | None) -> J:
        """What the data ask for, seen from draws z (S, D) of a mean-field guide fitted in these coordinates.

        Given all else, let B be the ratio of an element's posterior variance to that of its prior. Its mean moves by B
        with its location, and the logarithm of its sd by B with that of its scale; for c = 1 - B both keep still.
        """
        numbers = self.measured(z, w).coordinates.numbers.copy()
        for one in self._open():
            if one.by_element:
                numbers = self._measured(one, z, w, numbers)
                numbers[self.coordinates.entries(one.name)] = self._shares(one, z, w)
        return self._at(numbers)

    def neighbours(self, z: Array, w: Array | None, is_sparse: bool) -> dict[Hashable, J]:
        """The centering of one path or vector a step to either side, by what it is then; and as it is."""
        found: dict[Hashable, J] = {}
        for one in self._open():
            if one.by_element or (one.is_path and is_sparse):
                continue
            entries = self.coordinates.entries(one.name)
            here = float(self.coordinates.numbers[entries][0])
            found[one.name, here] = self.log_joint
            for value in (here - one.step, here + one.step):
                if 0.0 <= value <= 1.0:
                    numbers = self._measured(one, z, w, self.coordinates.numbers)
                    numbers[entries] = value
                    found[one.name, value] = self._at(numbers)
        return found

    def measured(self, z: Array, w: Array | None) -> J:
        """The same centerings, their units those of the draws; where all of c is 0 or 1 there is no need of any."""
        numbers, given = self.coordinates.numbers, self.log_joint.inputs(z, w)
        for one in self.coordinates.centred.values():
            (c,) = self.log_joint.tape.run(given, [one.c])
            if one.pin != 0 and np.any((c > 0.0) & (c < 1.0)):
                numbers = self._measured(one, z, w, numbers)
        return self._at(numbers)

    def moved(self, z: Array, w: Array | None, to: J) -> Array:
        """The values that z (S, D) stands for, in other coordinates."""
        values = self.log_joint.constrain(z, w)
        moved, found = to.unconstrain(values), z.copy()
        for name in self.coordinates.centred:
            columns = self.log_joint.layout[name].columns
            found[:, columns] = moved[:, columns]
        return found

    def change(self, to: J) -> float:
        """The largest difference of any number in other coordinates."""
        return float(np.max(np.abs(to.coordinates.numbers - self.coordinates.numbers), initial=0.0))

    def _open(self) -> list[Centred]:
        return [one for one in self.coordinates.centred.values() if one.pin is None]

    def _at(self, numbers: Array) -> J:
        return self.log_joint.at(replace(self.coordinates, numbers=numbers))

    def _shares(self, one: Centred, z: Array, w: Array | None) -> Array:
        """1 - B of each element."""
        given = self.log_joint.inputs(z, w)
        c, log_unit, log_scale = self.log_joint.tape.run(given, [one.c, one.log_unit, one.log_scale])
        u = z[:, self.log_joint.layout[one.name].columns].reshape(-1, *one.moves.shape)
        prior = np.mean(np.exp(2.0 * (c * log_scale + (1.0 - c) * log_unit)) + np.zeros(u.shape), axis=0)
        share = np.where(one.moves, 1.0 - np.var(u, axis=0) / prior, 1.0)
        return np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 1.0).reshape(-1)

    def _measured(self, one: Centred, z: Array, w: Array | None, numbers: Array) -> Array:
        """The numbers with a latent's units at the geometric means of its scales."""
        slot, found = self.coordinates.layout[unit_of(one.name)], numbers.copy()
        (log_scale,) = self.log_joint.tape.run(self.log_joint.inputs(z, w), [one.log_scale])
        drawn = np.shape(log_scale)[1:] if one.log_scale.drawn else np.shape(log_scale)
        full = np.broadcast_to(log_scale, (len(z), *np.broadcast_shapes(drawn, slot.shape)))
        middle = np.mean(full, axis=0) if slot.shape else np.mean(full)
        if np.all(np.isfinite(middle)):
            found[slot.columns] = np.reshape(middle, -1)
        return found
