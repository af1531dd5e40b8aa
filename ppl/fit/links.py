"""Which coordinates of z meet in the log joint: where its second derivatives are not 0.

Found by moving coordinates and looking whose slopes change: no formula of the model is needed, and what the change of
variables adds is seen too. Two coordinates meet if they do at any of a few random points. The elements of an array are
moved one by one only where they meet each other: that they don't shows when those whose position has some
binary digit 0 move, and nothing changes at those where it is 1, for every digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from ppl.fit.noise import Stream, rng_of
from ppl.fit.target import LogJoint, slopes
from ppl.layout import Slot

Array = Any
POINTS = 3
SPREAD = 0.5  # of the points
STEP = 0.1
ROUNDING = 1e-11  # of the slope at a point: changes below it are none
FEW = 12  # elements of an array that are moved one by one in any case
BATCH = 64


def links(log_joint: LogJoint) -> Array:
    """(D, D) bool, symmetric, True on the diagonal."""
    D = log_joint.layout.size
    found = np.eye(D, dtype=bool)
    slots = list(log_joint.layout)
    large = [slot for slot in slots if slot.stop - slot.start > FEW]
    halves = [_halves(slot) for slot in large]
    moved = _changes(log_joint, [half for both in halves for half in both])
    starts = np.cumsum([0, *(len(both) for both in halves)])
    reach = {slot.name: moved[a:b] for slot, a, b in zip(large, starts, starts[1:], strict=False)}
    singly = [slot.name for slot in slots if slot not in large]
    for one, other in combinations_with_replacement(sorted(large, key=lambda s: s.stop - s.start), 2):
        if one.name in singly or other.name in singly:
            continue
        if _mixed(reach[one.name], one, other):
            singly.append(one.name)
        else:
            met = np.flatnonzero(reach[one.name][:, other.columns].any(axis=0))
            found[one.start + met, other.start + met] = True
    columns = [i for slot in slots if slot.name in singly for i in range(slot.start, slot.stop)]
    found[columns] |= _changes(log_joint, [np.array([i]) for i in columns])
    return found | found.T


def _halves(slot: Slot) -> list[Array]:
    """For each binary digit of the positions in a slot, the columns where it is 0, and those where it is 1."""
    positions = np.arange(slot.stop - slot.start)
    digits = range(int(positions[-1]).bit_length())
    return [
        slot.start + np.flatnonzero((positions >> digit) & 1 == side) for digit in digits for side in (0, 1)
    ]


def _mixed(reach: Array, one: Slot, other: Slot) -> bool:
    """Whether elements of one slot meet others of a slot than those in their own position."""
    changed = reach[:, other.columns]
    if one.stop - one.start != other.stop - other.start:
        return bool(changed.any())
    positions = np.arange(changed.shape[1])
    return any(np.any(row & ((positions >> (k // 2)) & 1 != k % 2)) for k, row in enumerate(changed))


def _changes(log_joint: LogJoint, groups: Sequence[Array]) -> Array:
    """(groups, D): whose slopes change when the columns of a group are moved, at any of the points."""
    found = np.zeros((len(groups), log_joint.layout.size), dtype=bool)
    rng = rng_of(0, Stream.starts)
    # On two threads BLAS adds in another order, and rounding might look like a link.
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        for _ in range(POINTS):
            found |= _changes_at(log_joint, groups, rng)
    return found


def _changes_at(log_joint: LogJoint, groups: Sequence[Array], rng: np.random.Generator) -> Array:
    """The same at one random point. Learned values are moved from their start too, where many links may be 0."""
    D, w = log_joint.layout.size, np.asarray(log_joint.start_params)
    w = w + rng.normal(0.0, SPREAD, len(w))
    found = np.zeros((len(groups), D), dtype=bool)
    z = rng.normal(0.0, SPREAD, D)
    steps = STEP * rng.choice([-1.0, 1.0], D) * rng.uniform(0.5, 1.5, D)
    still = slopes(log_joint, z[None], w)[0]
    for first in range(0, len(groups), BATCH):
        batch = groups[first : first + BATCH]
        moved = np.repeat(z[None], len(batch), axis=0)
        for row, columns in zip(moved, batch, strict=True):
            row[columns] += steps[columns]
        # What is not finite can't be told: taken as met.
        changes = np.abs(slopes(log_joint, moved, w) - still)
        found[first : first + BATCH] = ~(changes <= ROUNDING * (1 + np.abs(still)))
    return found
