"""Which coordinates a fit is made in, where the log joint leaves a choice: found by rough mean-field fits before it.

From standardised and from centred latents, whichever has the higher ELBO, what the data say of each element moves it
towards where they say that it belongs; after a few rounds it stays, and is taken if it gains more than a little.
Paths and vectors have one number each, which goes up or down while the ELBO gains. A climb over all of these numbers
together with the guide's was tried: it needs ten times the gradients, and ends at worse optima, where some elements
are centred only because others are not. The ELBOs that decide are those on other draws than were climbed on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from ppl.fit.noise import Stream, always, mirrored
from ppl.fit.run import Run, Start
from ppl.fit.target import Array, LogJoint
from ppl.fit.trouble import StartError
from ppl.guides import guides
from ppl.objectives import objectives
from ppl.optimizers import optimizers

STEPS, DRAWS, JUDGES, MOMENTS = 15, 32, 128, 128
ROUNDS = 12
SAME = 0.05  # of numbers between 0 and 1: no need for another round
MORE = 0.1  # nats gained by a climb that was not at its end
RESTLESS = 1.0  # nats between one climb and the next
PLAIN = 0.2  # nats: what is gained by less with a mean-field guide, a richer one has without that
NEAR = 0.5  # nats: a mean-field guide pays for dependences that a richer one holds, whatever the coordinates


J = TypeVar("J", bound="Open")


class Choices(Protocol[J]):
    """Choices of coordinates; each is the log joint in others."""

    def starts(self, is_sparse: bool) -> Sequence[J]:
        """Those to begin with."""

    def informed(self, z: Array, w: Array | None) -> J:
        """What the data ask for, seen from draws z of a mean-field guide."""

    def neighbours(self, z: Array, w: Array | None, is_sparse: bool) -> Mapping[Hashable, J]:
        """One of the numbers that are searched for moved a step, by what it is then; and the log joint as it is."""

    def measured(self, z: Array, w: Array | None) -> J:
        """The same choice, in units that are those of the draws."""

    def pinned(self) -> J:
        """What is not to be chosen, at its place."""

    def moved(self, z: Array, w: Array | None, to: J) -> Array:
        """The values of z in other coordinates."""

    def change(self, to: J) -> float:
        """How far other coordinates are."""


class Open(LogJoint, Protocol):
    """A log joint that leaves a choice of coordinates."""

    @property
    def choices(self) -> Choices[Self] | None:
        """The choices, if there are any."""


@dataclass(frozen=True)
class Settled(Generic[J]):
    """A log joint in its coordinates, a Gaussian near its posterior there, and what it cost to find them."""

    log_joint: J
    start: Start | None = None
    steps: int = 0
    gradients: int = 0


@dataclass(frozen=True)
class Place(Generic[J]):
    """A mean-field guide in some coordinates, x = [params, w], and its ELBO on the judging draws."""

    log_joint: J
    x: Array
    value: float


class Settling(Generic[J]):
    """A log joint climbed by mean-field guides in one choice of coordinates after another, and the bill."""

    def __init__(self, seed: int, size: int, watch: Callable[[int, float], bool], is_sparse: bool):
        self.seed, self.watch, self.is_sparse = seed, watch, is_sparse
        self.guide, self.steps, self.gradients, self.in_time = guides["meanfield"], 0, 0, True
        self.noise, self.judges, self.moments = (
            mirrored(seed, Stream.starts, number, draws, size)
            for number, draws in enumerate((DRAWS, JUDGES, MOMENTS))
        )

    def run(self, log_joint: J) -> Run:
        """A run of mean-field guides."""
        return Run(log_joint, self.guide, objectives["elbo"], optimizers["lbfgs"], self.seed, self.watch)

    def climbed(self, run: Run, log_joint: J, x: Array) -> Place[J]:
        """Where a short climb leads."""
        end = run.climb(self.guide, run.inside(x, self.noise), always(self.noise), STEPS).x
        value = float(run.goal(self.guide, self.judges)(end))
        self.steps += run.steps
        self.gradients += run.gradients
        self.in_time &= run.in_time
        return Place(log_joint, end, value if np.isfinite(value) and run.endless is None else -np.inf)

    def first(self, choices: Choices[J]) -> Place[J]:
        """The better of the starts; raises a StartError where none is finite."""
        found, error = [], None
        for start in choices.starts(self.is_sparse):
            run = self.run(start)
            try:
                found.append(self.climbed(run, start, run.first(self.guide, self.noise)))
            except StartError as this:
                error = this
        if error is not None and not found:
            raise error
        return max(found, key=lambda place: place.value)

    def drawn(self, here: Place[J]) -> tuple[Choices[J], Array, Array | None]:
        """The choices that there are, draws z of the guide, and w."""
        params, w = self.run(here.log_joint).joined(here.x).split(here.x)
        assert here.log_joint.choices is not None
        return here.log_joint.choices, self.guide.transport(params, self.moments), w

    def moved(self, here: Place[J], to: J) -> Place[J]:
        """The guide taken to other coordinates, and climbed there."""
        choices, z, w = self.drawn(here)
        z, run = choices.moved(z, w, to), self.run(to)
        return self.climbed(run, to, run.start(self.guide, np.mean(z, axis=0), np.std(z, axis=0), w))

    def measured(self, here: Place[J]) -> Place[J]:
        """The same coordinates in units that are those of the guide, if that is better."""
        choices, z, w = self.drawn(here)
        to = choices.measured(z, w)
        return here if choices.change(to) < SAME else max(here, self.moved(here, to), key=lambda p: p.value)

    def pinned(self, here: Place[J]) -> Place[J]:
        """What is not to be chosen, put in its place."""
        choices = self.drawn(here)[0]
        to = choices.pinned()
        return here if choices.change(to) == 0 else self.measured(self.moved(here, to))

    def informed(self, here: Place[J], loss: float) -> Place[J]:
        """What the data ask for, in rounds that may lose some of the highest ELBO."""
        best, gained = here.value, np.inf
        for _ in range(ROUNDS):
            choices, z, w = self.drawn(here)
            to = choices.informed(z, w)
            if not self.in_time or (choices.change(to) < SAME and gained < MORE):
                break
            there = self.moved(here, to)
            if not there.value > best - loss:
                break
            gained, here, best = there.value - here.value, there, max(best, there.value)
        return here

    def searched(self, here: Place[J]) -> Place[J]:
        """The numbers that are searched for, one after another, to where the ELBO gains no more."""
        tried: set[Hashable] = set()
        while self.in_time:
            choices, z, w = self.drawn(here)
            steps = choices.neighbours(z, w, self.is_sparse)
            tried |= {key for key, to in steps.items() if to is here.log_joint}
            near = [self.measured(self.moved(here, to)) for key, to in steps.items() if key not in tried]
            tried |= set(steps)
            best = max(near, key=lambda place: place.value, default=here)
            if not best.value > here.value + MORE:
                break
            here = best
        return here


def settled(
    log_joint: J,
    seed: int = 0,
    watch: Callable[[int, float], bool] = lambda _step, _elbo: True,
    is_rich: bool = True,
    is_sparse: bool = False,
) -> Settled[J]:
    """A log joint in coordinates that suit it.

    A guide that `is_rich` holds more than a mean-field one; one that `is_sparse` follows what meets in the log joint.
    """
    from threadpoolctl import threadpool_limits

    if log_joint.choices is None:
        return Settled(log_joint)
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        settling: Settling[J] = Settling(seed, log_joint.layout.size, watch, is_sparse)
        here = settling.first(log_joint.choices)
        if not np.isfinite(
            here.value
        ):  # no rough fit came to anything: what is wrong, the fit proper will say
            return Settled(here.log_joint, None, settling.steps, settling.gradients)
        there = settling.informed(here, NEAR if is_rich else 0.0)
        if there.value > here.value + (PLAIN if is_rich else 0.0):
            here = there
        here = settling.pinned(settling.searched(here))
        run = settling.run(here.log_joint)
        there = settling.climbed(run, here.log_joint, here.x)
        params, w = run.joined(there.x).split(there.x)
        mean, sd = settling.guide.moments(params)
    # Where there is still much to gain the guide may be on its way to nowhere: better to begin anew.
    start = Start([(mean, np.diag(sd))], w=w) if abs(there.value - here.value) < RESTLESS else None
    return Settled(here.log_joint, start, settling.steps, settling.gradients)
