"""From time to time in steps whose error stays below the tolerance, for all draws and lanes at once.

One step size serves all, so that the values are smooth in the draws but for the choice of steps. Work is
bounded: a lane whose step underflows (a solution that ends in finite time, a rate that is not finite), or
that alone keeps the others at a small part of their step for long, is given up and stands still; its later
values are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as onp

from ppl.numerics.ode.radau import Implicit
from ppl.numerics.ode.rate import Rate
from ppl.numerics.ode.runge_kutta import Explicit

Array = Any
MOST = 30_000  # attempts of a call
_EXPLICIT = 10_000  # attempts after which stiffness is taken for granted
_WORTH = 500  # steps ahead for which changing to the implicit method pays
_ALONE = 3_000  # steps that one lane may hold the others back,
_BEHIND = 8.0  # to less than this part of what half of the lanes could do
_WATCH = 500  # attempts before anyone looks for such lanes
_SAFE, _UP, _DOWN = 0.9, 10.0, 0.1
_STILL = 10 * onp.finfo(float).eps  # of the time: steps shorter than that don't move it


@dataclass(frozen=True)
class Step:
    """A step as the adjoint needs it: from y (S, B, n) and its rate f at t, over h, with an implicit one's stages."""

    t: float
    h: float
    y: Array
    f: Array
    stages: Array


@dataclass
class Tape:
    """The accepted steps, and how many came before each result, each lane's last finite one, and its end."""

    steps: list[Step] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    until: Array = None  # (S, B)
    died: Array = None  # (S, B)


class March:
    """The state of one call on its way."""

    def __init__(self, rate: Rate, y0: Array, times: Array, rtol: float, atol: float):
        self.rate, self.times, self.y0, self.y = rate, times, y0, y0
        self.t = float(times[0])
        self.rtol, self.atol = rtol, atol
        self.method: Explicit | Implicit = Explicit(rate, y0.shape, rtol, atol)
        self.tape = Tape(until=onp.zeros(y0.shape[:2], int), died=onp.full(y0.shape[:2], 10 * MOST))
        self.alive = onp.ones(y0.shape[:2], bool)
        self.f = onp.array(onp.broadcast_to(rate(self.t, y0), y0.shape))
        self.attempts = 0
        self.blame = onp.zeros(y0.shape[:2], int)
        self._lose(~(onp.isfinite(self.f) & onp.isfinite(y0)).all(axis=-1))
        self.h = self._first() if self.alive.any() and times[-1] > times[0] else 0.0

    def run(self) -> Array:
        """The results (S, B, T, n) at all times after the first."""
        S, B, n = self.y0.shape
        out = onp.empty((S, B, len(self.times) - 1, n))
        for k, end in enumerate(self.times[1:]):
            self._reach(float(end))
            self.tape.marks.append(len(self.tape.steps))
            self.tape.until[self.alive] = len(self.tape.steps)
            out[:, :, k] = self.y
            if not self.alive.all():
                out[~self.alive, k] = onp.nan
        return out

    def _reach(self, end: float) -> None:
        if not self.t <= end < onp.inf:  # NaN, or back in time: no solution
            self._lose(self.alive.copy())
        while self.t < end and self.alive.any():
            if self.attempts >= MOST:
                self._lose(self.alive.copy())
                return
            self.attempts += 1
            self._step(end)

    def _step(self, end: float) -> None:
        left = end - self.t
        h = left if 1.01 * self.h >= left else left / 2 if 2 * self.h > left else self.h
        t1 = end if h == left else self.t + h
        h = t1 - self.t  # as rounded: at t = 1e9 the clock is coarse
        y1, error = self.method.attempt(self.t, self.y, h, self.f)
        error = onp.where(onp.isfinite(error) & onp.isfinite(y1).all(axis=-1), error, onp.inf)
        if self.rate.alive is not None:
            error = onp.where(self.alive, error, 0.0)
        self._watch(error)
        worst = float(error.max(initial=0.0))
        if worst <= 1:
            f1 = onp.broadcast_to(self.rate(t1, y1), y1.shape)
            if onp.isfinite(f1).all():
                self._accept(t1, h, y1, f1, worst)
                self._underflow(h, error, left)
                return
            error = onp.where(onp.isfinite(f1).all(axis=-1), error, onp.inf)
            worst = onp.inf
        self.h = h * self._factor(worst, 1.0)
        self._underflow(h, error, left)

    def _underflow(self, h: float, error: Array, left: float) -> None:
        """Where the next step would no longer move the time, the lanes that ask for it end."""
        floor = _STILL * abs(self.t) + 1e-60 * left
        if self.h > floor:
            return
        own = onp.array([h * self._factor(float(e), _UP) for e in error.flat]).reshape(error.shape)
        self._lose((own <= floor) & self.alive)
        self.h = max(h * self._factor(float(onp.where(self.alive, error, 0.0).max()), _UP), floor)

    def _accept(self, t1: float, h: float, y1: Array, f1: Array, worst: float) -> None:
        self.tape.steps.append(Step(self.t, h, self.y, self.f, self.method.stages))
        self.method.accept(h, y1, f1)
        self.t, self.y, self.f = t1, y1, onp.array(f1)
        if h < 0.1 * self.h:  # cut short by a time that was asked for, it says nothing of the next one
            return
        grown = h * self._factor(worst, _UP)
        # An implicit step of the same length needs no new factors.
        self.h = h if isinstance(self.method, Implicit) and h <= grown <= 1.2 * h else grown
        ahead = float(self.times[-1]) - t1
        if isinstance(self.method, Explicit) and (
            (self.method.stiff and ahead > _WORTH * self.h) or self.attempts > _EXPLICIT
        ):
            self.method = Implicit(self.rate, self.y0.shape, self.rtol, self.atol)

    def _factor(self, error: float, most: float) -> float:
        if not error < onp.inf:
            return _DOWN
        return float(min(most, max(_DOWN, _SAFE * max(error, 1e-30) ** (-1.0 / self.method.order))))

    def _watch(self, error: Array) -> None:
        """Gives up lanes that alone hold back all others."""
        if self.attempts < _WATCH or self.alive.sum() < 2:
            return
        possible = onp.maximum(error, 1e-30) ** (-1.0 / self.method.order)
        self.blame += self.alive & (_BEHIND * possible < onp.median(possible[self.alive]))
        if self.blame.max() > _ALONE:
            self._lose(self.alive & (self.blame > _ALONE))

    def _lose(self, lost: Array) -> None:
        """These lanes end here; they wait at their start, where the rate is known to be harmless."""
        lost = lost & self.alive
        if not lost.any():
            return
        self.alive = self.alive & ~lost
        self.rate.alive = self.alive
        self.tape.died[lost] = len(self.tape.steps)
        wait = onp.where(onp.isfinite(self.y0), self.y0, 1.0)
        self.y = onp.where(lost[..., None], wait, self.y)
        self.f = onp.where(lost[..., None], 0.0, self.f)
        self.method.forget()

    def _first(self) -> float:
        """A first step (Hairer, Norsett and Wanner II.4), the smallest over the lanes."""
        scale = self.atol + self.rtol * onp.abs(self.y)
        size, speed = (_rms(x / scale)[self.alive] for x in (self.y, self.f))
        tame = (size > 1e-5) & (speed > 1e-5)
        h = onp.where(tame, 0.01 * size / onp.where(tame, speed, 1.0), 1e-6)
        span = float(self.times[-1]) - self.t
        h0 = min(max(float(h.min()), 10 * _STILL * abs(self.t), 1e-30 * span), span)
        bent = _rms((self.rate(self.t + h0, self.y + h0 * self.f) - self.f) / scale)[self.alive] / h0
        most = float(onp.maximum(onp.where(onp.isfinite(bent), bent, 0.0), speed).max())
        h1 = max(1e-6, h0 * 1e-3) if most <= 1e-15 else (0.01 / most) ** (1.0 / self.method.order)
        return min(100 * h0, max(h1, h0), span)


def _rms(x: Array) -> Array:
    return onp.sqrt((x * x).mean(axis=-1))
