"""Hamiltonian Monte Carlo with many short chains at once, begun at the guide, in coordinates whitened by it.

All chains take the same number of leapfrogs, so that a leapfrog is one batched gradient; their steps differ. While they
warm up the step size follows the acceptance of all chains together, and the coordinates are whitened anew by the
covariance of all chains. Paths are about a quarter of the period of a standard normal, after which its draws would
be independent; where chains mix badly, longer ones are tried, and kept if that pays.
Sources: Neal, MCMC using Hamiltonian dynamics, Handbook of Markov chain Monte Carlo (2011); Hoffman, Radul &
Sountsov, An adaptive-MCMC scheme for setting trajectory lengths in Hamiltonian Monte Carlo, AISTATS 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.evidence.mixing import Mixing, folded, mixing, scaled

Array = Any
Slopes = Callable[[Array], tuple[Array, Array]]  # z (N, D) -> log density (N,) and its gradient (N, D)

QUENCH, SHORT = 25, 3  # iterations of so few leapfrogs first
WARM_UP = (15, 25)  # iterations, after each of which the coordinates are whitened anew; and so many more
SETTLE = 15
ACCEPTED = 0.8
PATH, SHORTEST = (
    2.6,
    0.2,
)  # paths are between these, the second in units of the first: a quarter period on average
LONGEST = 4 * PATH
MOST_LEAPFROGS = 64
BLOCK, BLOCKS = 32, 16
CELLS = 20_000_000  # numbers kept of all draws together


@dataclass(frozen=True)
class Frame:
    """z = mean + u factor', factor (D, D) lower triangular."""

    mean: Array
    factor: Array

    def out(self, u: Array) -> Array:
        """u (N, D) -> z (N, D)."""
        return self.mean + u @ self.factor.T

    def into(self, z: Array) -> Array:
        """z (N, D) -> u (N, D)."""
        return np.linalg.solve(self.factor, (z - self.mean).T).T


@dataclass(frozen=True)
class Chains:
    """Draws z (T, N, D) of N chains with their log densities (T, N); how they mixed, and what they cost.

    `acceptance` is the share of proposals that were taken, `gradients` counts one for each chain and leapfrog.
    """

    z: Array
    log_density: Array
    mixing: Mixing
    acceptance: float
    gradients: int


@dataclass
class State:
    """Where chains stand: z (N, D), log densities (N,), gradients (N, D); the step and the bill so far."""

    z: Array
    value: Array
    slope: Array
    step: float
    gradients: int = 0


def move(
    state: State, frame: Frame, slopes: Slopes, step: Array, leapfrogs: int, rng: np.random.Generator
) -> Array:
    """One iteration of all chains by steps (N, 1): `state` moves on. The chances (N,) of the proposals."""
    N, D = state.z.shape
    momentum = rng.standard_normal((N, D))
    u, slope, value = frame.into(state.z), state.slope @ frame.factor, state.value
    start = value - 0.5 * np.sum(momentum**2, axis=1)
    for _ in range(leapfrogs):
        momentum = momentum + 0.5 * step * slope
        u = u + step * momentum
        value, raw = slopes(frame.out(u))
        slope = raw @ frame.factor
        momentum = momentum + 0.5 * step * slope
    state.gradients += leapfrogs * N
    change = value - 0.5 * np.sum(momentum**2, axis=1) - start
    chance = np.exp(np.minimum(np.where(np.isfinite(change), change, -np.inf), 0.0))
    taken = rng.random(N) < chance
    state.z = np.where(taken[:, None], frame.out(u), state.z)
    state.value = np.where(taken, value, state.value)
    state.slope = np.where(taken[:, None], raw, state.slope)
    return chance


def travel(state: State, frame: Frame, slopes: Slopes, path: float, rng: np.random.Generator) -> float:
    """One iteration with paths up to this length. The mean chance of the proposals."""
    # Each chain has a step of its own, and with it a path: small steps get chains out of narrow places.
    step = state.step * rng.uniform(SHORTEST, 1.0, (len(state.z), 1))
    leapfrogs = int(np.clip(np.ceil(path / state.step), 1, MOST_LEAPFROGS))
    return float(np.mean(move(state, frame, slopes, step, leapfrogs, rng)))


def warmed(state: State, frame: Frame, slopes: Slopes, rng: np.random.Generator) -> Frame:
    """The frame after warming up; `state` has the step that goes with it."""
    quench(state, frame, slopes, rng)
    for iterations in WARM_UP:
        kept = tuned(state, frame, slopes, PATH, iterations, rng)
        frame = whitened(np.concatenate(kept[iterations // 3 :]), frame, len(state.z))
    tuned(state, frame, slopes, PATH, SETTLE, rng)
    return frame


def quench(state: State, frame: Frame, slopes: Slopes, rng: np.random.Generator) -> None:
    """Brings every chain to the typical set by short paths with steps of its own.

    A chain that fell there on one long path would have the energy to be flung out again, and far.
    """
    step = np.full((len(state.z), 1), state.step)
    for _ in range(QUENCH):
        chance = move(state, frame, slopes, step, SHORT, rng)
        step *= np.exp(chance - ACCEPTED)[:, None]
    state.step = float(np.median(step))


def tuned(
    state: State, frame: Frame, slopes: Slopes, path: float, iterations: int, rng: np.random.Generator
) -> list[Array]:
    """The draws of iterations in which the step size follows the acceptance."""
    kept = []
    for t in range(iterations):
        chance = travel(state, frame, slopes, path, rng)
        state.step *= float(np.exp((chance - ACCEPTED) / np.sqrt(1 + t)))
        kept.append(state.z)
    return kept


def whitened(z: Array, frame: Frame, independent: int) -> Frame:
    """A frame of the mean and covariance of draws z (S, D), drawn towards the last frame where they are few."""
    u = frame.into(z)
    mean = np.mean(u, axis=0)
    covariance = (u - mean).T @ (u - mean) / len(u)
    D = len(mean)
    share = independent / (independent + 0.2 * D)
    covariance = share * covariance + (1 - share) * np.eye(D)
    try:
        factor = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return frame
    return Frame(frame.out(mean[None])[0], frame.factor @ factor)


def sample(
    slopes: Slopes,
    start: Array,
    frame: Frame,
    rng: np.random.Generator,
    most: int,
    go_on: Callable[[], bool] = lambda: True,
) -> Chains:
    """Chains from `start` (N, D), whose densities are positive, until they have mixed.

    They end unmixed after `most` leapfrogs, or where `go_on` says no.
    """
    N, D = start.shape
    state = State(start, *slopes(start), 1.2 * D**-0.25)
    frame = warmed(state, frame, slopes, rng)
    size = max(4, min(BLOCK, CELLS // (N * D * BLOCKS)))
    path, yields = PATH, {}
    kept: list[Array] = []
    chances = []
    for _ in range(BLOCKS):
        before = state.gradients
        block = []
        for _ in range(size):
            chances.append(travel(state, frame, slopes, path, rng))
            block.append(np.column_stack([state.z, state.value]))
        kept += block
        found = mixing(np.array(kept))
        if found.settled or state.gradients >= most * N or not go_on():
            break
        yields[path] = scaled(folded(np.array(block))).ess / (state.gradients - before)
        path = next_path(yields)
        if path not in yields:
            tuned(state, frame, slopes, path, SETTLE, rng)
    draws = np.array(kept)
    return Chains(draws[:, :, :D], draws[:, :, D], found, float(np.mean(chances)), state.gradients)


def next_path(yields: Mapping[float, float]) -> float:
    """The path with the most effective draws for its gradients, or twice the longest if that is the best so far."""
    best = max(yields, key=lambda path: yields[path])
    return 2 * best if best == max(yields) and best < LONGEST else best
