"""Dependences that a fitted guide lacks: a mask that is wrong drops covariance without a word.

With z = transport(noise) and h the gradient of the log joint in the noise, a guide that is the posterior has h = -noise
(both are the slope of a standard normal), and one that is at its optimum has E[h noise'] = -I wherever it has
numbers of its own. Elsewhere E[(h + noise) noise'] is what is missing, as a correlation in the guide's own units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from autograd import make_vjp

from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, normal
from ppl.layout import Layout

Array = Any
MUCH = 0.1  # of a correlation
SURE = 5.0  # errors: among a million pairs hardly one is farther off by chance
HALF = 128  # draws, which are mirrored
MOST = 10


@dataclass(frozen=True)
class Lack:
    """Two latents' elements whose dependence the guide lacks, by name and position, and how much of a correlation."""

    one: tuple[str, tuple[int, ...]]
    other: tuple[str, tuple[int, ...]]
    correlation: float


def lacking(log_joint: LogJoint, fit: Fit) -> tuple[Lack, ...]:
    """The worst pairs, if there are any; none are known of a guide with other noise than one column per coordinate."""
    guide, D = made(fit.guide, log_joint), log_joint.layout.size
    if guide.noise_size(D) != D or guide.stratified is not None or D == 0:
        return ()
    half = normal(fit.seed, Stream.evidence, 1, HALF, D)
    noise = np.concatenate([half, -half])
    with np.errstate(all="ignore"):
        pull, value = make_vjp(lambda e: log_joint(guide.transport(fit.params, e), fit.learned))(noise)
        rest = pull(np.ones_like(value)) + noise
    usable = np.isfinite(rest).all(axis=1)
    rest, noise = rest[usable], noise[usable]
    S = len(noise)
    mean = rest.T @ noise / max(1, S)
    mean = 0.5 * (mean + mean.T)
    square = (rest**2).T @ noise**2 / max(1, S)
    error = np.sqrt((square + square.T) / (2 * max(1, S)))
    far = np.triu((np.abs(mean) > MUCH) & (np.abs(mean) > SURE * error), 1)
    pairs = np.argwhere(far)
    pairs = pairs[np.argsort(-np.abs(mean[far]), kind="stable")][:MOST]
    return tuple(
        Lack(_element(log_joint.layout, int(i)), _element(log_joint.layout, int(j)), float(mean[i, j]))
        for i, j in pairs
    )


def _element(layout: Layout, column: int) -> tuple[str, tuple[int, ...]]:
    slot = next(s for s in layout if column < s.stop)
    return slot.name, tuple(int(k) for k in np.unravel_index(column - slot.start, slot.free_shape))
