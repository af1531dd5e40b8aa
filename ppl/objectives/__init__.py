"""The shelf of objectives: every file here is one, always to be maximised; the folder is the registry.

A file's docstring begins with the objective's public name, and it defines
`objective = Objective(...)`. What all of them are made of is here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval

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


Value = Callable[[Family, Array, LogDensity, Array], Array]


@dataclass(frozen=True)
class Objective:
    """`value(guide, params, log_density, noise)` is a number, differentiable in params.

    `bound` says whether its value is a lower bound of the log evidence in expectation.
    `surrogate` has the same value, and a gradient that is not the derivative of that value on the draws at hand but
    the one to follow where each step has draws of its own. On fixed draws a line search needs values and slopes that
    fit together, so there it is always `value` that is climbed; with `fixed_draws` False that makes no sense,
    because a guide can raise `value` on a given set of draws without coming any nearer to the posterior.
    Where the gradient goes to the guide's own density and not `through_draws`, a guide that the program gives, whose
    numbers the log joint holds, can't be fitted by it.
    `curvature(S)` is that of the objective, from S draws, about a guide that is the posterior, where the ELBO's is 1.
    Rows of noise are taken in groups of `group`. `draws` is how many fresh ones a step should have, `widening` by
    how much the guide's scales at the start should exceed those of a rough fit.
    An objective that takes numbers, as 5 in `iwelbo(5)`, has `of(numbers)`, which gives the one to use
    or raises ValueError with what it takes.
    """

    value: Value
    bound: bool = True
    surrogate: Value | None = None
    fixed_draws: bool = True
    through_draws: bool = True
    curvature: Callable[[int], float] = lambda _S: 1.0
    group: int = 1
    draws: int = 1
    widening: float = 1.0
    of: Callable[[tuple[float, ...]], Objective] | None = None


def drawn(guide: Family, params: Array, noise: Array) -> tuple[Array, Array]:
    """Draws z (R, D) of a guide and their weights (R,), which add up to 1."""
    if guide.stratified is not None:
        return guide.stratified(params, noise)
    return guide.transport(params, noise), np.full(len(noise), 1 / len(noise))


def drawn_in_groups(guide: Family, params: Array, noise: Array, size: int) -> tuple[Array, Array]:
    """Draws z (G R, D), R from every `size` rows of noise, and their weights (G, R): rows add up to 1."""
    G = len(noise) // size
    if guide.stratified is None:
        return guide.transport(params, noise), np.full((G, size), 1 / size)
    groups = [guide.stratified(params, noise[g * size : (g + 1) * size]) for g in range(G)]
    return anp.concatenate([z for z, _ in groups]), anp.array([weights for _, weights in groups])


@primitive  # type: ignore[untyped-decorator]
def slowed(z: Array, share: Array) -> Array:  # noqa: ARG001 - what it does, it does to gradients
    """z (S, D) as it is; its gradients arrive multiplied by share (S,)."""
    return z


defvjp(slowed, lambda _ans, _z, share: lambda g: g * share[:, None], None)


def with_value(value: Array, other: Array) -> Array:
    """A number that is `value`, with the gradient of `other`."""
    return getval(value) + (other - getval(other))


objectives: Shelf[Objective] = Shelf(__name__, __path__[0], "objective")
