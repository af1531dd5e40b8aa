"""Random numbers that depend on what they are for, and on nothing else.

Philox is a function of (key, counter): keyed by (seed, stream) and set to the step, it gives the
same noise through any door, in any order of asking and on any number of threads.
Source: Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np

Array = Any


class Stream(IntEnum):
    """What a sequence of random numbers is for."""

    fixed = 0
    starts = 1
    steps = 2
    evidence = 3
    summary = 4
    posterior = 5
    predict = 6
    ladder = 7
    scouts = 8
    chains = 9
    tempering = 10
    explore = 11


def rng_of(seed: int, stream: Stream, step: int = 0) -> np.random.Generator:
    """The generator for one step of one stream."""
    mask = 2**64 - 1
    key = np.array([seed & mask, int(stream)], dtype=np.uint64)
    # The step is the counter's highest word: no two steps can run into each other.
    counter = np.array([0, 0, 0, step], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def normal(seed: int, stream: Stream, step: int, draws: int, size: int) -> Array:
    """Standard normal noise (draws, size)."""
    return rng_of(seed, stream, step).standard_normal((draws, size))


def mirrored(
    seed: int,
    stream: Stream,
    step: int,
    draws: int,
    size: int,
    regular: Callable[[Array], Array] | None = None,
) -> Array:
    """Standard normal noise (draws, size) whose sample mean is exactly 0 and covariance exactly I.

    A mean over it is exact for polynomials of degree 3, so a Gaussian guide fitted to a Gaussian target on it is
    fitted exactly. With fewer draws than 2 `size` that holds of each coordinate by itself, or of what a guide's own
    `regular` makes even.
    """
    half = normal(seed, stream, step, max(1, draws // 2), size)
    half = evened(half) if regular is None or len(half) >= size else regular(half)
    return np.concatenate([half, -half])


def evened(half: Array) -> Array:
    """Half of a mirrored set of draws, its covariance made I: all of it where there are draws enough for that."""
    if half.shape[1] == 0:
        return half
    if len(half) < half.shape[1]:
        return half / np.sqrt(np.mean(half**2, axis=0))
    # The mirror image adds nothing to half' half but a factor 2, which the mean takes back.
    chol = np.linalg.cholesky(half.T @ half / len(half))
    return np.linalg.solve(chol, half.T).T


def always(noise: Array) -> Callable[[int], Array]:
    """The same noise at every step."""
    return lambda _step: noise
