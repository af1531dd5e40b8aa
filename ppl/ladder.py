"""The ladder of `guide auto`: from guide to richer guide, while that pays, from wherever the posterior has modes.

Scattered starts say where modes may be; each that counts gets a Gaussian of its own. From the highest, a rung is
fitted and measured on fresh draws. The next one is tried where k-hat says that something is missing and importance
weights that there is something to gain; it begins upon the Gaussians below it, and is kept
where its ELBO is higher by more than the error of the difference, on the same noise.
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
from ppl.fit import Fit, LogJoint, Mode, Rung, Start, made
from ppl.fit.explore import APART, STARTS, End, explore
from ppl.fit.noise import Stream, normal

Array = Any
FULLRANK_UP_TO = 200  # unknowns
BENT_UP_TO = 50
EXPLORED_UP_TO = 500
LINKED_UP_TO = 5000
NUMBERS = 100_000  # of a structured guide
WORTH = 0.05  # nats to be gained, for which a rung is tried
KEPT = 0.01  # nats gained, for which one that was tried is kept
FINE = 0.3  # k-hat up to which nothing much is missing; it is known to a tenth or two, and may not decide by chance
DRAWS = 2000
FEW, BATCHES = 500, 50  # where there is very much data, as many draws as these batches of the log joint hold
SURE = 2.0  # errors
LEAST = 1e-3  # seconds of a rung
EQUAL = 1e-5  # nats: weights closer together than this differ by rounding
HOPELESS = 12.0  # nats below the best end, from which on an end is not fitted
SLIGHT = 0.01  # share of the posterior from which on a mode counts: 4 sds away, such a one widens an sd by 8%
MOST = 4  # modes that are fitted
CHOICES = ("objective", "optimizer", "draws", "steps", "learning_rate")


@dataclass(frozen=True)
class Standing:
    """A fit and what fresh draws say of it: `missing` is an estimate of KL(q || posterior) in nats.

    `log_weights` (S,) are those of the draws, from the same noise for every rung.
    """

    fit: Fit
    elbo: float
    error: float
    khat: float
    missing: float
    log_weights: Array

    def gain(self, over: Standing) -> tuple[float, float]:
        """By how much its ELBO is higher than another's, and the error of that."""
        if not (math.isfinite(self.elbo) and math.isfinite(over.elbo)):
            return self.elbo - over.elbo, math.inf
        apart = self.log_weights - over.log_weights
        return float(np.mean(apart)), float(np.std(apart) / math.sqrt(len(apart)))

    @property
    def rung(self) -> Rung:
        """What is reported of it."""
        return Rung(self.fit.guide, self.elbo, self.error, self.khat)

    @property
    def log_mass(self) -> float:
        """The log evidence of what the guide covers."""
        return self.elbo + max(0.0, self.missing) if math.isfinite(self.missing) else self.elbo


class Ladder:
    """A climb: the log joint, the settings of all fits, and what is left of the time."""

    def __init__(self, log_joint: LogJoint, time_limit: float | None, settings: dict[str, Any]):
        self.log_joint, self.settings = log_joint, settings
        self.time_limit, self.began = time_limit, time.perf_counter()
        self.tried: list[Standing] = []
        self.starts = STARTS

    def left(self) -> float | None:
        """Seconds."""
        spent = time.perf_counter() - self.began
        return None if self.time_limit is None else max(LEAST, self.time_limit - spent)

    def fitted(self, guide: str, start: Start | None) -> Standing:
        """A guide fitted from some start, and measured."""
        fit = fitting.fit(self.log_joint, guide, time_limit=self.left(), start=start, **self.settings)
        self.tried.append(standing(self.log_joint, fit))
        return self.tried[-1]

    def modes(self, guide: str) -> list[Standing]:
        """The guide fitted at every mode that counts, the heaviest first."""
        own = {name: value for name, value in self.settings.items() if name in CHOICES}
        if fitting.is_newtons(self.log_joint, guide, **own):  # one mode, and no way to it is better
            self.starts = 1
            return [self.fitted(guide, None)]
        ends = ends_of(self.log_joint, self.settings["seed"])
        found = [self.fitted(guide, at(ends[0]) if ends else None)]
        for end in ends[1:MOST]:
            if end.value < max(ends[0].value, found[0].elbo) - HOPELESS or self.left() == LEAST:
                break
            there = self.fitted(guide, at(end))
            if there.fit.converged and all(far(self.log_joint, there, other) for other in found):
                found.append(there)
        found.sort(key=lambda s: -s.log_mass)
        lightest = found[0].log_mass + math.log(SLIGHT)
        return [found[0], *(s for s in found[1:] if s.log_mass > lightest)]


def climb(log_joint: LogJoint, time_limit: float | None = None, seed: int = 0, **settings: Any) -> Fit:
    """The fit of the best guide on the ladder; `settings` are those of `ppl.fit.fit`, the guide apart."""
    ladder = Ladder(log_joint, time_limit, {"seed": seed, **settings})
    names = rungs(log_joint)
    modes = ladder.modes(names[0])
    best, tried = modes[0], [modes[0]]
    why = "there is no richer guide for so many unknowns"
    if len(modes) > 1:
        names = [names[0], f"mixture({len(modes)})"]
    for name in names[1:]:
        stop = (len(modes) == 1 and enough(best)) or ("time was up" if ladder.left() == LEAST else None)
        if stop:
            why = stop
            break
        there = ladder.fitted(name, upon(log_joint, modes if len(modes) > 1 else [best]))
        tried.append(there)
        gain, error = there.gain(best)
        # A mode of little mass adds little to the ELBO, and much to what is reported: several modes are all covered.
        needed = max(KEPT, SURE * error) if len(modes) == 1 else -SURE * error
        if not there.fit.converged or not gain > needed:
            why = f"{name} gains {gain:.3f} ± {error:.3f} nats, which is not worth it"
            if not there.fit.converged:
                why = f"{name} did not converge"
            break
        best, why = there, "it is the richest on the ladder"
    return ladder_of(ladder, best.fit, tried, modes, why)


def gather(
    log_joint: LogJoint, guide: str, time_limit: float | None = None, seed: int = 0, **settings: Any
) -> Fit:
    """A guide that can hold several modes, begun at those that there are."""
    ladder = Ladder(log_joint, time_limit, {"seed": seed, **settings})
    modes = ladder.modes("fullrank")
    there = ladder.fitted(guide, upon(log_joint, modes))
    return ladder_of(ladder, there.fit, [there], modes, "")


def rungs(log_joint: LogJoint) -> list[str]:
    """The guides for a log joint, from poor to rich."""
    size = log_joint.layout.size
    if size > FULLRANK_UP_TO:
        return ["structured" if size <= LINKED_UP_TO and sparse(log_joint) else "meanfield"]
    return ["fullrank", "skewed"] if 0 < size <= BENT_UP_TO else ["fullrank"]


def sparse(log_joint: LogJoint) -> bool:
    """Whether the graph of the log joint leaves a structured guide with few enough numbers."""
    start = made("structured", log_joint).init(log_joint.layout, np.zeros(()), np.ones(()))
    return len(start) <= NUMBERS


def ends_of(log_joint: LogJoint, seed: int) -> list[End]:
    """Where scattered starts end; none where there are too many unknowns to scatter over."""
    return explore(log_joint, seed) if 0 < log_joint.layout.size <= EXPLORED_UP_TO else []


def at(end: End) -> Start:
    """A fit's start at an end."""
    return Start([(end.mean, np.diag(end.sd))])


def upon(log_joint: LogJoint, modes: Sequence[Standing]) -> Start:
    """A fit's start at the Gaussians of others."""
    gaussians = [gaussian(log_joint, s.fit) for s in modes]
    return Start(gaussians, [s.log_mass for s in modes], modes[0].fit.w)


def gaussian(log_joint: LogJoint, fit: Fit) -> tuple[Array, Array]:
    """(mean (D,), lower triangular factor (D, D)) of a Gaussian guide."""
    guide, D = made(fit.guide, log_joint), log_joint.layout.size
    columns = guide.noise_size(D)
    mean = guide.transport(fit.params, np.zeros((1, columns)))[0]
    root = guide.transport(fit.params, np.eye(columns)) - mean  # the transpose of a factor
    C = np.asarray(np.linalg.qr(root, mode="r")).T
    return mean, C * np.sign(np.diag(C))


def far(log_joint: LogJoint, one: Standing, other: Standing) -> bool:
    """Whether two Gaussian fits are about different modes: farther apart than the wider of both reaches."""
    (a, A), (b, B) = gaussian(log_joint, one.fit), gaussian(log_joint, other.fit)
    return min(float(np.linalg.norm(np.linalg.solve(C, a - b))) for C in (A, B)) > APART


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
        draws = min(DRAWS, max(FEW, BATCHES * getattr(log_joint, "at_once", DRAWS)))
        noise = normal(fit.seed, Stream.ladder, 0, draws if size else 2, guide.noise_size(size))
        z = guide.transport(fit.params, noise)
        log_weights = np.asarray(log_joint(z, fit.learned) - guide.log_prob(fit.params, z))
        if not np.all(np.isfinite(log_weights)):
            return Standing(fit, -math.inf, 0.0, math.inf, math.inf, log_weights)
        elbo, error = float(np.mean(log_weights)), float(np.std(log_weights) / math.sqrt(len(log_weights)))
        if np.ptp(log_weights) <= EQUAL:
            return Standing(fit, elbo, error, 0.0, 0.0, log_weights)
        smoothed = smooth(log_weights)
    missing = log_mean_exp(smoothed.log_weights) - elbo
    return Standing(fit, elbo, error, smoothed.khat, missing, log_weights)


def ladder_of(
    ladder: Ladder, fit: Fit, tried: Sequence[Standing], modes: Sequence[Standing], why: str
) -> Fit:
    """The fit with the bill of all that was tried, and the modes that were found."""
    masses = np.exp([0.0, *(s.log_mass - modes[0].log_mass for s in modes[1:])])
    shares = masses / np.sum(masses)
    return replace(
        fit,
        steps=sum(s.fit.steps for s in ladder.tried),
        gradients=sum(s.fit.gradients for s in ladder.tried),
        seconds=time.perf_counter() - ladder.began,
        rungs=tuple(s.rung for s in tried),
        stopped=why,
        modes=tuple(Mode(float(p), s.elbo) for p, s in zip(shares, modes, strict=True)),
        starts=ladder.starts,
    )
