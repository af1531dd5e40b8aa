"""Labels that can be exchanged: where the log joint stays the same when two places of a dim change seats.

Then the posterior has an equal mode for every order of them (label switching), and what one mode says of a
single label is a matter of chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ppl.fit.noise import Stream, rng_of
from ppl.log_joint import LogJoint

Array = Any
SAME = 1e-9  # relative difference of a log joint that is none
POINTS = 2


def exchangeable(log_joint: LogJoint, w: Array | None = None) -> list[str]:
    """The dims whose first two places can be exchanged in all latents at once, at random points."""
    dims: dict[str, int] = {}
    for slot in log_joint.layout:
        dims.update(zip(log_joint.axis_names(slot.name), slot.shape, strict=True))
    z = 0.7 * rng_of(0, Stream.explore, 2).standard_normal((POINTS, log_joint.layout.size))
    with np.errstate(all="ignore"):
        found = log_joint.unknown_values(z, w)
        values = {slot.name: found[slot.name] for slot in log_joint.layout}
        here = _height(log_joint, values, w)
        return [
            dim
            for dim, size in dims.items()
            if size > 1
            and np.allclose(
                _height(log_joint, _swapped(log_joint, values, dim), w), here, rtol=SAME, atol=SAME
            )
        ]


def _swapped(log_joint: LogJoint, values: dict[str, Array], dim: str) -> dict[str, Array]:
    found = {}
    for name, value in values.items():
        found[name] = np.array(value)
        for axis, called in enumerate(log_joint.axis_names(name), start=1):
            if called == dim:
                order = np.arange(value.shape[axis])
                order[:2] = 1, 0
                found[name] = np.take(found[name], order, axis=axis)
    return found


def _height(log_joint: LogJoint, values: dict[str, Array], w: Array | None) -> Array:
    """The log density of constrained values; params stay as they are learned."""
    z = log_joint.unconstrain(values)
    terms = log_joint.terms(z, w)
    return np.asarray(sum(value for name, value in terms.items() if name != "log_jacobian"))
