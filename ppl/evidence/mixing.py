"""Have chains forgotten where they began? R-hat, effective sample size and errors of means, for many chains.

Values are ranked and made normal scores first, so that heavy tails do no harm, and once more after folding about
the median, which sees scales. Chains are independent of each other, so the scatter of their means is all
that is needed for the error of a mean: no autocorrelations.
Source: Vehtari, Gelman, Simpson, Carpenter & Bürkner, Rank-normalization, folding, and localization: an improved
R-hat for assessing convergence of MCMC, Bayesian Analysis 16 (2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

Array = Any
SETTLED = 1.02  # R-hat up to which chains are taken as mixed
ENOUGH = 400  # effective draws of every coordinate


@dataclass(frozen=True)
class Mixing:
    """The worst R-hat, the least effective sample size, and the column in which R-hat is worst."""

    rhat: float
    ess: float
    worst: int

    @property
    def settled(self) -> bool:
        """Whether the draws can be used."""
        return self.rhat <= SETTLED and self.ess >= ENOUGH


def mixing(values: Array) -> Mixing:
    """Of values (T, N, D): N chains of T draws each."""
    T = len(values)
    half = T // 2
    halves = np.concatenate([values[:half], values[T - half :]], axis=1)
    found = scaled(halves)
    if not found.settled:
        return found  # ranks are for what they might show where the values themselves show nothing
    bulk, scale = scaled(scores(halves)), scaled(scores(np.abs(halves - np.median(halves, axis=(0, 1)))))
    worse = max(found, bulk, scale, key=lambda m: m.rhat)
    return Mixing(worse.rhat, min(bulk.ess, scale.ess), worse.worst)


def scaled(x: Array) -> Mixing:
    """Of values (T, N, D) as they are."""
    T, N, D = x.shape
    within = np.mean(np.var(x, axis=0, ddof=1), axis=0)
    between = np.var(np.mean(x, axis=0), axis=0, ddof=1)
    rhat = np.sqrt((T - 1) / T + between / np.where(within > 0, within, 1e-300))
    total = np.var(x, axis=(0, 1))
    ess = np.minimum(total * N / np.where(between > 0, between, np.inf), T * N)
    rhat, ess = np.where(total > 0, rhat, np.inf), np.where(total > 0, ess, 0.0)
    if D == 0:
        return Mixing(1.0, float(T * N), 0)
    return Mixing(float(np.max(rhat)), float(np.min(ess)), int(np.argmax(rhat)))


def folded(x: Array) -> Array:
    """Values (T, N, D) and their distances from the mean, which tell of scales: (T, N, 2 D)."""
    return np.concatenate([x, np.abs(x - np.mean(x, axis=(0, 1)))], axis=2)


def scores(x: Array) -> Array:
    """Normal scores of the ranks of x (T, N, D), column by column."""
    flat = x.reshape(-1, x.shape[2])
    ranks = np.empty(flat.shape)
    order = np.argsort(flat, axis=0, kind="stable")
    np.put_along_axis(ranks, order, np.arange(1.0, len(flat) + 1)[:, None], axis=0)
    found: Array = ndtri((ranks - 0.375) / (len(flat) + 0.25))
    return found.reshape(x.shape)
