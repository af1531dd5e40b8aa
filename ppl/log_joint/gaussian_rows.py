"""Gaussian rows with one sd about an affine function of few unknowns, replaced by as many rows as there are unknowns.

With eta = X theta + offset and [X, y - offset] = Q [R, c; 0, r], by QR, |y - eta|² = |c - R theta|² + r².
The log density is the same for every theta, and what it costs does not depend on how many rows there are.
Source: Golub & Van Loan, Matrix computations (2013), section 5.3.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import distributions
from ppl.graph.model import Relation
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of
from ppl.log_joint.tape import Slot
from ppl.numerics.saddle_point import HALF_LOG_2PI

Array = Any
FEWEST = 1000  # rows
PER_UNKNOWN = 20  # rows at least
WIDEST = 64  # unknowns
MOST = 30_000_000  # coefficients
LONGEST = 200  # operations on the way from the unknowns to the rows
ROUNDING = 1e-10
BLOCK = 20_000  # rows at a time


def gaussian_total(low: Lowering, relation: Relation, total: Slot, unknowns: Collection[str]) -> Slot | None:
    """The `total` of a relation's log densities in that form, where it has it and that pays."""
    density = relation.density
    is_normal = density.kind is distributions["Normal"] and tuple(density.args) == ("loc", "scale")
    if not is_normal or density.lower is not None or density.upper is not None or relation.ordered:
        return None
    if onp.size(low.bound.data.get(relation.name, ())) < FEWEST:
        return None
    scale = low.lower(density.args["scale"], frame_of(low, relation.where))
    made = {step.out: step for step in low.tape.steps}
    rows = made[total.id].args if total.id in made else ()
    args = made[rows[0]].args if len(rows) == 1 and rows[0] in made else ()
    if scale.axes or len(args) != 3 or args[0] not in low.tape.constants or args[1] in low.tape.constants:
        return None
    inputs = {low.variables[name].id: low.variables[name] for name in unknowns}
    read = _read(low, args[1], set(inputs))
    if not read:
        return None
    with onp.errstate(all="ignore"):
        y = low.tape.constants[args[0]]
        return _compressed(low, [inputs[i] for i in inputs if i in read], y, Slot(args[1], (), True), scale)


def _read(low: Lowering, wanted: int, inputs: set[int]) -> set[int] | None:
    """Which unknowns a value is made of; None where it needs something else that is not a constant, or much."""
    needed, found, count = {wanted}, set(), 0
    for step in reversed(low.tape.steps):
        if step.out in needed:
            needed.discard(step.out)
            if step.out in inputs:
                found.add(step.out)
                continue
            count += 1
            needed.update(i for i in step.args if i not in low.tape.constants)
    return None if needed or count > LONGEST else found


def _compressed(low: Lowering, inputs: list[Slot], y: Array, loc: Slot, scale: Slot) -> Slot | None:
    tape, shape = low.tape, onp.shape(y)
    sizes = [int(onp.prod(slot.shape)) for slot in inputs]
    K, N = sum(sizes), int(onp.size(y))
    if K > WIDEST or K * N > MOST or max(FEWEST, PER_UNKNOWN * K) > N:
        return None

    def at(theta: Array) -> Array:
        """The means (S, N) of all rows at unknowns (S, K)."""
        given, start = {}, 0
        for slot, size in zip(inputs, sizes, strict=True):
            given[slot.id] = onp.reshape(theta[:, start : start + size], (len(theta), *slot.shape))
            start += size
        value = tape.run(given, [loc])[0]
        return onp.reshape(onp.broadcast_to(value, (len(theta), *shape)), (len(theta), N))

    offset = at(onp.zeros((1, K)))[0]
    X = onp.concatenate([at(row[None]) - offset for row in onp.eye(K)])
    rng = onp.random.default_rng(0)
    for reach in (0.1, 3.0, 100.0):
        theta = reach * rng.standard_normal(K)
        size = onp.abs(theta) @ onp.abs(X) + onp.abs(offset)
        if not onp.all(onp.abs(at(theta[None])[0] - theta @ X - offset) <= ROUNDING * size):
            return None
    target = onp.reshape(y, N) - offset
    R = triangle(X, target)
    if not onp.isfinite(R).all():
        return None
    factor, c, rest = R[:K, :K], R[:K, K], float(R[K, K]) ** 2
    # The key stands for R, of which `factor` is a view: it is never freed while the tape lives.
    ends = onp.cumsum([0, *sizes])

    def total(scale: Array, *values: Array) -> Array:
        away = c
        for k, value in enumerate(values):
            part = factor[:, ends[k] : ends[k + 1]]
            away = away - np.dot(np.reshape(value, (np.shape(value)[0], -1)), part.T)
        s = np.reshape(scale, (-1,))
        return -N * (np.log(s) + HALF_LOG_2PI) - 0.5 * (np.sum(away**2, axis=1) + rest) / s**2

    return tape.emit(("gaussian rows", id(R)), total, [scale, *inputs], ())


def triangle(X: Array, target: Array) -> Array:
    """The triangular factor (K + 1, K + 1) of [X', target], X being (K, N)."""
    factor: Array = onp.zeros((0, len(X) + 1))
    for first in range(0, len(target), BLOCK):
        rows = onp.concatenate([X[:, first : first + BLOCK], target[None, first : first + BLOCK]]).T
        factor = onp.asarray(onp.linalg.qr(onp.concatenate([factor, rows]), mode="r"))
    return factor
