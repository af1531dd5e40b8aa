"""Values that have been drawn or given, and those of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.log_joint.enumeration import NONE
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage

Array = Any


@dataclass
class Known:
    """The values of variables (S, *shape) that are drawn or given, and of slots that depend on them."""

    low: Lowering
    draws: int
    values: dict[str, Array] = field(default_factory=dict)
    inputs: dict[int, Array] = field(default_factory=dict)

    def put(self, name: str, value: Array) -> None:
        """A variable's value."""
        self.values[name] = value
        if name in self.low.variables and self.low.variables[name].id not in self.low.tape.constants:
            self.inputs[self.low.variables[name].id] = np.asarray(value, dtype=float)

    def whole(self, name: str) -> Array:
        """The value of a definition, once per draw."""
        definition = self.low.enumeration.definitions.get(name)
        slot = self.low.variables[name] if definition is None else definition.slot
        wanted = slot.axes if definition is None else definition.axes
        value = aligned(*self.at(slot), wanted)
        return np.array(np.broadcast_to(value, (self.draws, *(axis.size for axis in wanted))))

    def at(self, slot: Slot, first: bool = False) -> tuple[tuple[Storage, ...], Array]:
        """The axes and the value (draws or 1, *axes) of a slot, finite latents at their drawn values.

        With `first`, of the first draw only.
        """
        given = {i: value[:1] for i, value in self.inputs.items()} if first else self.inputs
        with np.errstate(all="ignore"):
            value = self.low.tape.run(given, [slot])[0]
        value = np.asarray(value) if slot.drawn else np.asarray(value)[None]
        axes, enumeration = slot.axes, self.low.enumeration
        while enumeration.behind(axes):  # the last of them is one that no other depends on
            axes, value = self._chosen(axes, value, enumeration.behind(axes)[-1], first)
        return axes, value

    def _chosen(
        self, axes: tuple[Storage, ...], value: Array, axis: Storage, first: bool
    ) -> tuple[tuple[Storage, ...], Array]:
        """The value at the drawn value of a finite latent, whose possible values run along an axis."""
        use = self.low.enumeration.axes[axis]
        finite = self.low.enumeration.finite[use.name]
        drawn = self.values[use.name][:1] if first else self.values[use.name]
        chosen = drawn.reshape(len(drawn), -1)[:, use.ids.reshape(-1)].reshape(len(drawn), *use.ids.shape)
        position = np.searchsorted(finite.values, chosen)
        rest = tuple(a for a in axes if a != axis)
        target = (*rest, *(a for a in use.axes if a not in rest))
        full = aligned((*axes,), value, (*target, axis))
        index = aligned(use.axes, position, target)[..., None]
        shape = np.broadcast_shapes(full.shape[:-1], index.shape[:-1])
        full = np.broadcast_to(full, (*shape, full.shape[-1])).astype(float)
        index = np.broadcast_to(index, (*shape, 1))
        is_unknown = np.isnan(chosen.astype(float)) & (use.ids != NONE)
        unknown = np.broadcast_to(aligned(use.axes, is_unknown, target), shape)
        picked = np.take_along_axis(full, np.minimum(index, full.shape[-1] - 1), -1)[..., 0]
        return target, np.where(unknown, np.nan, picked)


def aligned(axes: Sequence[Storage], value: Array, target: Sequence[Storage | None]) -> Array:
    """A value (draws, *axes) with its axes in another order, of length 1 where it has none (and at None)."""
    have = [axis for axis in target if axis is not None and axis in axes]
    value = np.transpose(value, (0, *(1 + list(axes).index(axis) for axis in have)))
    sizes = iter(value.shape[1:])
    return value.reshape(value.shape[0], *(next(sizes) if axis in have else 1 for axis in target))
