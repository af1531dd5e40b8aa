"""adam: stochastic ascent on fresh draws at every step, the textbook ADVI loop.

The rate starts at 0.1 and needs no tuning: steps are taken in windows, and where the ELBO's trend
over a window is below that trend's own standard error the rate is cut to a quarter and the window
doubled. After three cuts the run ends, with the average of the last window's second half.
Sources: Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1;
Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM J. Control Optim.
30 (1992); windows in the spirit of Welandawe, Andersen, Vehtari & Huggins, A framework for improving
the reliability of black-box variational inference, JMLR 25 (2024).
"""

from __future__ import annotations

import numpy as np

from ppl.optimizers import Array, Optimizer, Outcome, Problem, Stretch, finite, slopes_at

RATE = 0.1
WINDOW = 100
CUTS = 3
STEPS = 50_000
HALVINGS = 10  # of a step that is not finite
DRAWS = 10


class Moments:
    """Adam's running averages of the gradient and its square."""

    def __init__(self, size: int):
        self.first, self.second, self.count = np.zeros(size), np.zeros(size), 0

    def direction(self, grad: Array) -> Array:
        """The step per unit of rate; about 1 in each coordinate whose gradient keeps its sign."""
        self.count += 1
        self.first = 0.9 * self.first + 0.1 * grad
        self.second = 0.999 * self.second + 0.001 * grad**2
        mean = self.first / (1 - 0.9**self.count)
        square = self.second / (1 - 0.999**self.count)
        return mean / (np.sqrt(square) + 1e-8)


def trend(values: Array) -> tuple[float, float]:
    """The rise over a window by least squares, and its standard error."""
    t = np.linspace(-0.5, 0.5, len(values))
    rise = float(t @ values / (t @ t))
    rest = values - values.mean() - rise * t
    return rise, float(np.sqrt(rest @ rest / max(1, len(values) - 2) / (t @ t)))


def run(problem: Problem) -> Outcome:
    """Windows of steps at a falling rate, until the trend is lost in its error."""
    x, moments = problem.start.copy(), Moments(len(problem.start))
    rate, width, cuts, halvings = problem.learning_rate or RATE, WINDOW, 0, 0
    history: list[float] = []
    window: list[float] = []
    late = Stretch.of(len(x))
    limit = problem.steps or STEPS
    step, last, rise, converged, stuck = 0, x, np.inf, False, None
    evaluations = 0
    while step < limit:
        value, grad = problem.value_and_grad(x, evaluations)
        evaluations += 1
        if not finite(value, grad):
            # Undo the step that led here and take a smaller one, on other draws.
            halvings += 1
            if halvings > HALVINGS:
                stuck = x
                break
            x, rate = 0.5 * (x + last), 0.5 * rate
            continue
        halvings = 0
        step += 1
        window.append(value)
        history.append(value)
        if len(window) > width // 2:
            # Gradients in the guide's units are only asked for in the window that may be the last.
            late.add(x, slopes_at(problem, x, grad) if cuts == CUTS else grad)
        if not problem.watch(step, value, x):
            break
        if len(window) == width:
            rise, unsure = trend(np.array(window))
            if rise < unsure:
                if cuts == CUTS:
                    converged = True
                    break
                cuts, rate, width = cuts + 1, rate / 4, width * 2
            window, late = [], Stretch.of(len(x))
        last, x = x, x + rate * moments.direction(grad)
    best = late.mean if late.count else last
    error = late.error(problem.plain) if late.count and cuts == CUTS else None
    value = float(np.mean(history[-width // 2 :])) if history else float("nan")
    return Outcome(best, value, converged, step, evaluations, tuple(history), float(rise), stuck, error)


optimizer = Optimizer(run, fixed_draws=False, draws=DRAWS)
