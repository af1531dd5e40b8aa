"""Sequential Monte Carlo from the guide to the posterior: the evidence where one step of importance weights is too far.

Particles are drawn from q and carried through q^(1 - t) p^t by small steps in t: weighted, resampled, and moved by a
few iterations of Hamiltonian Monte Carlo. The product of the mean weights is the evidence. Several populations go side
by side, sharing nothing but the temperatures and the metric, so that their scatter is the error.
Sources: Del Moral, Doucet & Jasra, Sequential Monte Carlo samplers, JRSS B 68 (2006); Zhou, Johansen & Aston,
Toward automatic model comparison: an adaptive sequential Monte Carlo approach, JCGS 25 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.evidence.hmc import PATH, Frame, Slopes, State, travel, whitened
from ppl.evidence.pareto import log_mean_exp

Array = Any
POPULATIONS, PARTICLES = 8, 256
EVEN = 0.9  # of the particles: the effective number that a step in t leaves
MOVES = 8
STAGES = 60


@dataclass(frozen=True)
class Tempered:
    """log evidence and its error, and the number of stages; `finished` is False where they did not suffice."""

    estimate: float
    error: float
    stages: int
    finished: bool


def temper(guide: Slopes, target: Slopes, start: Array, frame: Frame, rng: np.random.Generator) -> Tempered:
    """From `start` (POPULATIONS * PARTICLES, D), draws of the guide. Both densities come with their slopes."""
    z, t, stages = start, 0.0, 0
    totals = np.zeros(POPULATIONS)
    q, p = guide(z), target(z)
    step = 1.2 * z.shape[1] ** -0.25
    while t < 1 and stages < STAGES:
        stages += 1
        ratio = finite(p[0] - q[0]).reshape(POPULATIONS, PARTICLES)
        ahead = forward(ratio, 1 - t)
        t = 1.0 if ahead >= 1 - t else t + ahead
        totals += [log_mean_exp(ahead * row) for row in ratio]
        z = z[resampled(ahead * ratio, rng)]

        def tempered(x: Array, t: float = t) -> tuple[Array, Array]:
            (a, da), (b, db) = guide(x), target(x)
            return (1 - t) * a + t * b, (1 - t) * da + t * db

        frame = whitened(z, frame, PARTICLES)
        state = State(z, *tempered(z), step)
        for _ in range(MOVES):
            chance = travel(state, frame, tempered, PATH, rng)
            state.step *= float(np.exp(chance - 0.8))
        z, step = state.z, state.step
        q, p = guide(z), target(z)
    error = float(np.std(np.exp(totals - np.max(totals)), ddof=1) / np.sqrt(POPULATIONS))
    estimate = log_mean_exp(totals)
    return Tempered(estimate, error / float(np.exp(estimate - np.max(totals))), stages, t >= 1)


def finite(x: Array) -> Array:
    """-inf where x is no number."""
    return np.where(np.isnan(x), -np.inf, x)


def forward(ratio: Array, most: float) -> float:
    """The step in t, `most` at most, after which `EVEN` of the particles count."""

    def left(step: float) -> float:
        w = np.exp(step * ratio - np.max(step * ratio))
        return float(np.sum(w) ** 2 / np.sum(w**2) / w.size)

    if left(most) >= EVEN:
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if left(middle) >= EVEN else (low, middle)
    return max(low, 1e-6)


def resampled(log_weights: Array, rng: np.random.Generator) -> Array:
    """Indices of particles by their weights (R, n), population by population, systematically."""
    n = log_weights.shape[1]
    chosen = []
    for r, row in enumerate(log_weights):
        share = np.cumsum(np.exp(row - np.max(row)))
        places = (rng.random() + np.arange(n)) / n * share[-1]
        chosen.append(r * n + np.minimum(np.searchsorted(share, places), n - 1))
    return np.concatenate(chosen)
