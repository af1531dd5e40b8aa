"""The peak of a log joint, and how it is curved there: where guides stand that are not found by their ELBO."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ppl.fit.adequacy import Spread
from ppl.fit.run import Result, Run
from ppl.fit.target import Array, LogJoint, slopes
from ppl.fit.trouble import bad_guide, no_peak
from ppl.guides import guides
from ppl.objectives import objectives
from ppl.optimizers import Problem

STENCIL = ((1.0, 2 / 3), (2.0, -1 / 12))  # fourth-order central differences: (steps, weight)
STEP = 0.02  # of a difference, in sds: its error is that to the fourth power
PASSES = 2  # the first finds the sds that the second steps by
ROWS = 64  # gradients at a time
FLAT = 1e-8  # of a curvature, in units of the rough sds
ENDLESS = "it grows without end along it"
LONG, FAR = 100, 30.0  # after so many steps, and so many rough sds away, there is no peak to be expected


def at_peak(run: Run) -> Result:
    """The guide of a run at the mode of the log joint, learned values included; raises `PplError` if there is none."""
    if run.objective is not objectives["elbo"]:
        raise bad_guide(
            "this guide stands at the peak of the log joint, whatever the objective", "leave --objective out"
        )
    meanfield, point = guides["meanfield"], guides["delta"]
    params, w = run.joined(rough := run.sketched()).split(rough)
    if run.endless is not None:
        raise no_peak(run.endless, ENDLESS)
    start, sd = meanfield.moments(params)
    D = run.size

    def ask(x: Array, _step: int) -> tuple[float, Array]:
        return run.value_and_grad(point, np.zeros((1, D)), x)

    def move(x: Array, step: Array) -> Array:
        # In the rough sds: the log joint's own units may be anything.
        return x + step * np.append(sd, np.ones(len(x) - D))

    def away(x: Array) -> Array:
        return np.abs(x[:D] - start) / sd

    def watch(step: int, value: float, x: Array) -> bool:
        return run.watch(run.steps + step, value) and (step < LONG or bool(np.all(away(x) < FAR)))

    x = run.start(point, start, sd, w)
    out = run.optimizer.run(Problem(x, ask, move, watch, run.most_steps, run.learning_rate))
    run.steps += out.steps
    run.history += out.history
    mode, w = run.joined(out.x).split(out.x)
    if not out.converged and np.any(away(mode) > FAR):
        raise no_peak(_latent(run, int(np.argmax(away(mode)))), ENDLESS)
    curved = None
    if not run.guide.is_point:
        curved = precision(run, mode, w, sd)
        mode = mode + np.linalg.solve(curved, slopes(run.log_joint, mode[None], w)[0])  # Newton's last step
    assert run.guide.peaked is not None
    x = np.concatenate([run.guide.peaked(mode, curved), np.zeros(0) if w is None else w])
    unknown = np.full(D, np.nan)
    return replace(run.ended([out], 1, None), x=x, spread=Spread(unknown, unknown, np.nan))


def precision(run: Run, mode: Array, w: Array | None, sd: Array) -> Array:
    """Minus the Hessian (D, D) of the log joint at a mode; raises `PplError` where it isn't positive definite."""
    for _ in range(PASSES):
        found = curvature(run.log_joint, mode, w, STEP * sd)
        run.gradients += 2 * len(STENCIL) * run.size
        scaled = found * np.outer(sd, sd)
        values, vectors = np.linalg.eigh(scaled)
        if not np.min(values, initial=np.inf) > FLAT:
            flattest = int(np.argmax(np.abs(vectors[:, np.argmin(values)])))
            raise no_peak(_latent(run, flattest), "at its highest point it is not curved downwards along it")
        sd = 1 / np.sqrt(np.diag(found))
    return found


def curvature(log_joint: LogJoint, mode: Array, w: Array | None, steps: Array) -> Array:
    """Minus the Hessian by differences of gradients, `steps` (D,) apart."""
    D = len(mode)
    found = np.zeros((D, D))
    for first in range(0, D, ROWS):
        columns = np.arange(first, min(D, first + ROWS))
        offsets = np.zeros((len(columns), D))
        offsets[np.arange(len(columns)), columns] = steps[columns]
        for reach, weight in STENCIL:
            there, back = (slopes(log_joint, mode + way * reach * offsets, w) for way in (1, -1))
            found[columns] -= weight * (there - back)
    found /= steps[:, None]
    return 0.5 * (found + found.T)


def _latent(run: Run, column: int) -> str:
    return next(slot.name for slot in run.log_joint.layout if column < slot.stop)
