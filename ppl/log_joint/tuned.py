"""Numbers of the guide that live in the log joint: how far a latent is centred, tables of finite latents.

They change the coordinates or tighten a bound, and never what the model says, so the ELBO may choose them:
a fit has them at the tail of `w`, after the params.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.layout import Layout
from ppl.log_joint import pullbacks
from ppl.log_joint.tape import Slot, Storage, Tape

Array = Any


@dataclass
class Tuned:
    """The tuned numbers so far. `slot` is what a run gives: all of them, as one row (1, T)."""

    slot: Slot | None = None
    names: list[str] = field(default_factory=list)
    starts: list[Array] = field(default_factory=list)

    def add(self, tape: Tape, name: str, start: Array, axes: tuple[Storage, ...]) -> Slot:
        """A slot (1, *shape) with these axes for numbers that are tuned from `start` (*shape)."""
        if self.slot is None:
            self.slot = tape.input()
        values = onp.asarray(start, dtype=float)
        first = sum(value.size for value in self.starts)
        columns = slice(first, first + values.size)
        self.names.append(name)
        self.starts.append(values)
        return tape.emit(
            ("tuned", columns.start, columns.stop),
            lambda t: np.reshape(t[:, columns], (t.shape[0], *values.shape)),
            [self.slot],
            axes,
            pullbacks.columns(columns),
        )

    @property
    def layout(self) -> Layout:
        """Their entries, in order."""
        return Layout.of(
            [(name, v.shape, v.shape, ()) for name, v in zip(self.names, self.starts, strict=True)]
        )

    @property
    def start(self) -> Array:
        """Where they start (T,)."""
        return onp.concatenate([v.ravel() for v in self.starts]) if self.starts else onp.zeros(0)
