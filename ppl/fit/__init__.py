"""LogJoint -> Fit: a guide is made from the layout and its ELBO is climbed.

`fit` chooses the guide, finds a start, runs the optimizer and checks the draws; the loops
themselves are on the shelf of optimizers. A `Fit` holds numbers and names and no model, so it can
be saved; what is measured on it (evidence, verdict) is measured elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ppl.diagnostic import Diagnostic
from ppl.fit.family import OWN, made, resolved, with_own
from ppl.fit.goal import aimed
from ppl.fit.newton import by_newton, parts
from ppl.fit.peak import at_peak
from ppl.fit.run import Run, Start
from ppl.fit.target import Array, LogJoint
from ppl.fit.trouble import StartError, needs_fresh_draws, not_for_own, unknown_name
from ppl.guides import Guide
from ppl.optimizers import Optimizer, optimizers

__all__ = ["Fit", "LogJoint", "Mode", "Progress", "Rung", "Start", "StartError", "fit", "made"]

MANY = 1000  # learned values, from where on fresh draws fit them beside a guide of the shelf
T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """What a watcher is told after each step."""

    step: int
    elbo: float
    seconds: float


@dataclass(frozen=True)
class Rung:
    """A guide that was tried, and its ELBO on fresh draws with its error and k-hat."""

    guide: str
    elbo: float
    elbo_error: float
    khat: float


@dataclass(frozen=True)
class Mode:
    """A mode that scattered starts led to: its share of the posterior, as far as they know, and its Gaussian's ELBO."""

    share: float
    elbo: float


@dataclass(frozen=True)
class Fit:
    """A guide fitted to a log joint.

    `params` are the guide's numbers and `w` the model's learned point values, unconstrained.
    `gradients` counts gradients of the log joint, one per draw; `draws` is 0 where none were needed. `mean_error`
    (in sds) and `log_sd_error` (D,) are Monte Carlo errors of the guide's moments in z, `gap` the ELBO on the
    optimised draws minus that on others (nan where it wasn't measured; after fresh draws, what it would be with as
    much noise from fixed ones). `diagnosis` says what
    went wrong, if anything did, and `suspect` the term it happened in. `rungs` are the guides that were
    tried, in order, and `stopped` says why no more were, where the guide was not given. `modes` are those found
    from so many scattered `starts`, the heaviest first.
    """

    guide: str
    objective: str
    optimizer: str
    seed: int
    draws: int
    params: Array
    w: Array
    converged: bool
    steps: int
    gradients: int
    seconds: float
    history: Array
    mean_error: Array
    log_sd_error: Array
    gap: float
    diagnosis: Diagnostic | None = None
    suspect: str | None = None
    rungs: tuple[Rung, ...] = ()
    stopped: str = ""
    modes: tuple[Mode, ...] = ()
    starts: int = 1

    @property
    def learned(self) -> Array | None:
        """`w` as a log joint takes it: None for a model without params."""
        return self.w if len(self.w) else None


def fit(
    log_joint: LogJoint,
    guide: str = "auto",
    objective: str = "elbo",
    optimizer: str = "auto",
    seed: int = 0,
    draws: int | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], bool | None] | None = None,
    start: Start | None = None,
) -> Fit:
    """Fits a guide to a log joint, from `start` if one is given and the guide can begin there.

    After `time_limit` seconds, or as soon as `progress` answers False, the fit ends with what it has.
    """
    # On two threads BLAS adds in another order, and the last bits would depend on the machine.
    from threadpoolctl import threadpool_limits

    began = time.perf_counter()
    guide = resolved(guide, log_joint.layout)
    # A guide of the program's own has its numbers in w, of which there may be thousands: fresh draws fit them.
    is_own = guide == OWN or (with_own(guide) and len(log_joint.start_params) > MANY)
    is_straight = is_newtons(log_joint, guide, objective, optimizer, draws, steps, learning_rate)
    goal = aimed(objective)
    if optimizer == "auto":
        optimizer = "adam" if is_own else "lbfgs" if goal.fixed_draws else "dog"
    if is_own and learning_rate is None:
        learning_rate = 0.01  # weights of nets want smaller steps than locations and log scales
    family: Guide = made(guide, log_joint)
    climber: Optimizer = _taken(optimizers, optimizer, "optimizer")
    if with_own(guide) and not goal.through_draws:
        raise not_for_own(objective)
    if climber.fixed_draws and not goal.fixed_draws:
        raise needs_fresh_draws(objective, optimizer)

    def watch(step: int, elbo: float) -> bool:
        seconds = time.perf_counter() - began
        if progress is not None and progress(Progress(step, elbo, seconds)) is False:
            return False
        return time_limit is None or seconds < time_limit

    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        if is_straight and (ascent := by_newton(log_joint, watch)) is not None:
            exact = np.zeros(log_joint.layout.size)
            return Fit(
                guide,
                objective,
                "newton",
                seed,
                0,
                ascent.params,
                np.zeros(0),
                ascent.converged,
                len(ascent.history),
                ascent.gradients,
                time.perf_counter() - began,
                np.array(ascent.history),
                exact,
                exact,
                0.0,
            )
        run = Run(log_joint, family, goal, climber, seed, watch, steps, learning_rate)
        x = None if start is None else run.begun(start)
        if family.peaked is not None:
            result = at_peak(run)
        else:
            result = run.fixed(draws, x) if climber.fixed_draws else run.fresh(draws)
    params, w = run.joined(result.x).split(result.x)
    return Fit(
        guide,
        objective,
        optimizer,
        seed,
        result.draws,
        params,
        np.zeros(0) if w is None else w,
        result.converged,
        run.steps,
        run.gradients,
        time.perf_counter() - began,
        np.array(run.history),
        result.spread.mean,
        result.spread.log_sd,
        result.spread.gap,
        result.diagnosis,
        result.suspect,
    )


def is_newtons(
    log_joint: LogJoint,
    guide: str,
    objective: str = "elbo",
    optimizer: str = "auto",
    draws: int | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
) -> bool:
    """Whether a fit needs no draws: a Gaussian guide for a log joint with linear predictors, left to `auto`."""
    is_left = optimizer == "auto" and draws is None and steps is None and learning_rate is None
    return guide == "fullrank" and objective == "elbo" and is_left and parts(log_joint) is not None


def _taken(shelf: Mapping[str, T], name: str, kind: str) -> T:
    if name in shelf:
        return shelf[name]
    raise unknown_name(kind, name, list(shelf))
