"""Explicit Runge-Kutta steps of order 8, and the signs of stiffness.

At the tolerances that gradients of a log joint want, this method needs two thirds of the evaluations of
Dormand and Prince's 5(4) pair.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.numerics.ode.dormand_prince import ERRORS, STAGES, A, B, C
from ppl.numerics.ode.rate import Rate

Array = Any
# h times the spectral radius: the region of stability ends at 6.4 on the real axis, and steps that it limits hover
# between 5.7 and there; those that accuracy limits stay far below.
_STABLE = 5.0
_SUSPECT = 15  # accepted steps in a row at that end, after which the problem counts as stiff


class Explicit:
    """One step at a time, for all draws and lanes; `stiff` once stability and not accuracy rules the steps."""

    order = 8

    def __init__(self, rate: Rate, shape: tuple[int, ...], rtol: float, atol: float):
        self.rate, self.shape, self.rtol, self.atol = rate, shape, rtol, atol
        self._k = onp.empty((STAGES, *shape))
        self._flat = self._k.reshape(STAGES, -1)
        self._plan = [  # the stages after the first: row of A, slopes so far, node, where the slope goes
            (A[i, :i], self._flat[:i], float(C[i]), self._k[i]) for i in range(1, STAGES)
        ]
        self._last: Array = None
        self._limited = 0

    def attempt(self, t: float, y: Array, h: float, f: Array) -> tuple[Array, Array]:
        """y at t + h and the error's norm of each lane (S, B), in units of the tolerance."""
        k, flat, shape = self._k, self._flat, self.shape
        k[0] = f
        rate, x = self.rate, y
        for row, past, c, out in self._plan:
            x = y + onp.dot(h * row, past).reshape(shape)
            out[...] = rate(t + c * h, x)
        self._last = x
        y1 = y + onp.dot(h * B, flat).reshape(shape)
        scale = self.atol + self.rtol * onp.maximum(onp.abs(y), onp.abs(y1))
        squares = ((onp.dot(ERRORS, flat).reshape(2, *shape) / scale) ** 2).sum(axis=-1)
        both = onp.sqrt((squares[0] + 0.01 * squares[1]) * max(shape[-1], 1))
        return y1, onp.divide(abs(h) * squares[0], both, out=onp.zeros(both.shape), where=both != 0)

    def accept(self, h: float, y1: Array, f1: Array) -> None:
        """Watches h |df| / |dy| between the last stage and the new state, both at t + h (Hairer, IV.2)."""
        far = onp.sqrt(((y1 - self._last) ** 2).sum(axis=-1))
        slope = onp.sqrt(((f1 - self._k[-1]) ** 2).sum(axis=-1))
        limited = (h * slope > _STABLE * far) & (far > 0)
        self._limited = self._limited + 1 if limited.any() else 0

    def forget(self) -> None:
        """Lanes were given up; nothing of the past is kept here."""

    @property
    def stiff(self) -> bool:
        return self._limited >= _SUSPECT

    @property
    def stages(self) -> None:
        """Nothing to remember: the stages follow from the state."""
        return


def stages_again(rate: Rate, t: Array, h: Array, y: Array, alive: Array) -> Array:
    """The stages' states (s, K, S, B, n) of K steps at once, from their starts; lanes not `alive` stand still."""
    states = onp.empty((STAGES, *y.shape))
    slopes = onp.empty((STAGES, *y.shape))
    flat = slopes.reshape(STAGES, -1)
    wide = h.reshape(-1, *(1,) * (y.ndim - 1))
    for i in range(STAGES):
        states[i] = y + wide * onp.dot(A[i, :i], flat[:i]).reshape(y.shape) if i else y
        if i + 1 < STAGES:
            slopes[i] = rate.at(t + C[i] * h, states[i])
            if not alive.all():
                slopes[i][~alive] = 0.0
    return states
