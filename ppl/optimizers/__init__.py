"""The shelf of optimizers: every file here is one, and this folder is the registry.

A file's docstring begins with the optimizer's public name, and it defines
`optimizer = Optimizer(...)`. Optimizers climb; what they climb is handed to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from autograd import make_vjp

from ppl.shelf import Shelf

Array = Any


@dataclass(frozen=True)
class Problem:
    """What is to be climbed, from where, and who is told.

    `value_and_grad(x, step)`: the objective and its gradient at x with the draws of that step
    (an optimizer on fixed draws always asks for the same ones). Neither need be finite.
    `move(x, step)`: from x by `step` in units in which the objective is well scaled, differentiable.
    The last `plain` entries of x are in units of their own, for which `move` knows no better ones. `curvature`
    is what to expect in the units of `move` near the optimum.
    `watch(step, value, x)` is called after each step; False ends the run.
    """

    start: Array
    value_and_grad: Callable[[Array, int], tuple[float, Array]]
    move: Callable[[Array, Array], Array]
    watch: Callable[[int, float, Array], bool] = lambda _step, _value, _x: True
    steps: int | None = None
    learning_rate: float | None = None
    plain: int = 0
    curvature: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """Where a run ended. `slope` is what the optimizer thinks is still to be gained, in nats.

    `stuck` is a point where the objective was not finite, if that is what ended the run. `error` (n,) are Monte
    Carlo standard errors of x after fresh draws, in the units of `move` there; what has none is 0.
    """

    x: Array
    value: float
    converged: bool
    steps: int
    evaluations: int
    history: tuple[float, ...]
    slope: float
    stuck: Array | None = None
    error: Array | None = None


@dataclass(frozen=True)
class Optimizer:
    """`run(problem)` climbs. `fixed_draws`: on one set of draws, rather than fresh ones at each step.

    With `rough` it wants to begin where a few steps of mean-field on few fixed draws lead.
    """

    run: Callable[[Problem], Outcome]
    fixed_draws: bool
    draws: int | None = None
    rough: bool = False


@dataclass
class Stretch:
    """Sums over steps of a stochastic run: of points x (n,), of gradients in the guide's units, of their squares."""

    count: int
    x: Array
    slopes: Array
    squares: Array

    @classmethod
    def of(cls, n: int) -> Stretch:
        """No steps as yet."""
        return cls(0, np.zeros(n), np.zeros(n), np.zeros(n))

    def add(self, x: Array, slopes: Array) -> None:
        """One more step."""
        self.count += 1
        self.x, self.slopes, self.squares = self.x + x, self.slopes + slopes, self.squares + slopes**2

    def __add__(self, other: Stretch) -> Stretch:
        sums = (self.x + other.x, self.slopes + other.slopes, self.squares + other.squares)
        return Stretch(self.count + other.count, *sums)

    @property
    def mean(self) -> Array:
        """The mean point."""
        return self.x / self.count

    def error(self, plain: int) -> Array:
        """The standard errors of the mean point in the guide's units; 0 for the last `plain`, which have others."""
        # Averaged steps err by H⁻¹ times the error of the mean gradient (Polyak & Juditsky 1992, theorem 1), and
        # in these units H is near 1. A mean gradient that is more than its noise says that it is not there yet.
        mean = self.slopes / self.count
        noise = (self.squares / self.count - mean**2) / self.count
        found = np.sqrt(np.maximum(noise, mean**2))
        found[len(found) - plain :] = 0.0
        return found


def slopes_at(problem: Problem, x: Array, grad: Array) -> Array:
    """A gradient in the units of the guide at x, as of an objective whose curvature is 1."""
    pull, _ = make_vjp(lambda step: problem.move(x, step))(np.zeros_like(x))
    return np.asarray(pull(grad)) / problem.curvature


def finite(value: float, grad: Array) -> bool:
    """Whether a value and gradient can be used at all."""
    return bool(np.isfinite(value) and np.all(np.isfinite(grad)))


optimizers: Shelf[Optimizer] = Shelf(__name__, __path__[0], "optimizer")
