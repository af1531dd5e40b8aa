"""In which coordinates latents were that have a latent location or scale: standardised, as written, or between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.log_joint import LogJoint

Array = Any


@dataclass(frozen=True, eq=False)
class Centering:
    """How far a latent was centered: `c`, one number or one per element, goes from 0, standardised, to 1, as written.

    `how` it came about is "chosen" or "pinned".
    """

    c: Array
    how: str

    def __str__(self) -> str:
        lowest, highest = (f"{value:.2g}" for value in (np.min(self.c), np.max(self.c)))
        found = lowest if lowest == highest else f"{lowest} to {highest}"
        return found if self.how == "chosen" else f"{found} ({self.how})"


def centerings(log_joint: LogJoint) -> dict[str, Centering]:
    """The centerings of a log joint, in the order of the source."""
    found = log_joint.coordinates.centering()
    return {
        name: Centering(found[name][0], "pinned" if found[name][1] else "chosen")
        for name in log_joint.bound.graph.variables
        if name in found
    }
