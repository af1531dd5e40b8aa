"""The coordinates of a log joint: which latents have a centering, and with which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.layout import Layout
from ppl.log_joint.centering import Centred
from ppl.log_joint.tape import Slot

Array = Any


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The latents with a centering. `numbers` (N,) are what is open about them, named by `layout`.

    `pins` are the numbers that the log joint was compiled with, None for the coordinates of the text; `kept` names the
    latents among them that were left as they are written because that is best.
    """

    pins: Mapping[str, float] | None = None
    centred: Mapping[str, Centred] = field(default_factory=dict)
    slot: Slot | None = None
    layout: Layout = field(default_factory=lambda: Layout(()))
    numbers: Array = field(default_factory=lambda: np.zeros(0))
    kept: tuple[str, ...] = ()

    @property
    def inputs(self) -> dict[int, Array]:
        """What the tape is given."""
        return {} if self.slot is None else {self.slot.id: self.numbers.reshape((1, -1))}

    def entries(self, name: str) -> slice:
        """Where numbers are."""
        return self.layout[name].columns

    def centering(self) -> dict[str, tuple[Array, bool]]:
        """For every latent that has a centering, its numbers c and whether they are pinned."""
        pinned = {name: (np.asarray(c), name not in self.kept) for name, c in (self.pins or {}).items()}
        chosen = {
            one.name: (self.numbers[self.entries(one.name)].reshape(self.layout[one.name].shape), False)
            for one in self.centred.values()
            if one.pin is None
        }
        return {**pinned, **chosen}
