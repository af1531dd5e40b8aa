"""One run of a fit: the objective at hand, the start, the optimizer, and the check of its draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad

from ppl.diagnostic import Diagnostic
from ppl.fit.adequacy import Spread, next_size, spread
from ppl.fit.noise import Stream, always, mirrored, normal
from ppl.fit.start import at_one_mode, first_finite
from ppl.fit.target import Array, Joined, LogJoint, culprit
from ppl.fit.trouble import no_end, not_finite, too_few_draws, uneven_draws
from ppl.guides import Guide, guides
from ppl.objectives import Objective, Value, objectives
from ppl.optimizers import Optimizer, Outcome, Problem, finite, optimizers

ROUGH_STEPS, ROUGH_DRAWS = 15, 16
ALIKE = 32  # guides drawn about the one that a stochastic run ended with
ELBO = objectives["elbo"]
HALVINGS = 10
ENDLESS = 1e30  # an sd in unconstrained space that no proper posterior has


@dataclass(frozen=True)
class Start:
    """Where a fit may begin: Gaussians (mean (D,), lower triangular factor (D, D)) with their log masses, and w."""

    gaussians: Sequence[tuple[Array, Array]]
    log_masses: Sequence[float] = (0.0,)
    w: Array | None = None


@dataclass(frozen=True)
class Result:
    """Where a run ended: x = [guide params, w], and what is to be said of it."""

    x: Array
    draws: int
    converged: bool
    spread: Spread
    diagnosis: Diagnostic | None
    suspect: str | None


@dataclass
class Run:
    """A log joint, a guide, an objective and an optimizer, and the bill so far."""

    log_joint: LogJoint
    guide: Guide
    objective: Objective
    optimizer: Optimizer
    seed: int
    watch: Callable[[int, float], bool]
    most_steps: int | None = None
    learning_rate: float | None = None
    steps: int = 0
    gradients: int = 0
    in_time: bool = True
    endless: str | None = None
    history: list[float] = field(default_factory=list)

    @property
    def size(self) -> int:
        """D."""
        return self.log_joint.layout.size

    @property
    def noise_size(self) -> int:
        """How many columns of noise the guide takes."""
        return self.guide.noise_size(self.size)

    def joined(self, x: Array) -> Joined:
        """How x is made up: the guide's params first."""
        return Joined(self.log_joint, len(x) - len(self.log_joint.start_params))

    def start(self, guide: Guide, mean: Array, sd: Array, w: Array | None = None) -> Array:
        """x for a guide near an independent Gaussian."""
        w = np.asarray(self.log_joint.start_params, float).ravel() if w is None else w
        return np.concatenate([np.asarray(guide.init(self.log_joint.layout, mean, sd)), w])

    def goal(self, guide: Guide, noise: Array, value: Value | None = None) -> Callable[[Array], Array]:
        """The objective on these draws, or another value, as a function of x."""
        value = value or self.objective.value

        def of(x: Array) -> Array:
            joined = self.joined(x)
            params, w = joined.split(x)
            return value(guide, params, joined.density(w), noise)

        return of

    def value_and_grad(
        self, guide: Guide, noise: Array, x: Array, value: Value | None = None
    ) -> tuple[float, Array]:
        """The objective, or another value, and its gradient, by one pass of autograd."""
        self.gradients += len(noise)
        found, grad = value_and_grad(self.goal(guide, noise, value))(x)
        return float(found), grad

    def climb(
        self,
        guide: Guide,
        start: Array,
        noise_at: Callable[[int], Array],
        steps: int | None,
        value: Value | None = None,
        optimizer: Optimizer | None = None,
        curvature: float = 1.0,
    ) -> Outcome:
        """The optimizer's run, or another's, on the draws that `noise_at(step)` gives."""

        def ask(x: Array, step: int) -> tuple[float, Array]:
            return self.value_and_grad(guide, noise_at(step), x, value)

        def move(x: Array, step: Array) -> Array:
            k = self.joined(x).guide_size
            moved = guide.move(x[:k], step[:k])
            return anp.concatenate([moved, x[k:] + step[k:]]) if len(x) > k else moved

        def watch(step: int, value: float, x: Array) -> bool:
            self.in_time = self.watch(self.steps + step, value)
            sd = guide.moments(self.joined(x).split(x)[0])[1]
            if np.max(sd, initial=0.0) > ENDLESS:
                column = int(np.argmax(sd))
                self.endless = next(s.name for s in self.log_joint.layout if column < s.stop)
            return self.in_time and self.endless is None

        plain = len(start) - self.joined(start).guide_size
        problem = Problem(start, ask, move, watch, steps, self.learning_rate, plain, curvature)
        out = (optimizer or self.optimizer).run(problem)
        self.steps += out.steps
        self.history += out.history
        return out

    def first(self, guide: Guide, noise: Array) -> Array:
        """A start at which the ELBO on these draws and its gradient are finite."""

        def works(mean: Array, sd: Array) -> bool:
            return finite(*self.value_and_grad(guide, noise, self.start(guide, mean, sd), ELBO.value))

        return self.start(guide, *first_finite(self.log_joint, self.seed, works))

    def inside(self, x: Array, noise: Array) -> Array:
        """x, or a narrower guide about the same place if the objective is not finite on these draws."""
        params, w = self.joined(x).split(x)
        mean, sd = self.guide.moments(params)
        for halving in range(HALVINGS):
            if np.isfinite(self.goal(self.guide, noise)(x)):
                break
            x = self.start(self.guide, mean, sd * 0.5 ** (halving + 1), w)
        return x

    def begun(self, start: Start) -> Array:
        """x at some Gaussians, or near the first of them where the guide holds less."""
        gaussians, w = start.gaussians, start.w
        if self.guide.gathered is not None and len(gaussians) > 1:
            params = self.guide.gathered(start.log_masses, gaussians)
        elif self.guide.upon is not None:
            params = self.guide.upon(*gaussians[0])
        else:
            mean, C = gaussians[0]
            params = self.guide.init(self.log_joint.layout, mean, np.sqrt(np.sum(C**2, axis=1)))
        w = np.asarray(self.log_joint.start_params, float) if w is None else w
        return np.concatenate([np.asarray(params), w])

    def fixed(self, draws: int | None, x: Array | None = None) -> Result:
        """On fixed draws from x, more of them until two independent sets of them agree."""
        least = self.guide.least_draws(self.size)
        if draws is not None and draws < least:
            raise too_few_draws(draws, least)
        S = draws or self.guide.fixed_draws(self.size)
        S += S % 2
        number = 0
        if x is None:
            x = self.rough(S)
        while True:
            sets = [self.fixed_noise(number + i, S) for i in (0, 1)]
            number += 2
            ends: list[Outcome] = []
            for noise in sets:
                ends.append(self.climb(self.guide, self.inside(x, noise), always(noise), self.most_steps))
                x = ends[-1].x
                if not ends[-1].converged:
                    return self.ended(ends, S, None)
            apart = self.compare(ends, sets)
            grown = None if apart.small or draws else next_size(S, self.size)
            if grown is None:
                return self.ended(ends, S, apart)
            S = grown

    def in_groups(self, draws: int) -> int:
        """So many draws, or the next more that are whole groups of the objective's."""
        return -(-draws // self.objective.group) * self.objective.group

    def fixed_noise(self, number: int, draws: int) -> Array:
        """A set of fixed draws for the guide."""
        return mirrored(self.seed, Stream.fixed, number, draws, self.noise_size, self.guide.regular)

    def rough(self, draws: int) -> Array:
        """A start, improved by a few steps of mean-field: richer guides find their scales from there."""
        meanfield = guides["meanfield"]
        if self.guide is meanfield:
            return self.first(meanfield, mirrored(self.seed, Stream.fixed, 0, draws, self.size))
        return self.near()

    def near(self) -> Array:
        """The guide at that mean-field, as wide as the objective wants it: at one mode, or over all that is there."""
        meanfield = guides["meanfield"]
        params, w = self.joined(x := self.sketched()).split(x)
        mean, sd = meanfield.moments(params)
        if self.objective.widening > 1:
            return self.start(self.guide, mean, self.objective.widening * sd, w)
        # Not the draws that were climbed on, and in whole groups.
        draws = self.in_groups(ROUGH_DRAWS)
        noise = mirrored(self.seed, Stream.starts, 1, draws + draws % 2, self.size)[:draws]
        goal = self.goal(meanfield, noise)

        def worth(mean: Array, sd: Array) -> float:
            return float(goal(self.start(meanfield, mean, sd, w)))

        mean, sd = at_one_mode(mean, sd, noise, self.joined(x).density(w), worth)
        return self.start(self.guide, mean, sd, w)

    def sketched(self) -> Array:
        """x of mean-field after a few steps on the ELBO."""
        meanfield, noise = guides["meanfield"], mirrored(self.seed, Stream.starts, 0, ROUGH_DRAWS, self.size)
        x = self.first(meanfield, noise)
        return self.climb(meanfield, x, always(noise), ROUGH_STEPS, ELBO.value, optimizers["natural"]).x

    def compare(self, ends: list[Outcome], sets: list[Array]) -> Spread:
        """How far apart the optima on two sets are."""
        away = [float(self.goal(self.guide, sets[1 - i])(ends[i].x)) for i in (0, 1)]
        # Each set's own optimum against the other's, on that set.
        gap = 0.5 * (ends[0].value - away[1] + ends[1].value - away[0])
        one, other = (self.guide.moments(self.joined(end.x).split(end.x)[0]) for end in ends)
        return spread(one, other, gap)

    def fresh(self, draws: int | None) -> Result:
        """On fresh draws at each step: the textbook loop."""
        group = self.objective.group
        if draws and draws % group:
            raise uneven_draws(draws, group)
        S = self.in_groups(draws or max(self.optimizer.draws or 1, self.objective.draws))
        if (self.optimizer.rough or self.objective.widening > 1) and not self.guide.is_single:
            x = self.near()
        else:
            x = self.first(self.guide, mirrored(self.seed, Stream.starts, 0, ROUGH_DRAWS, self.noise_size))
        out = self.climb(
            self.guide,
            x,
            lambda step: normal(self.seed, Stream.steps, step, S, self.noise_size),
            self.most_steps,
            self.objective.surrogate,
            curvature=self.objective.curvature(S),
        )
        return self.ended([out], S, None if out.error is None else self.noise_of(out))

    def noise_of(self, out: Outcome) -> Spread:
        """What the error of a stochastic run means for the guide's moments, by drawing guides as good as its own."""
        k = self.joined(out.x).guide_size
        params, error = out.x[:k], np.asarray(out.error)[:k]
        sd = self.guide.moments(params)[1]
        steps = error * normal(self.seed, Stream.steps, out.evaluations, ALIKE, k)
        alike = [self.guide.moments(self.guide.move(params, step)) for step in steps]
        means, log_sds = np.array([m for m, _ in alike]), np.log([s for _, s in alike])
        # Half a squared error is lost; of two fits on fixed draws the gap is four times what their mean loses.
        return Spread(np.std(means, axis=0) / sd, np.std(log_sds, axis=0), 2 * float(error @ error))

    def ended(self, ends: list[Outcome], draws: int, apart: Spread | None) -> Result:
        """The result of the last run, or of the last two if they were compared."""
        last, unknown = ends[-1], np.full(self.size, np.nan)
        converged = all(end.converged for end in ends) and last.stuck is None
        if apart is not None and len(ends) == 2:
            if not self.guide.is_unique:
                return Result(last.x, draws, converged, apart, None, None)
            # Either optimum is as good as the other; between them the errors partly cancel.
            x, apart = 0.5 * (ends[0].x + ends[1].x), Spread(0.5 * apart.mean, 0.5 * apart.log_sd, apart.gap)
            return Result(x, draws, converged, apart, None, None)
        diagnosis, suspect = (None, None) if last.stuck is None else self.blame(last.stuck)
        if self.endless is not None:
            diagnosis, suspect, converged = no_end(self.endless), self.endless, False
        apart = apart or Spread(unknown, unknown, np.nan)
        return Result(last.x, draws, converged, apart, diagnosis, suspect)

    def blame(self, x: Array) -> tuple[Diagnostic, str | None]:
        """What was not finite at x."""
        params, w = self.joined(x).split(x)
        z = self.guide.transport(params, normal(self.seed, Stream.starts, 0, 64, self.noise_size))
        term = culprit(self.log_joint, z, w)
        return not_finite(term, self.steps), term
