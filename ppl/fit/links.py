"""Which coordinates of z meet in the log joint: where its second derivatives are not 0.

Found by moving one coordinate at a time and looking whose slopes change: no formula of the model is needed, and
what the change of variables adds is seen too. Two coordinates meet if they do at any of a few random points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from autograd import make_vjp

from ppl.fit.noise import Stream, rng_of
from ppl.fit.target import LogJoint

Array = Any
POINTS = 3
STEP = 0.1
ROUNDING = 1e-11  # of the largest slope at a point: changes below it are none
CELLS = 1_000_000  # numbers in a batch of moved points


def links(log_joint: LogJoint) -> Array:
    """(D, D) bool, symmetric, True on the diagonal."""
    D = log_joint.layout.size
    found = np.eye(D, dtype=bool)
    rng = rng_of(0, Stream.starts)
    w = np.asarray(log_joint.start_params)

    def slopes(z: Array) -> Array:
        pull, value = make_vjp(lambda free: log_joint(free, w))(z)
        return pull(np.ones_like(value))

    for _ in range(POINTS):
        z = rng.normal(0.0, 0.5, D)
        still = slopes(z[None])[0]
        width = max(1, CELLS // max(1, D))
        for first in range(0, D, width):
            columns = np.arange(first, min(first + width, D))
            moved = np.repeat(z[None], len(columns), axis=0)
            moved[np.arange(len(columns)), columns] += STEP
            changes = np.abs(slopes(moved) - still)
            # What is not finite can't be told: taken as met.
            found[columns] |= ~(changes <= ROUNDING * (1 + np.abs(still)))
    return found | found.T
