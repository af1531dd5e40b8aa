"""dog: stochastic ascent on fresh draws without a learning rate, in the units of the guide where it stands.

Distance over gradients: the length of a step is the longest way from the start so far, divided by the root of the
sum of all squared gradients so far. It grows fast while steps agree, and shrinks as noise adds up. Gradients are
natural ones (`move`), so that far and near, wide and narrow mean the same on any scale of the model, and those
that are huge count as ten times what noise does near the optimum. What the model itself learns has
a length of its own.
The result is the mean over the second half of all steps, whose gradients also give its error. Whenever the number of
steps has doubled, the run ends if neither that error nor what the mean gradient still promises is worth
three hundredths of a nat.
Sources: Ivgi, Hinder & Carmon, DoG is SGD's best friend: a parameter-free dynamic step size schedule, ICML 2023
(equation 1; by layer, section 4.1); Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM J.
Control Optim. 30 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ppl.optimizers import Array, Optimizer, Outcome, Problem, Stretch, finite, slopes_at

FIRST = 0.1  # the way that the first step goes, in the guide's units
PLAIN = 1e-3  # ... and in what has units of its own, of its size at the start
HUGE = 3.0  # the root mean square of a gradient; with ten draws noise alone has a third near the posterior
LONGEST = 1.0  # of a step, in any coordinate: sds of the guide, or nats of log scale
SHORTEST = 100  # steps in a quarter of them at the first look
ENOUGH = 0.03  # nats
SURE = 0.05  # sds, or nats of log scale, of error in any coordinate, where the curvature is 1
HALVINGS = 10  # of a step that is not finite
STEPS = 50_000
DRAWS = 10


@dataclass
class Pace:
    """The length of steps in one block of coordinates."""

    way: Array
    furthest: float
    squares: float = 0.0

    def step(self, slopes: Array, longest: float) -> Array:
        """The step along a gradient; the gradient counts from then on."""
        self.squares += float(slopes @ slopes)
        step = self.furthest / np.sqrt(self.squares) * slopes if self.squares else slopes
        step = step / max(1.0, np.max(np.abs(step), initial=0.0) / longest)
        self.way = self.way + step
        self.furthest = max(self.furthest, float(np.sqrt(self.way @ self.way)))
        return np.asarray(step)


def promised(early: Stretch, late: Stretch, free: int) -> float:
    """What is still to be gained, in nats, after two stretches of as many steps."""
    # Near the posterior the curvature in the guide's units is 1, and half a squared gradient is to be gained. What has
    # units of its own gains what going on as far as from the one mean to the other would.
    before, after = early.slopes / early.count, late.slopes / late.count
    further = late.mean[free:] - early.mean[free:]
    return 0.5 * float(before[:free] @ after[:free]) + float(further @ after[free:])


def run(problem: Problem) -> Outcome:
    """Steps until the mean over their second half is good enough."""
    x, n = problem.start.copy(), len(problem.start)
    free = n - problem.plain
    size = 1 + float(np.sqrt(x[free:] @ x[free:]))
    paces = Pace(np.zeros(free), FIRST), Pace(np.zeros(n - free), PLAIN * size)
    history: list[float] = []
    now = Stretch.of(n)
    done: list[Stretch] = []
    length, limit = SHORTEST, problem.steps or STEPS
    last, evaluations, halvings, slope, converged, stuck = x, 0, 0, np.inf, False, None
    while len(history) < limit:
        value, grad = problem.value_and_grad(x, evaluations)
        evaluations += 1
        if not finite(value, grad):
            # Half of the step that led here, on other draws, and shorter ones from now on.
            halvings += 1
            if halvings > HALVINGS:
                stuck = x
                break
            x = 0.5 * (x + last)
            for pace in paces:
                pace.squares *= 4
            continue
        halvings = 0
        history.append(value)
        slopes = slopes_at(problem, x, grad)
        now.add(x, slopes)
        if not problem.watch(len(history), value, x):
            break
        if now.count == length:
            done, now = [*done, now], Stretch.of(n)
            if len(done) == 4:
                # Both in nats of the objective: half its curvature times a squared distance.
                slope = problem.curvature * promised(done[2], done[3], free)
                error = np.sqrt(problem.curvature) * (done[2] + done[3]).error(problem.plain)
                if max(slope, 0.5 * float(error @ error)) < ENOUGH and np.max(error, initial=0.0) < SURE:
                    converged = True
                    break
                done, length = [done[0] + done[1], done[2] + done[3]], 2 * length
        slopes[:free] /= max(1.0, np.sqrt(slopes[:free] @ slopes[:free] / max(1, free)) / HUGE)
        step = np.concatenate([paces[0].step(slopes[:free], LONGEST), paces[1].step(slopes[free:], np.inf)])
        last, x = x, problem.move(x, step)
    late = sum([*done, *([now] if now.count else [])][-2:], Stretch.of(n))
    if not late.count:
        return Outcome(last, float("nan"), False, 0, evaluations, (), slope, stuck)
    value = float(np.mean(history[-late.count :]))
    return Outcome(
        late.mean,
        value,
        converged,
        len(history),
        evaluations,
        tuple(history),
        slope,
        stuck,
        late.error(problem.plain),
    )


optimizer = Optimizer(run, fixed_draws=False, draws=DRAWS, rough=True)
