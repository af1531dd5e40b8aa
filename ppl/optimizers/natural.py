"""natural: natural gradient ascent with a line search on fixed draws, then L-BFGS from where it stalls.

In the units of the guide where it stands (`move`) the steepest direction is the natural gradient, and a step of
length 1 along it is Newton's where the guide is the posterior: for `fullrank`, C <- C (rho tril(B, -1) +
diag(exp(rho B_ii))), m <- m + rho C mean(h). It gets near from anywhere in few steps, as each coordinate may go
two sds, or two nats of log scale, in one. Where the family cannot hold the posterior, curvatures differ from 1
and it slows down: as soon as a step leaves more than half of the slope, or little is left, L-BFGS takes over,
in the same units, to the end.
What the model itself learns has the unit that L-BFGS gives it.
Sources: Amari, Natural gradient works efficiently in learning, Neural Comput. 10 (1998); Lin, Nielsen, Khan & Schmidt,
Tractable structured natural-gradient descent, ICML 2021 (the update); Nocedal & Wright, Numerical optimization
(2006), condition 3.4 (Armijo) and algorithm 7.4.
"""

from __future__ import annotations

import numpy as np

from ppl.optimizers import Optimizer, Outcome, Problem, finite
from ppl.optimizers.lbfgs import STEPS, Climb, Point, ascend, begun, nowhere

FURTHEST = 2.0  # sds, or nats of log scale, that one coordinate goes in a step
ARMIJO = 1e-4
HALVINGS = 6
STALLED = 0.5  # of the slope left after a step
NEAR = 0.3  # nats promised; from there on L-BFGS is at least as quick


def run(problem: Problem) -> Outcome:
    """Natural gradient while it makes good way, and L-BFGS for the rest of it."""
    climb, here = begun(problem)
    if not finite(here.value, here.raw):
        return nowhere(climb, here)
    history, rho, slope = [here.value], 1.0, np.inf
    while len(history) <= (problem.steps or STEPS):
        last, slope = slope, 0.5 * float(here.slopes @ here.slopes)
        if not NEAR < slope < STALLED * last:
            break
        rho, there = search(climb, here, rho)
        if there is None:
            break
        here = climb.seen_from_itself(there)
        history.append(here.value)
        if not problem.watch(len(history) - 1, here.value, here.x):
            steps = len(history) - 1
            return Outcome(here.x, here.value, False, steps, climb.evaluations, tuple(history), slope)
    return ascend(climb, here, history)


def search(climb: Climb, here: Point, rho: float) -> tuple[float, Point | None]:
    """A step that gains what its slope promises, by halving: (the next rho, where it leads)."""
    rounding = 1e-14 * max(1.0, abs(here.value))
    for _ in range(HALVINGS):
        step = np.clip(rho * here.slopes, -FURTHEST, FURTHEST)
        there = climb.at(here.x, step)
        promised = ARMIJO * float(here.slopes @ step) - rounding
        if finite(there.value, there.raw) and there.value >= here.value + promised:
            return min(1.0, 2 * rho), there
        rho *= 0.5
    return rho, None


optimizer = Optimizer(run, fixed_draws=True)
