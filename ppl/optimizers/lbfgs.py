"""lbfgs: limited-memory BFGS on one fixed set of draws, in coordinates whitened by the guide itself.

With fixed draws the ELBO is an ordinary smooth function, so it can be climbed with a line search
and to any accuracy, without a learning rate. Each iteration steps in the units of the guide
where it stands (`move`), where the steepest direction is the natural gradient; the curvature
pairs of earlier iterations are carried along unchanged, as a Riemannian method does whose vector
transport is the identity of the whitened frames. What the model itself learns gets a unit in which its
curvature at the start is 1.

A run has converged where half the Newton decrement, by the curvature that the pairs have seen, is below 1e-6 nat; it
then goes on for a few evaluations. The natural slope itself is no such test: where the guide can't hold the
posterior, curvatures differ from 1. Of mean-field on a correlated Gaussian of 10 unknowns it was below 1e-3 nat
where a mean was still a tenth of a sd off; nor is a gradient relative to the first one, which says how
bad the start was.
Sources: Nocedal & Wright, Numerical optimization (2006), algorithm 7.4 (two loops); Lewis &
Overton, Nonsmooth optimization via quasi-Newton methods, Math. Program. 141 (2013), algorithm 2.6
(line search by bisection); Hager & Zhang, SIAM J. Optim. 16 (2005) (acceptance where the values
are equal to rounding); Giordano, Ingram & Broderick, Black box variational inference with a
deterministic objective, JMLR 25 (2024) (fixed draws).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from autograd import make_vjp

from ppl.optimizers import Array, Optimizer, Outcome, Problem, finite

ENOUGH = 1e-6  # nats still to be gained at which a run counts as converged
TIGHT = 1e-16  # ... and those at which nothing more can be gained
POLISH = 12  # evaluations spent on the way from the one to the other: where the draws make the
# optimum exact (a Gaussian target) it is a short way, elsewhere their error is larger anyway
LONGEST = 2.0  # a trial step, in sds of the guide, or so many times the last one if that was longer
HALVINGS = 10  # of a step that is not finite
TRIALS = 30  # of a line search
MEMORY = 20
STEPS = 1000
PROBES = 8  # evaluations spent on finding a unit
KINK, LATE = 1e-3, 5  # nats gained over so many last steps, where no direction rises any more


@dataclass(frozen=True)
class Point:
    """A point seen from an anchor: `slopes` is the gradient in the anchor's whitened coordinates."""

    x: Array
    value: float
    raw: Array
    slopes: Array


class Climb:
    """The objective along with a count of how often it was asked."""

    def __init__(self, problem: Problem):
        self.problem, self.evaluations = problem, 0

    def at(self, anchor: Array, step: Array) -> Point:
        """Evaluates at `step` from an anchor."""
        pull, x = make_vjp(lambda s: self.problem.move(anchor, s))(step)
        value, raw = self.problem.value_and_grad(x, 0)
        self.evaluations += 1
        return Point(x, value, raw, pull(raw))

    def seen_from_itself(self, point: Point) -> Point:
        """The same point with its own whitened coordinates: costs no evaluation."""
        pull, _ = make_vjp(lambda s: self.problem.move(point.x, s))(np.zeros_like(point.x))
        return Point(point.x, point.value, point.raw, pull(point.raw))


def ascent(grad: Array, pairs: deque[tuple[Array, Array]]) -> Array:
    """The two loops: the inverse curvature of the pairs (step, loss of slope), applied to a gradient."""
    direction, weights = grad.copy(), []
    for s, y in reversed(pairs):
        a = (s @ direction) / (s @ y)
        weights.append(a)
        direction -= a * y
    if pairs:
        s, y = pairs[-1]
        direction *= (s @ y) / (y @ y)
    for (s, y), a in zip(pairs, reversed(weights), strict=True):
        direction += (a - (y @ direction) / (s @ y)) * s
    return direction


def search(
    climb: Climb, here: Point, direction: Array, longest: float
) -> tuple[float, Point | None, Array | None]:
    """A weak Wolfe step by bisection: (length, where it leads, last point that was not finite)."""
    slope = here.slopes @ direction
    rounding = 1e-14 * max(1.0, abs(here.value))
    low, high, bad, best = 0.0, np.inf, None, None
    length = min(1.0, longest / np.max(np.abs(direction)))
    halvings = 0
    for _ in range(TRIALS):
        there = climb.at(here.x, length * direction)
        if not finite(there.value, there.raw):
            bad, halvings = there.x, halvings + 1
            high = length
            if halvings > HALVINGS:
                break
        elif there.value < here.value + 1e-4 * length * slope - rounding:
            high = length
        else:
            best = (length, there)
            if there.slopes @ direction <= 0.9 * slope:
                return length, there, None
            low = length
        length = 0.5 * (low + high) if np.isfinite(high) else 2 * length
        if halvings > 3 and low == 0:
            length *= 0.2  # still out of range: ten halvings should span more than three digits
        if high - low <= 1e-3 * low:
            break
    return (best[0], best[1], None) if best else (0.0, None, bad)


def begun(problem: Problem) -> tuple[Climb, Point]:
    """A climb, and its start, which may not be finite."""
    climb = Climb(problem)
    here = climb.at(problem.start, np.zeros_like(problem.start))
    if not finite(here.value, here.raw):
        here = climb.at(problem.start, np.zeros_like(problem.start))  # whatever it was may have passed
    if problem.plain and finite(here.value, here.raw):
        unit = np.ones(len(here.x))
        unit[-problem.plain :] = unit_of(climb, here)
        climb.problem = replace(problem, move=lambda x, step: problem.move(x, unit * step))
        here = climb.seen_from_itself(here)
    return climb, here


def unit_of(climb: Climb, here: Point) -> float:
    """A length for what has units of its own: the one at which its curvature along the slope is 1."""
    slopes = here.raw.copy()
    slopes[: -climb.problem.plain] = 0.0
    steepness = float(np.sqrt(slopes @ slopes))
    length = 1.0
    for _ in range(PROBES if steepness else 0):
        there = climb.at(here.x, length / steepness * slopes)
        bent = abs(here.value + length * steepness - there.value)  # half the curvature, times length²
        if not np.isfinite(bent) or bent > 1e6:
            length /= 1000
        elif bent < 1e-6 * max(1.0, abs(here.value)):
            length *= 1000
        elif bent > 10:
            length /= np.sqrt(bent)
        else:
            return length / float(np.sqrt(2 * bent))
    return 1.0


def nowhere(climb: Climb, here: Point) -> Outcome:
    """The outcome of a run whose start is not finite."""
    return Outcome(here.x, here.value, False, 0, climb.evaluations, (), np.inf, here.x)


def run(problem: Problem) -> Outcome:
    """Climbs until next to nothing is left to gain, or nothing can be."""
    climb, here = begun(problem)
    return ascend(climb, here, [here.value]) if finite(here.value, here.raw) else nowhere(climb, here)


def ascend(climb: Climb, here: Point, history: list[float]) -> Outcome:
    """The climb from a point on, whose way there had these values."""
    problem = climb.problem
    pairs: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    slope, stuck, kinked = np.inf, None, False
    enough_at = None
    limit = problem.steps or STEPS
    step, longest = len(history) - 1, LONGEST
    while step < limit:
        direction = ascent(here.slopes, pairs)
        gain = here.slopes @ direction
        if not gain > 0:
            pairs.clear()
            direction = here.slopes.copy()
            gain = here.slopes @ direction
        # The Newton decrement: twice what a quadratic with this curvature has still to give.
        slope = 0.5 * float(gain) if pairs or gain < TIGHT else np.inf
        if slope < TIGHT:
            break
        if slope < ENOUGH and enough_at is None:
            enough_at = climb.evaluations
        if enough_at is not None and climb.evaluations > enough_at + POLISH:
            break
        length, there, bad = search(climb, here, direction, longest)
        if there is None:
            if pairs:  # the curvature may be stale: once more along the natural gradient
                pairs.clear()
                continue
            stuck = bad
            # At a kink no direction helps, whatever the slope says: then what was gained of late counts.
            kinked = bad is None and len(history) > LATE and history[-1] - history[-1 - LATE] < KINK
            break
        step += 1
        s, y = length * direction, here.slopes - there.slopes
        longest = LONGEST * max(1.0, float(np.max(np.abs(s))))
        if s @ y > 1e-12 * np.sqrt((s @ s) * (y @ y)):
            pairs.append((s, y))
        here = climb.seen_from_itself(there)
        history.append(here.value)
        if not problem.watch(step, here.value, here.x):
            break
    flat = kinked or enough_at is not None or slope < ENOUGH or float(here.slopes @ here.slopes) < ENOUGH
    return Outcome(
        here.x, here.value, bool(flat), step, climb.evaluations, tuple(history), float(slope), stuck
    )


optimizer = Optimizer(run, fixed_draws=True)
