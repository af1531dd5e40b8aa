"""Integrals over the whole posterior where there are few dimensions: the evidence, and weighted points for the rest.

Coordinates are fitted to the guide's weighted draws, later to the rule's own points; in them the density is near a
standard normal, and is summed over a lattice. The lattice is made finer until its two halves agree on the
integral, the means and the covariances. Random points far out see to it that a mode is not missed by default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ppl.evidence.chart import Chart, chart, moments
from ppl.evidence.lattice import Lattice, spread
from ppl.fit.noise import Stream, rng_of

Array = Any
MOST = 4  # dimensions
# By number of dimensions: the spacings in sds of a first, rough rule and of the second; how far below the top
# a sum goes down; about how many points the two have.
PILOT = {1: 0.2, 2: 0.9, 3: 1.3, 4: 1.3}
SPACING = {1: 0.1, 2: 0.6, 3: 0.9, 4: 1.0}
DEPTH = {1: 36.0, 2: 34.0, 3: 26.0, 4: 22.0}
USUAL = {1: 800, 2: 2_500, 3: 7_000, 4: 42_000}
POINTS = 150_000
FINER, MUCH_FINER = 0.8, 0.6
LEVELS = 12
CROWDED, COARSER = (
    3,
    1.6,
)  # times the usual points, where the first coordinates are far too narrow for the posterior
EXACT, SAME = 1e-8, 1e-5  # nats, and sds: what a finer rule may change; it is itself better by orders
ROUNDING = 1e-13  # of sums of so many terms
FASTER = 1.5  # the power of what its halves are apart by that a rule itself is off by, or less
BULK = 8.0  # below the top: what coordinates are fitted to
ROUGH = 0.3  # nats by which the halves of a rule may disagree for its points to say where the posterior is
SLOW = 0.1  # of the step before: a longer one is slow
STALE = 0.5  # what is left of an error that does not fall any more
SEEDS, FAR, FARTHEST = 400, 500, 100.0


@dataclass(frozen=True)
class Quadrature:
    """log of the integral with its error, and points z (S, D) whose `weights` (S,) sum to 1.

    Points up to `second` are one rule, those from there on another. `moment_error` is that of means and
    covariances, in units of the sds; `step` is how far the integral is from that of the rougher rule before.
    """

    log_integral: float
    error: float
    moment_error: float
    z: Array
    weights: Array
    second: int
    evaluations: int
    step: float = np.inf

    @property
    def exact(self) -> bool:
        """Whether nothing is left of the error that matters."""
        return bool(self.error <= EXACT)


def integrate(
    log_density: Callable[[Array], Array], draws: Array, log_weights: Array, limit: int = POINTS
) -> Quadrature | None:
    """The integral of exp(log_density(z)) over the line, the plane, or up to four dimensions.

    `draws` (S, D) with `log_weights` (S,) say where to begin. The rule that agrees best with itself is
    given back; None where no rule of at most `limit` points can be made.
    """
    at = start(draws, log_weights)
    if at is None:
        return None
    D, spent = draws.shape[1], 0
    origins = np.concatenate([draws[:: max(1, len(draws) // SEEDS)], at.mean[None]])
    scouts = far(at)
    seen = finite(log_density(scouts))
    origins = np.concatenate([origins, scouts[seen > np.max(seen) - DEPTH[D]]])
    best, last, h = None, None, PILOT[D]
    for level in range(LEVELS):
        found = rule(log_density, at, origins, h, (limit if level else CROWDED * USUAL[D]) - spent)
        if found is None and level == 0:
            h *= COARSER
            found = rule(log_density, at, origins, h, limit)
        if found is None:
            break
        spent += len(found.v)
        now = summed(found, at, spent)
        if last is not None:
            best, done = compared(now, last, best)
            if done:
                break
        refined = settled(found, at) if now.error < ROUGH else None
        at, last = refined or at, now
        h = min(h * FINER, SPACING[D]) if refined is not None else h * MUCH_FINER
        if spent + len(found.v) * FINER**-D > limit:
            break
    return best


def compared(now: Quadrature, last: Quadrature, before: Quadrature | None) -> tuple[Quadrature, bool]:
    """A rule with the errors that the last, rougher one suggests, and whether it is good enough.

    A neck that is narrower than the spacing is missed by both halves of a rule, but not by a finer one.
    """
    (a, A), (b, B) = (moments(rule.z, rule.weights) for rule in (now, last))
    sd = np.sqrt(np.diag(A))
    apart = max(float(np.max(np.abs(a - b) / sd)), float(np.max(np.abs(A - B) / np.outer(sd, sd))))
    moved = abs(now.log_integral - last.log_integral)
    found = replace(now, error=max(now.error, moved), moment_error=max(now.moment_error, apart))
    # Moments that do not settle, those of the heaviest tails, are no reason to go on.
    stale = np.inf if before is None else STALE * before.moment_error
    if found.exact and (found.moment_error <= SAME or found.moment_error > stale):
        return found, True
    # Where rules approach the integral slowly, the steps to come may add up to one as long as the one before this.
    slow = before is not None and moved > SLOW * before.step
    error = max(found.error, before.step) if slow and before is not None else found.error
    return replace(found, step=moved, error=error), False


def start(draws: Array, log_weights: Array) -> Chart | None:
    """The chart of weighted draws, or of the draws as they are where a few have all the weight."""
    weights = np.exp(log_weights - np.max(log_weights))
    weights = weights / np.sum(weights)
    even = np.full(len(draws), 1 / len(draws))
    found = chart(draws, weights) if 1 / np.sum(weights**2) > 50 * draws.shape[1] else None
    return found or chart(draws, even)


def far(at: Chart) -> Array:
    """Points all about, up to `FARTHEST` sds away, as many for each factor of the distance."""
    rng = rng_of(0, Stream.scouts)
    away = rng.standard_normal((FAR, at.size))
    away *= np.exp(rng.uniform(0, np.log(FARTHEST), (FAR, 1))) / np.linalg.norm(away, axis=1, keepdims=True)
    return at.mean + away @ at.factor.T


def rule(
    log_density: Callable[[Array], Array], at: Chart, origins: Array, h: float, limit: int
) -> Lattice | None:
    """The lattices in a chart."""

    def seen(v: Array) -> Array:
        z, slope = at.out(v)
        return finite(log_density(z) + slope)

    return spread(seen, at.into(origins), h, DEPTH[at.size], limit)


def finite(log_density: Array) -> Array:
    """-inf where a log density is no number."""
    return np.where(np.isfinite(log_density), log_density, -np.inf)


def summed(found: Lattice, at: Chart, spent: int) -> Quadrature:
    """The sums over a lattice, and how far those of its halves are apart."""
    z = at.out(found.v)[0]
    top = float(np.max(found.log_density))
    mass = np.exp(found.log_density - top)
    halves = (slice(None, found.second), slice(found.second, None))
    sums = [float(np.sum(mass[half])) for half in halves]
    weights = mass / np.sum(mass)
    if min(sums) == 0:
        return Quadrature(top, np.inf, np.inf, z, weights, found.second, spent)
    ends = [moments(found.v[half], mass[half] / total) for half, total in zip(halves, sums, strict=True)]
    apart = max(float(np.max(np.abs(one - other))) for one, other in zip(*ends, strict=True))
    rim = float(np.sum(weights[found.rim]))
    mean, covariance = moments(z, weights)
    # A heavy tail that is cut off shows in what the rim contributes to the variances.
    away = np.sum(weights[found.rim, None] * (z[found.rim] - mean) ** 2, axis=0) / np.diag(covariance)
    apart = max(apart, abs(float(np.log(sums[0] / sums[1]))))
    apart = min(apart, apart**FASTER)
    log_integral = top + float(np.log(0.5 * np.sum(mass))) + found.cell
    moment_error = apart + float(np.max(away, initial=0.0))
    error = apart + rim + ROUNDING * (1 + abs(log_integral))
    return Quadrature(log_integral, error, moment_error, z, weights, found.second, spent)


def settled(found: Lattice, at: Chart) -> Chart | None:
    """The chart of a rule's own points, the far tails apart."""
    bulk = found.log_density > np.max(found.log_density) - BULK
    mass = np.exp(found.log_density[bulk] - np.max(found.log_density))
    return chart(at.out(found.v[bulk])[0], mass / np.sum(mass))
