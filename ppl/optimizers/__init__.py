"""The shelf of optimizers: every file here is one, and this folder is the registry.

A file's docstring begins with the optimizer's public name, and it defines
`optimizer = Optimizer(...)`. Optimizers climb; what they climb is handed to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.shelf import Shelf

Array = Any


@dataclass(frozen=True)
class Problem:
    """What is to be climbed, from where, and who is told.

    `value_and_grad(x, step)`: the objective and its gradient at x with the draws of that step
    (an optimizer on fixed draws always asks for the same ones). Neither need be finite.
    `move(x, step)`: from x by `step` in units in which the objective is well scaled, differentiable.
    `watch(step, value, x)` is called after each step; False ends the run.
    """

    start: Array
    value_and_grad: Callable[[Array, int], tuple[float, Array]]
    move: Callable[[Array, Array], Array]
    watch: Callable[[int, float, Array], bool] = lambda _step, _value, _x: True
    steps: int | None = None
    learning_rate: float | None = None


@dataclass(frozen=True)
class Outcome:
    """Where a run ended. `slope` is what the optimizer thinks is still to be gained, in nats.

    `stuck` is a point where the objective was not finite, if that is what ended the run.
    """

    x: Array
    value: float
    converged: bool
    steps: int
    evaluations: int
    history: tuple[float, ...]
    slope: float
    stuck: Array | None = None


@dataclass(frozen=True)
class Optimizer:
    """`run(problem)` climbs. `fixed_draws`: on one set of draws, rather than fresh ones at each step."""

    run: Callable[[Problem], Outcome]
    fixed_draws: bool
    draws: int | None = None


def finite(value: float, grad: Array) -> bool:
    """Whether a value and gradient can be used at all."""
    return bool(np.isfinite(value) and np.all(np.isfinite(grad)))


optimizers: Shelf[Optimizer] = Shelf(__name__, __path__[0], "optimizer")
