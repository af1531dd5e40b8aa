"""The shelf of objectives: every file here is one, always to be maximised; the folder is the registry.

A file's docstring begins with the objective's public name, and it defines
`objective = Objective(...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

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
    def entropy(self) -> Callable[[Array], Array]:
        """params -> a number."""


@dataclass(frozen=True)
class Objective:
    """`value(guide, params, log_density, noise)` is a number, differentiable in params.

    `bound` says whether its value is a lower bound of the log evidence in expectation.
    """

    value: Callable[[Family, Array, LogDensity, Array], Array]
    bound: bool = True


objectives: Shelf[Objective] = Shelf(__name__, __path__[0], "objective")
