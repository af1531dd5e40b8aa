"""The posterior of each named quantity from points of it that are better than the guide's weighted draws.

These are the points of a quadrature, which come as two rules whose difference says how far each is off, or draws of
independent Markov chains, whose scatter does. Quantiles are those of the points too, or, where a quadrature has few
points along a quantity, of the guide's weighted draws moved to the mean and sd that are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ppl.evidence.posterior import CACHED, LEVELS, Quantity, quantiles
from ppl.fit import LogJoint

Array = Any
BLOCK = 500  # points at a time
NOTHING = 1e-12  # of the mass: what lies in points that are left out
CELLS = 5_000_000  # numbers kept of all quantities together


@dataclass(frozen=True)
class Points:
    """Points z (S, D) of the posterior with weights (S,) that sum to 1, and the name of the method they are `by`.

    `groups` (S,) count from 0: the two rules of a quadrature, or the chains that draws are from.
    """

    z: Array
    weights: Array
    groups: Array
    by: str

    @staticmethod
    def of_rules(z: Array, weights: Array, second: int) -> Points:
        """Those of a quadrature whose second rule begins there, without points of no weight."""
        order = np.argsort(weights, kind="stable")
        kept = np.sort(order[np.searchsorted(np.cumsum(weights[order]), NOTHING) :])
        return Points(
            z[kept], weights[kept] / np.sum(weights[kept]), (kept >= second).astype(int), "quadrature"
        )

    @staticmethod
    def of_chains(z: Array, most: int) -> Points:
        """Draws (T, N, D) of N chains, of which about `most` are taken, evenly."""
        T, N, D = z.shape
        taken = z[:: max(1, -(-T * N // most))]
        flat = taken.reshape(-1, D)
        return Points(flat, np.full(len(flat), 1 / len(flat)), np.tile(np.arange(N), len(taken)), "hmc")


class Sums:
    """Moments of a quantity (n,) over points that come in blocks, about a centre and in a unit near its own."""

    def __init__(self, points: Points, centre: Array, unit: Array):
        self.points, self.centre = points, centre
        self.unit = np.where(unit > 0, unit, 1.0)
        groups = int(np.max(points.groups)) + 1
        self.mass = np.bincount(points.groups, points.weights, groups)[:, None]
        self.first, self.second = np.zeros((groups, len(centre))), np.zeros(len(centre))

    def add(self, start: int, x: Array) -> None:
        """Values x (S, n) at the points from `start` on."""
        here = slice(start, start + len(x))
        r, weights = (x - self.centre) / self.unit, self.points.weights[here]
        r = np.where(np.isfinite(r), r, 0.0)  # beyond the largest number lies no mass that counts
        by_group = np.zeros((len(self.mass), len(x)))
        by_group[self.points.groups[here], np.arange(len(x))] = weights
        self.first += by_group @ r
        self.second += weights @ r**2

    def done(self) -> tuple[Array, Array, Array]:
        """(mean, sd, error of the mean), each (n,)."""
        mean = np.sum(self.first, axis=0)
        sd = np.sqrt(np.maximum(self.second - mean**2, 0.0))
        each = self.first / self.mass
        scatter = (
            np.ptp(each, axis=0) if len(each) == 2 else np.std(each, axis=0, ddof=1) / np.sqrt(len(each))
        )
        return self.centre + mean * self.unit, sd * self.unit, scatter * self.unit


def settle(
    log_joint: LogJoint,
    w: Array | None,
    found: Mapping[str, Quantity],
    points: Points,
    draws: tuple[Mapping[str, Array], Array] | None,
) -> dict[str, Quantity]:
    """The quantities `found` on the guide's draws, uncorrected, with moments and quantiles by better points.

    `draws` are values (S, *shape) by name with their weights (S,), to take quantiles from instead of the points.
    """
    sums = {name: Sums(points, np.ravel(q.mean), np.ravel(q.sd_guide)) for name, q in found.items()}
    cells = sum(len(s.centre) for s in sums.values())
    kept: dict[str, list[Array]] = {name: [] for name in found}
    stride = max(1, -(-len(points.z) * cells // CELLS))
    for start in range(0, len(points.z), BLOCK):
        values = log_joint.constrain(points.z[start : start + BLOCK], w)
        for name, s in sums.items():
            x = np.reshape(values[name], (len(values[name]), -1))
            s.add(start, x)
            if draws is None:
                kept[name].append(x[-start % stride :: stride])
    weights = points.weights[::stride] if draws is None else draws[1]
    settled = {}
    for name, s in sums.items():
        mean, sd, error = s.done()
        x = np.concatenate(kept[name]) if draws is None else np.reshape(draws[0][name], (len(weights), -1))
        cuts = cut(x, weights / np.sum(weights), mean, sd)
        settled[name] = replaced(found[name], mean, sd, error, cuts)
    return settled


def cut(x: Array, weights: Array, mean: Array, sd: Array) -> list[Array]:
    """Quantiles of weighted values (S, n), moved to a mean and sd (n,) that are known better."""
    usable = np.all(np.isfinite(x), axis=1)
    if not np.any(usable):
        return [np.full(len(mean), np.nan)] * len(LEVELS)
    x, weights = x[usable], weights[usable] / np.sum(weights[usable])
    width = max(1, CACHED // len(x))
    blocks = []
    for i in range(0, x.shape[1], width):
        y = x[:, i : i + width]
        centre = weights @ y
        spread = np.sqrt(weights @ (y - centre) ** 2)
        scale = np.where(spread > 0, sd[i : i + width] / np.where(spread > 0, spread, 1.0), 1.0)
        moved = mean[i : i + width] + (np.array(quantiles(y, weights, LEVELS)) - centre) * scale
        # Moved quantiles may leave the support; they stay among the values.
        blocks.append(np.clip(moved, np.min(y, axis=0), np.max(y, axis=0)))
    return list(np.concatenate(blocks, axis=1)) if blocks else [mean] * len(LEVELS)


def replaced(q: Quantity, mean: Array, sd: Array, error: Array, cuts: list[Array]) -> Quantity:
    """A quantity with better moments and quantiles, seen from the guide's own."""
    shape = np.shape(q.mean)
    mean, sd, error, q05, q50, q95 = (np.reshape(x, shape) for x in (mean, sd, error, *cuts))
    constant = q.sd_guide <= 1e-14 * np.abs(q.mean)
    scale = np.where(constant, 1.0, q.sd_guide)
    return replace(
        q,
        mean=mean,
        sd=sd,
        mean_error=error,
        q05=q05,
        q50=q50,
        q95=q95,
        shift=np.where(constant, 0.0, (mean - q.mean) / scale),
        stretch=np.where(constant, 0.0, np.log(np.maximum(sd, 1e-12 * scale) / scale)),
        corrected=True,
    )
