"""The discrete adjoint: gradients of the very numbers that the forward pass made, its steps held fixed.

A Runge-Kutta step y1 = y + h sum b_i f(Y_i), Y_i = y + h sum a_ij f(Y_j) has the adjoint
v_i = h b_i lambda1 + h sum_j a_ji J_j' v_j, lambda = lambda1 + sum_i J_i' v_i, and the args get sum_i v_i df/dargs
(Hager 2000, "Runge-Kutta methods in optimal control and the transformed adjoint system"). The Jacobians J_i of
all stages of all steps come from one vectorised evaluation, so what is left step by step is one small
matrix-vector product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as onp

from ppl.numerics.ode import dormand_prince, radau
from ppl.numerics.ode.march import Step, Tape
from ppl.numerics.ode.rate import Rate
from ppl.numerics.ode.runge_kutta import stages_again

Array = Any
_NUMBERS = 1 << 16  # of a block's Jacobians: what a cache holds
_LARGE = 1 << 14  # Jacobians of this size, over all lanes, cost more than to trace every stage by itself


class Adjoint:
    """Pulls gradients of the results (S, B, T, n) back to the start and to the `wanted` args."""

    def __init__(self, rate: Rate, tape: Tape, wanted: Sequence[int]):
        self.rate, self.tape, self.wanted = rate, tape, wanted
        self.args: list[Array] = [onp.zeros(rate.args[k].shape) for k in wanted]

    def pull(self, g: Array) -> Array:
        """The gradient of the start (S, B, n); those of the args are then in `args`."""
        S, B, T, n = g.shape
        entering: dict[int, Array] = {}
        for k in range(T):
            mark = self.tape.marks[k]
            entering[mark] = entering[mark] + g[:, :, k] if mark in entering else g[:, :, k]
        weight = onp.zeros((S, B, n))
        is_large = S * B * n * n > _LARGE
        for first, steps in reversed(_blocks(self.tape.steps, S * B * n * n)):
            pull = self._one_by_one if is_large and steps[0].stages is None else self._block
            weight = pull(first, steps, entering, weight)
        return weight + entering.get(0, 0.0)

    def _block(self, first: int, steps: Sequence[Step], entering: dict[int, Array], weight: Array) -> Array:
        t, h = (onp.array([getattr(step, name) for step in steps]) for name in ("t", "h"))
        alive = self.tape.until > first + onp.arange(len(steps))[:, None, None]
        y = onp.stack([step.y for step in steps])
        if steps[0].stages is None:
            method: Any = dormand_prince
            states = stages_again(self.rate, t, h, y, alive)
        else:
            method = radau
            states = onp.stack([step.stages for step in steps], axis=1)
        points = (t + method.C[:, None] * h).reshape(-1)
        flat = states.reshape(-1, *y.shape[1:])
        jacobian = self.rate.jacobian(points, flat).reshape(*states.shape, states.shape[-1])
        if not alive.all():
            jacobian = onp.where(alive[..., None, None], jacobian, 0.0)
        sources, whole = (_explicit if method is dormand_prince else _implicit)(jacobian, h)
        weights = onp.empty((*y.shape, 1))
        for k in range(len(steps) - 1, -1, -1):
            got = entering.get(first + k + 1)
            if got is not None:
                weight = weight + got
            weights[k, ..., 0] = weight
            weight = (whole[k] @ weights[k])[..., 0]
        if self.wanted:
            v = (sources @ weights)[..., 0]
            if not alive.all():
                v = onp.where(alive[..., None], v, 0.0)
            found = self.rate.pull_args(points, flat, v.reshape(flat.shape), self.wanted)
            self.args = [a + b for a, b in zip(self.args, found, strict=True)]
        return weight

    def _one_by_one(
        self, first: int, steps: Sequence[Step], entering: dict[int, Array], weight: Array
    ) -> Array:
        """The same for explicit steps without any Jacobian: every stage is traced and pulled in its turn."""
        A, B, C = dormand_prince.A, dormand_prince.B, dormand_prince.C
        for k in range(len(steps) - 1, -1, -1):
            step, got = steps[k], entering.get(first + k + 1)
            alive = self.tape.until > first + k
            if got is not None:
                weight = weight + got
            t, h = (onp.array([x]) for x in (step.t, step.h))
            states = stages_again(self.rate, t, h, step.y[None], alive[None])[:, 0]
            pulled = onp.zeros((len(C), *weight.shape))
            for i in range(len(C) - 1, -1, -1):
                v = step.h * (B[i] * weight + onp.tensordot(A[i + 1 :, i], pulled[i + 1 :], 1))
                v = onp.where(alive[..., None], v, 0.0)
                now, *found = self.rate.pull(step.t + C[i] * step.h, states[i], v, self.wanted)
                pulled[i] = onp.where(alive[..., None], now, 0.0)
                self.args = [a + b for a, b in zip(self.args, found, strict=True)]
            weight = weight + pulled.sum(axis=0)
        return weight


def _blocks(steps: Sequence[Step], numbers: int) -> list[tuple[int, Sequence[Step]]]:
    """Runs of steps of one method, with the number of steps before each."""
    found: list[tuple[int, Sequence[Step]]] = []
    start = 0
    while start < len(steps):
        explicit = steps[start].stages is None
        stages = dormand_prince.STAGES if explicit else radau.STAGES**2
        stop = min(len(steps), start + max(1, _NUMBERS // max(1, stages * numbers)))
        while (steps[stop - 1].stages is None) != explicit:
            stop -= 1
        found.append((start, steps[start:stop]))
        start = stop
    return found


def _explicit(jacobian: Array, h: Array) -> tuple[Array, Array]:
    """v_i and lambda as matrices (s, K, S, B, n, n) and (K, S, B, n, n) that act on lambda1."""
    stages, n = len(jacobian), jacobian.shape[-1]
    pulled = onp.empty(jacobian.shape)
    flat = pulled.reshape(stages, -1)
    sources = onp.empty(jacobian.shape)
    wide, unit = h.reshape(-1, 1, 1, 1, 1), onp.eye(n)
    for i in range(stages - 1, -1, -1):
        later = onp.dot(dormand_prince.A[i + 1 :, i], flat[i + 1 :]).reshape(jacobian.shape[1:])
        sources[i] = wide * (dormand_prince.B[i] * unit + later)
        pulled[i] = jacobian[i] @ sources[i]
    return sources, unit + pulled.sum(axis=0)


def _implicit(jacobian: Array, h: Array) -> tuple[Array, Array]:
    """The same where every stage depends on every other: one linear system a step."""
    stages, n = len(jacobian), jacobian.shape[-1]
    shape = jacobian.shape[1:-2]
    by_step = onp.moveaxis(jacobian, 0, -3)  # (K, S, B, j, n, n)
    coupled = onp.einsum("ji,...jab->...iajb", radau.A, by_step) * h.reshape(-1, 1, 1, 1, 1, 1, 1)
    system = onp.eye(stages * n) - coupled.reshape(*shape, stages * n, stages * n)
    right = onp.einsum("i,ab->iab", radau.B, onp.eye(n)).reshape(stages * n, n) * h.reshape(-1, 1, 1, 1, 1)
    try:
        found = onp.linalg.solve(system, right).reshape(*shape, stages, n, n)
    except onp.linalg.LinAlgError:
        found = onp.full((*shape, stages, n, n), onp.nan)
    sources = onp.moveaxis(found, -3, 0)
    return sources, onp.eye(n) + (jacobian @ sources).sum(axis=0)
