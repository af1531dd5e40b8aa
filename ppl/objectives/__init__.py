"""The shelf of objectives: every file here is one, always to be maximised; the folder is the registry.

A file's docstring begins with the objective's public name, and it defines
`objective = Objective(...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ppl.shelf import Shelf

Array = Any  # numpy arrays, or autograd's boxes of them
LogDensity = Callable[[Array], Array]  # z (S, D) -> (S,)


class Family(Protocol):
    """What an objective asks of a guide."""

    @property
    def transport(self) -> Callable[[Array, Array], Array]:
        """(params, noise) -> z."""

    @property
    def log_prob(self) -> Callable[[Array, Array], Array]:
        """(params, z) -> (S,)."""

    @property
    def entropy(self) -> Callable[[Array], Array] | None:
        """params -> a number, where there is a formula."""

    @property
    def stratified(self) -> Callable[[Array, Array], tuple[Array, Array]] | None:
        """(params, noise) -> draws (R, D) and weights (R,), where the guide is not one transport."""


@dataclass(frozen=True)
class Objective:
    """`value(guide, params, log_density, noise)` is a number, differentiable in params.

    `bound` says whether its value is a lower bound of the log evidence in expectation.
    """

    value: Callable[[Family, Array, LogDensity, Array], Array]
    bound: bool = True


def drawn(guide: Family, params: Array, noise: Array) -> tuple[Array, Array]:
    """Draws z (R, D) of a guide and their weights (R,), which add up to 1."""
    if guide.stratified is not None:
        return guide.stratified(params, noise)
    return guide.transport(params, noise), np.full(len(noise), 1 / len(noise))


objectives: Shelf[Objective] = Shelf(__name__, __path__[0], "objective")
