"""What is said of finite latents after the fit: the probability of every value, and the best assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.evidence import draw
from ppl.fit import Fit
from ppl.fit.noise import Stream
from ppl.log_joint import LogJoint

Array = Any
DRAWS = 200  # of the guide, over which the probabilities are averaged
CELLS = 20_000_000  # probabilities held at once


@dataclass(frozen=True, eq=False)
class States:
    """The posterior of a finite latent that was summed out, or its guide where it has one.

    `values` (K,) are its values, by label where they are positions of a dim with labels. `probabilities` (*shape, K)
    are averaged over draws of the guide; `most_probable` (*shape) are the values that are together most probable at
    the guide's mean (of a chain: the Viterbi path).
    """

    name: str
    dims: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    values: tuple[str, ...] | tuple[float, ...]
    probabilities: Array
    most_probable: Array
    positions: Array  # of `most_probable` among the values
    guided: bool = False  # the probabilities are those of a guide, under which elements are independent

    def element(self, place: tuple[int, ...]) -> str:
        """An element by its labels: `z[A]`."""
        names = (self.labels.get(dim) for dim in self.dims)
        parts = [str(i) if known is None else known[i] for i, known in zip(place, names, strict=True)]
        return f"{self.name}[{', '.join(parts)}]" if parts else self.name

    def best_position(self, place: tuple[int, ...]) -> int:
        """Which value an element has in the best assignment."""
        return int(self.positions[place])


def states(log_joint: LogJoint, fit: Fit) -> dict[str, States]:
    """The states of all summed-out latents."""
    if not log_joint.sums:
        return {}
    from ppl.log_joint.states import most_probable, probabilities

    cells = sum(int(np.prod(m.shape)) for summed in log_joint.sums for m in summed.messages.values())
    z = draw(log_joint, fit, max(1, min(DRAWS, CELLS // max(cells, 1))), fit.seed, Stream.posterior)
    chances = probabilities(log_joint, z, fit.learned)
    best = most_probable(log_joint, z.mean(axis=0, keepdims=True), fit.learned)
    return {name: _states(log_joint, name, chances[name].mean(axis=0), best[name][0]) for name in chances}


def _states(log_joint: LogJoint, name: str, chances: Array, best: Array) -> States:
    finite = log_joint.low.enumeration.finite[name]
    of = log_joint.bound.graph.variables[name].of
    labels = log_joint.bound.labels.get(of) if of is not None else None
    values = tuple(float(v) for v in finite.values) if labels is None else labels
    positions = np.searchsorted(finite.values, best) if len(finite.values) else best
    return States(
        name,
        log_joint.axis_names(name),
        log_joint.labels(name),
        values,
        chances,
        best,
        positions,
        name in log_joint.bounded,
    )
