"""The ladder of `guide auto`: from guide to richer guide, while that pays.

A rung is fitted and measured on fresh draws. The next one is tried where k-hat says that something is missing and
importance weights that there is something to gain; it begins upon the Gaussian below it, and is kept
where its ELBO is higher by more than the error of the difference and than `WORTH`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ppl.fit as fitting
from ppl.evidence.pareto import log_mean_exp, smooth
from ppl.fit import Fit, LogJoint, Rung, made
from ppl.fit.noise import Stream, normal
from ppl.guides import guides

Array = Any
FULLRANK_UP_TO = 200  # unknowns
BENT_UP_TO = 50
WORTH = 0.05  # nats
FINE = 0.5  # k-hat up to which nothing much is missing
DRAWS = 2000
SURE = 2.0  # errors
EQUAL = 1e-5  # nats: weights closer together than this differ by rounding
LEAST = 1e-3  # seconds of a rung


@dataclass(frozen=True)
class Standing:
    """A fit and what fresh draws say of it: `missing` is an estimate of KL(q || posterior) in nats."""

    fit: Fit
    elbo: float
    error: float
    khat: float
    missing: float

    @property
    def rung(self) -> Rung:
        """What is reported of it."""
        return Rung(self.fit.guide, self.elbo, self.error, self.khat)


def climb(log_joint: LogJoint, time_limit: float | None = None, **settings: Any) -> Fit:
    """The fit of the best guide on the ladder; `settings` are those of `ppl.fit.fit`, the guide apart."""
    began = time.perf_counter()

    def left() -> float | None:
        return None if time_limit is None else max(LEAST, time_limit - (time.perf_counter() - began))

    names = rungs(log_joint.layout.size)
    best = standing(log_joint, fitting.fit(log_joint, names[0], time_limit=left(), **settings))
    tried, why = [best], "there is no richer guide for so many unknowns"
    for name in names[1:]:
        stop = enough(best) or ("time was up" if left() == LEAST else None)
        if stop is not None:
            why = stop
            break
        there = standing(
            log_joint, fitting.fit(log_joint, name, time_limit=left(), start=best.fit, **settings)
        )
        tried.append(there)
        gain, error = there.elbo - best.elbo, math.hypot(there.error, best.error)
        if not there.fit.converged or not gain > max(WORTH, SURE * error):
            why = f"{name} gains {gain:.2f} ± {error:.2f} nats, which is not worth it"
            if not there.fit.converged:
                why = f"{name} did not converge"
            break
        best, why = there, "it is the richest on the ladder"
    return whole(best.fit, tried, why, time.perf_counter() - began)


def rungs(size: int) -> list[str]:
    """The guides for so many unknowns, from poor to rich."""
    if size > FULLRANK_UP_TO:
        return ["structured" if "structured" in guides else "meanfield"]
    return ["fullrank", "skewed"] if 0 < size <= BENT_UP_TO else ["fullrank"]


def enough(at: Standing) -> str | None:
    """Why to stay on a rung, if there is a reason."""
    if not at.fit.converged:
        return f"{at.fit.guide} did not converge"
    if at.khat <= FINE:
        return f"k-hat {at.khat:.2f}: nothing much is missing"
    if at.missing <= WORTH:
        return f"there are {at.missing:.3f} nats to gain at most"
    return None


def standing(log_joint: LogJoint, fit: Fit) -> Standing:
    """A fit measured on fresh draws."""
    guide, size = made(fit.guide, log_joint), log_joint.layout.size
    with np.errstate(all="ignore"):
        z = guide.transport(
            fit.params, normal(fit.seed, Stream.ladder, 0, DRAWS if size else 2, guide.noise_size(size))
        )
        log_weights = log_joint(z, fit.learned) - guide.log_prob(fit.params, z)
        if not np.all(np.isfinite(log_weights)):
            return Standing(fit, -math.inf, 0.0, math.inf, math.inf)
        elbo, error = float(np.mean(log_weights)), float(np.std(log_weights) / math.sqrt(len(log_weights)))
        if np.ptp(log_weights) <= EQUAL:
            return Standing(fit, elbo, error, 0.0, 0.0)
        smoothed = smooth(log_weights)
    return Standing(fit, elbo, error, smoothed.khat, log_mean_exp(smoothed.log_weights) - elbo)


def whole(fit: Fit, tried: Sequence[Standing], why: str, seconds: float) -> Fit:
    """The fit with the bill of all rungs."""
    return replace(
        fit,
        steps=sum(at.fit.steps for at in tried),
        gradients=sum(at.fit.gradients for at in tried),
        seconds=seconds,
        rungs=tuple(at.rung for at in tried),
        stopped=why,
    )
