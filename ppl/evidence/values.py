"""What the posterior is summarised from: every latent and definition at draws of the guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ppl.evidence.bracket import Weights
from ppl.evidence.points import cut, replaced
from ppl.evidence.posterior import Quantity, summarise
from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, mirrored

Array = Any
CELLS = 5_000_000  # numbers kept of all posterior quantities together
FEWEST = 400  # draws of them, however many there are


@dataclass(frozen=True)
class Values:
    """What is summarised: every latent and definition on regular draws (R,) of the guide, and on independent ones (S,).

    `weights` (S,) are those of the independent draws, summing to 1 with those of draws for which there is no room.
    """

    names: tuple[str, ...]
    params: Mapping[str, Array]
    regular: Mapping[str, Array]
    independent: Mapping[str, Array]
    weights: Array

    def summarised(self, correct: bool, guide_error: float) -> dict[str, Quantity]:
        """The posterior by the guide, or by its weighted draws."""
        return {
            name: summarise(self.regular[name], self.independent[name], self.weights, correct, guide_error)
            for name in self.names
        }

    def stretched(self, found: Mapping[str, Quantity], more: Mapping[str, Array]) -> dict[str, Quantity]:
        """The posterior `found` by the guide, with so much more variance; its means stay, and quantiles follow."""
        return {name: self._stretched(name, found[name], more[name]) for name in self.names}

    def _stretched(self, name: str, q: Quantity, more: Array) -> Quantity:
        variance, x = q.sd_guide**2 + more, self.regular[name].reshape(len(self.regular[name]), -1)
        sd = np.where(variance > 0, np.sqrt(np.abs(variance)), q.sd_guide)
        cuts = cut(x, np.full(len(x), 1 / len(x)), np.ravel(q.mean), np.ravel(sd))
        # What the weights say of the mean stands: by how much they would move it.
        return replace(replaced(q, q.mean, sd, q.mean_error, cuts), shift=q.shift)


def values_of(log_joint: LogJoint, fit: Fit, z: Array, weights: Weights, seed: int) -> Values:
    """Those of a fit whose independent draws are z (S, D)."""
    learned = {slot.name for slot in log_joint.param_layout}
    one = log_joint.constrain(z[:1], fit.learned)
    cells = sum(np.size(values) for values in one.values())
    S = min(len(z), max(FEWEST, CELLS // max(1, cells)))
    # Twice as many draws as unknowns make the covariance exact too.
    R = max(S, 2 * log_joint.layout.size) if log_joint.layout.size <= FEWEST else S
    guide = made(fit.guide, log_joint)
    noise = mirrored(seed, Stream.summary, 0, R, guide.noise_size(log_joint.layout.size), guide.regular)
    return Values(
        tuple(name for name in one if name not in learned),
        {name: one[name][0] for name in one if name in learned},
        log_joint.constrain(guide.transport(fit.params, noise), fit.learned),
        log_joint.constrain(z[:S], fit.learned),
        weights.normalised[:S],
    )
