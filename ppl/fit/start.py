"""Where a fit starts.

The first start is 0 with sd 0.3 in unconstrained space; if the objective or its gradient is not
finite there, others are tried, narrower or elsewhere, before giving up with the name of the term
that was not finite most often.

A few steps from there can lead to a wide Gaussian over several modes and the valleys between them, which may be a
maximum of the ELBO among Gaussians, nats below that at any of the modes. Its own draws tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from ppl.fit.explore import peaks
from ppl.fit.noise import Stream, rng_of
from ppl.fit.target import Array, LogJoint, culprit
from ppl.fit.trouble import no_start

SD = 0.3
TRIES = 24
NARROWER = 3.0


def candidates(size: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """(mean, sd) of the guides to try first: 0 at three scales, then elsewhere, ever wider."""
    for sd in (SD, SD / 10, SD / 1000):
        yield np.zeros(size), np.full(size, sd)
    rng = rng_of(seed, Stream.starts)
    for attempt in range(TRIES - 3):
        reach = 0.5 * 1.25**attempt
        yield rng.uniform(-reach, reach, size), np.full(size, SD / 10 ** (attempt % 3))


def first_finite(
    log_joint: LogJoint, seed: int, works: Callable[[Array, Array], bool]
) -> tuple[Array, Array]:
    """The first candidate (mean, sd) that works, or a StartError."""
    size = log_joint.layout.size
    w = np.asarray(log_joint.start_params) if log_joint.param_layout.size else None
    blamed: Counter[str | None] = Counter()
    tried = 0
    for mean, sd in candidates(size, seed):
        if works(mean, sd):
            return mean, sd
        tried += 1
        noise = rng_of(seed, Stream.starts, tried).standard_normal((16, size))
        blamed[culprit(log_joint, mean + sd * noise, w)] += 1
        if size == 0:
            break  # there is but one place to be
    term, count = blamed.most_common(1)[0]
    raise no_start(term, count, tried)


def at_one_mode(
    mean: Array,
    sd: Array,
    noise: Array,
    heights: Callable[[Array], Array],
    worth: Callable[[Array, Array], float],
) -> tuple[Array, Array]:
    """(mean, sd) as they are, or a narrower Gaussian at one of its draws where that is worth more.

    That is asked only where there are valleys between the draws, and so never of a log-concave density.
    `heights` are log densities of z (S, D), and `worth` is the objective's value, which may favour the wider one.
    """
    draws = mean + sd * noise
    found = peaks(draws, heights(draws), heights, len(draws))
    if len(found) < 2:
        return mean, sd
    places = [(mean, sd), *((draws[i], sd / NARROWER) for i in found)]
    values = np.array([worth(*place) for place in places])
    return places[int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))]
