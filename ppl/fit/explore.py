"""Where the posterior may have modes: several starts climbed as one batch.

A handful of narrow mean-field guides, scattered, climb their ELBOs on the same few draws, all in one call of the log
joint per step. The steps are signs of slopes (Rprop): they need no scale, and grow or shrink by coordinate. The ends
are no optima, but near enough to say which of them are worth a fit. What they are worth is measured on other draws: on
the few that were climbed on, a wide guide whose draws happen to lie at two modes looks better than either.
Sources: Igel & Hüsken, Empirical evaluation of the improved Rprop learning algorithms, Neurocomputing 50 (2003); Maree,
Alderliesten, Thierens & Bosman, Real-valued evolutionary multi-modal optimization driven by hill-valley clustering,
GECCO 2018 (which points lie at different peaks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp

from ppl.fit.noise import Stream, mirrored, rng_of
from ppl.fit.target import LogJoint
from ppl.guides import HALF_LOG_2_PI

Array = Any
STARTS, DRAWS, STEPS = 6, 8, 60
JUDGES = 32  # draws
CANDIDATES = 20  # points looked at for each start
SCALES = (0.5, 1.0, 2.0, 4.0)  # of those points
BETWEEN = (0.25, 0.5, 0.75)  # of the way from one point to another
SD = 0.3
GROW, SHRINK = 1.2, 0.5
WIDEST_STEP = np.array([1e3, 0.5])  # of a mean and of a log sd
APART = 3.0  # sds of the wider of two guides, between different modes


@dataclass(frozen=True)
class End:
    """Where a start has come: an independent Gaussian (mean, sd), each (D,), and its ELBO on draws of their own."""

    mean: Array
    sd: Array
    value: float


def explore(log_joint: LogJoint, seed: int, starts: int = STARTS, steps: int = STEPS) -> list[End]:
    """The different ends of `starts` scattered starts, the highest first; none where nothing was finite.

    The first start is 0, the others are points of high density among many that are scattered ever wider: different
    peaks among them first, then the densest of each scale.
    """
    D = log_joint.layout.size
    w = np.asarray(log_joint.start_params) if len(log_joint.start_params) else None
    noise = mirrored(seed, Stream.explore, 0, DRAWS, D)
    with np.errstate(all="ignore"):
        means = scattered(log_joint, seed, starts, w)
        x = np.stack([means, np.full_like(means, np.log(SD))], axis=1)  # (P, 2, D)
        best, seen = _climbed(log_joint, x, noise, w, steps)
        value = np.where(
            seen, _elbos(log_joint, best, mirrored(seed, Stream.explore, 2, JUDGES, D), w), -np.inf
        )
    ends = [End(p[0], np.exp(p[1]), float(v)) for p, v in zip(best, value, strict=True) if np.isfinite(v)]
    different: list[End] = []
    for end in sorted(ends, key=lambda e: -e.value):
        if all(distance(end, other) > APART for other in different):
            different.append(end)
    return different


def scattered(log_joint: LogJoint, seed: int, starts: int, w: Array | None) -> Array:
    """(P, D): 0, the peaks among as many groups of random points, and the densest points of groups for the rest."""
    D, rng = log_joint.layout.size, rng_of(seed, Stream.explore, 1)
    groups = [SCALES[k % len(SCALES)] * rng.standard_normal((CANDIDATES, D)) for k in range(starts - 1)]
    if not groups:
        return np.zeros((1, D))
    points = np.concatenate(groups)

    def heights(z: Array) -> Array:
        found = np.asarray(log_joint(z, w))
        return np.where(np.isfinite(found), found, -np.inf)

    top = heights(points)
    densest = [k * CANDIDATES + int(np.argmax(top[k * CANDIDATES :][:CANDIDATES])) for k in range(starts - 1)]
    chosen = list(dict.fromkeys(peaks(points, top, heights, starts - 1) + densest))[: starts - 1]
    return np.concatenate([np.zeros((1, D)), points[chosen]])


def peaks(points: Array, top: Array, heights: Callable[[Array], Array], most: int) -> list[int]:
    """Which of the points (N, D) of heights `top` no higher one can be reached from without a valley in between.

    A log-concave density has no valleys, and so one peak. The densest points alone would all be at the heaviest mode.
    """
    left = np.isfinite(top)
    found: list[int] = []
    while np.any(left) and len(found) < most:
        found.append(int(np.argmax(np.where(left, top, -np.inf))))
        peak = points[found[-1]]
        lowest = np.min([heights(peak + share * (points - peak)) for share in BETWEEN], axis=0)
        left &= lowest < top
    return found


def distance(one: End, other: End) -> float:
    """How far two ends are apart along the worst axis, in sds of the wider."""
    return float(np.max(np.abs(one.mean - other.mean) / np.maximum(one.sd, other.sd), initial=0.0))


def _elbos(log_joint: LogJoint, x: Array, noise: Array, w: Array | None) -> Array:
    """The ELBOs (P,) of guides x = (mean, log sd) (P, 2, D), all on the same noise (S, D)."""
    P, _, D = x.shape
    mean, log_sd = x[:, 0], x[:, 1]
    z = mean[:, None] + anp.exp(log_sd)[:, None] * noise
    heights = anp.reshape(log_joint(anp.reshape(z, (P * len(noise), D)), w), (P, len(noise)))
    return anp.mean(heights, axis=1) + anp.sum(log_sd, axis=1) + D * (0.5 + HALF_LOG_2_PI)


def _climbed(log_joint: LogJoint, x: Array, noise: Array, w: Array | None, steps: int) -> tuple[Array, Array]:
    """The best of each start's points (P, 2, D), and which starts ever were where ELBO and slope are finite (P,)."""
    best, top = x.copy(), np.full(len(x), -np.inf)
    length, last = np.full_like(x, 0.1), np.zeros_like(x)
    for _ in range(steps):
        pull, values = make_vjp(lambda at: _elbos(log_joint, at, noise, w))(x)
        grad = pull(np.ones(len(x)))
        good = np.isfinite(values) & np.all(np.isfinite(grad), axis=(1, 2))
        better = good & (values > top)
        best[better], top[better] = x[better], values[better]
        turned = grad * last
        length = np.where(turned > 0, length * GROW, np.where(turned < 0, length * SHRINK, length))
        length = np.minimum(length, WIDEST_STEP[None, :, None])
        last = np.where(turned < 0, 0.0, grad)
        step = np.sign(last) * length
        # What ran out of range goes back to its best point, with shorter steps.
        lost = ~good
        length[lost] *= SHRINK**3
        last[lost] = 0.0
        x = np.where(lost[:, None, None], best, x + step)
    return best, np.isfinite(top)
