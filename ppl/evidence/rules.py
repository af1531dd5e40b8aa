"""Which estimator when: what is done about a guide whose importance weights do not suffice, and in which order.

1. Up to four unknowns: quadrature, which is as good as exact, and sees modes and tails that the guide does not.
2. k-hat below 0.5: importance weights suffice, unless they have much to correct.
3. Otherwise Hamiltonian Monte Carlo from the guide. Where its chains mix, their draws give the posterior's moments,
   and bridge sampling the evidence, if reciprocal importance sampling agrees with it.
4. Where they do not mix, and k-hat is at most 0.7: sequential Monte Carlo for the evidence.
5. Otherwise there is a low end and no upper end.
6. Where none of this gives the posterior's moments, linear response gives the sds of a Gaussian guide
   (`ppl.evidence.linear_response`): they are better then, and the guide is no more to be trusted than it was.

An upper end from chains holds given that they mixed; the words say so. On benchmarks/brackets.py it covers in
more than 95% of fits, whatever k-hat is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from autograd import make_vjp

from ppl.evidence.bracket import FINITE_VARIANCE, WIDE, LogEvidence, Weights
from ppl.evidence.bridge import Bridge, bridge
from ppl.evidence.hmc import Chains, Frame, sample
from ppl.evidence.mixing import Mixing
from ppl.evidence.pareto import LIMIT
from ppl.evidence.quadrature import MOST, POINTS, USUAL, Quadrature, integrate
from ppl.evidence.smc import PARTICLES, POPULATIONS, temper
from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, mirrored, rng_of

Array = Any
Hmc = Literal["auto", "always", "never"]

BUDGET = 4.0  # seconds that a refinement may take by forecast, or as long as the fit took if that is more
LONGEST = 30.0  # ... but no longer
CHAINS = 128
WIDER = 2.0  # times the guide's sds: where chains begin
USUAL_LEAPFROGS = 1_000  # of chains that mix well; more are given to those that do not
MOST_LEAPFROGS = {"auto": 2_000, "always": 30_000}
USUAL_BATCHES = 150  # of gradients, of all particles of a sequential run
ROUGH, SHIFTED = (
    0.3,
    0.1,
)  # k-hat and sds from which on a correction by the weights might be another by chains
CLOSE = 1e-3  # nats: a rule that knows itself no better is not a quadrature
SURE = 5.0  # errors of a sequential run above its estimate, which is biased low
BIAS = 0.1  # nats
BATCH = 500  # draws at a time
GLANCE = 0.1  # seconds spent on finding out how long things take


@dataclass(frozen=True)
class Refined:
    """The evidence as it is known in the end, and what the posterior's moments can be had from, if anything.

    `mixing` is that of chains that were run, which are there if they mixed; `unrun` says that they would take
    too long. `words` say what was tried in vain.
    """

    evidence: LogEvidence
    quadrature: Quadrature | None = None
    chains: Chains | None = None
    mixing: Mixing | None = None
    unrun: bool = False
    words: str = ""


@dataclass(frozen=True)
class Task:
    """A measured fit: draws z (S, D) of its guide, their log weights (S,), and what has been made of them.

    `moved` is by how many sds or log sds the weights move the quantity that they move most.
    `seconds` is how long the density takes at one draw, `allowed` how many of them may be spent, if somebody said.
    """

    log_joint: LogJoint
    fit: Fit
    z: Array
    log_weights: Array
    evidence: LogEvidence
    weights: Weights
    moved: float
    seed: int
    seconds: float
    allowed: float | None
    go_on: Callable[[], bool]

    @property
    def budget(self) -> float:
        """Seconds that may be spent unasked."""
        return min(max(BUDGET, self.fit.seconds), LONGEST) if self.allowed is None else self.allowed

    def density(self, z: Array) -> Array:
        """The log joint (S,) at many points z (S, D), which need not all fit in memory at once."""
        parts = [self.log_joint(z[i : i + BATCH], self.fit.learned) for i in range(0, max(len(z), 1), BATCH)]
        return np.concatenate(parts)

    def slopes(self, z: Array) -> tuple[Array, Array]:
        """The log joint (N,) and its gradient (N, D)."""
        return with_slopes(lambda free: self.log_joint(free, self.fit.learned), z)

    def time_of_slopes(self, z: Array) -> float:
        """Seconds of the processor that one gradient of them takes: not of the clock, which others slow down.

        The best of three, if they are short: the first has plans to make, and any may meet with a pause.
        """
        best, until = np.inf, time.process_time() + GLANCE
        for _ in range(3):
            began = time.process_time()
            self.slopes(z)
            best = min(best, (now := time.process_time()) - began)
            if now > until:
                break
        return best

    def guide(self, z: Array) -> tuple[Array, Array]:
        """log q (N,) and its gradient (N, D)."""
        density = made(self.fit.guide, self.log_joint).log_prob
        return with_slopes(lambda free: density(self.fit.params, free), z)

    @property
    def frame(self) -> Frame:
        """The guide's mean and covariance."""
        guide, D = made(self.fit.guide, self.log_joint), self.log_joint.layout.size
        noise = mirrored(
            self.fit.seed, Stream.summary, 0, max(1000, 4 * D), guide.noise_size(D), guide.regular
        )
        z = guide.transport(self.fit.params, noise)
        mean, sd = np.mean(z, axis=0), np.std(z, axis=0)
        r = (z - mean) / sd
        try:
            return Frame(mean, sd[:, None] * np.linalg.cholesky(r.T @ r / len(r)))
        except np.linalg.LinAlgError:
            return Frame(mean, np.diag(sd))


def with_slopes(density: Callable[[Array], Array], z: Array) -> tuple[Array, Array]:
    """(values (N,), gradients (N, D)): no draw has a part in another's density."""
    pull, value = make_vjp(density)(z)
    return value, pull(np.ones(len(z)))


def refine(task: Task, hmc: Hmc) -> Refined:
    """The best that can be said of the evidence, and of the posterior, at reasonable cost."""
    D = task.log_joint.layout.size
    found = Refined(task.evidence)
    if D == 0 or task.log_joint.bounded or not np.isfinite(task.evidence.estimate):
        return found
    if D <= MOST:
        found = by_quadrature(task)
        if found.quadrature is not None and hmc != "always":
            return found
    khat = task.weights.khat
    unsure = khat >= FINITE_VARIANCE or (khat >= ROUGH and task.moved > SHIFTED)
    if hmc == "never" or not (hmc == "always" or (unsure and task.fit.converged)):
        return found
    return by_chains(task, hmc, found)


def by_quadrature(task: Task) -> Refined:
    """The evidence by quadrature, if that is affordable and succeeds."""
    D = task.log_joint.layout.size
    if USUAL[D] * task.seconds > task.budget:
        return Refined(task.evidence)
    limit = int(min(POINTS, task.budget / max(task.seconds, 1e-9)))
    found = integrate(task.density, task.z, task.log_weights, limit)
    if found is None or found.error > CLOSE:
        return Refined(task.evidence)
    if task.evidence.exact:
        return Refined(task.evidence, found)
    wide = found.error if found.exact else WIDE * found.error
    low, high = found.log_integral - wide, found.log_integral + wide
    return Refined(LogEvidence(found.log_integral, found.error, low, high, "quadrature", found.exact), found)


def by_chains(task: Task, hmc: Hmc, found: Refined) -> Refined:
    """The posterior by Hamiltonian Monte Carlo, and the evidence by a bridge to it."""
    start = begin(task)
    if start is None:
        return replace(found, words="no chain could be started: the density is 0 about the guide")
    began = time.process_time()
    seconds = USUAL_LEAPFROGS * task.time_of_slopes(start)
    if hmc == "auto" and seconds > task.budget:
        words = f"chains from the guide would take about {seconds:.0f} s: --hmc always runs them"
        return replace(found, words=words, unrun=True)
    rng = rng_of(task.seed, Stream.chains)
    chains = sample(task.slopes, start, task.frame, rng, MOST_LEAPFROGS[hmc], task.go_on)
    mixed = chains.mixing
    found = replace(found, mixing=mixed)
    if mixed.settled:
        found = replace(found, chains=chains)
    else:
        words = f"{len(start)} chains from the guide did not mix (R-hat {mixed.rhat:.2f})"
        found = replace(found, words=words)
    if found.evidence.exact or found.quadrature is not None:
        return found
    met = met_with(task, chains)
    if mixed.settled and met.agrees:
        wide = WIDE * met.error
        words = f"the upper end holds given that {len(start)} chains from the guide mixed (R-hat {mixed.rhat:.3f})"
        low, high = met.estimate - wide, met.estimate + wide
        return replace(
            found, evidence=LogEvidence(met.estimate, met.error, low, high, "bridge", False, words)
        )
    if FINITE_VARIANCE <= task.weights.khat <= LIMIT:
        return by_tempering(task, found, met, task.budget - (time.process_time() - began))
    return found


def met_with(task: Task, chains: Chains) -> Bridge:
    """The bridge from the guide's draws to those of chains."""
    guide = made(task.fit.guide, task.log_joint)
    T, N, D = chains.z.shape
    log_q = guide.log_prob(task.fit.params, chains.z.reshape(T * N, D)).reshape(T, N)
    return bridge(task.log_weights, chains.log_density - log_q)


def begin(task: Task) -> Array | None:
    """Where the chains begin: draws of the guide, farther apart than they are, at which there is a slope."""
    near = task.z[np.isfinite(task.log_weights)][:CHAINS]
    if len(near) < CHAINS:
        return None
    mean = np.mean(task.z, axis=0)
    wide = mean + WIDER * (near - mean)
    value, slope = task.slopes(wide)
    good = np.isfinite(value) & np.all(np.isfinite(slope), axis=1)
    return np.where(good[:, None], wide, near)


def by_tempering(task: Task, found: Refined, met: Bridge, seconds: float) -> Refined:
    """The evidence by sequential Monte Carlo, if the bridge that was not good enough does not contradict it.

    `seconds` are those that chains have left of the budget.
    """
    start = task.z[: POPULATIONS * PARTICLES]
    if len(start) < POPULATIONS * PARTICLES or not np.all(np.isfinite(task.log_weights[: len(start)])):
        return found
    if USUAL_BATCHES * task.time_of_slopes(start) > seconds:
        return found
    rng = rng_of(task.seed, Stream.tempering)
    end = temper(task.guide, task.slopes, start, task.frame, rng)
    apart, sure = abs(end.estimate - met.estimate), SURE * float(np.hypot(end.error, met.error)) + BIAS
    if not (end.finished and apart <= sure):
        return found
    low, high = end.estimate - WIDE * end.error, end.estimate + SURE * end.error + BIAS
    words = "the upper end holds given that the particles of a sequential run mixed"
    return replace(found, evidence=LogEvidence(end.estimate, end.error, low, high, "smc", False, words))
