"""An implicit Runge-Kutta method for stiff problems: Radau IIA with 5 stages, order 9, L-stable.

Source: Hairer and Wanner (1996), "Solving Ordinary Differential Equations II", 2nd edition, section IV.8, and
their "Stiff differential equations solved by Radau methods" (1999) for more than 3 stages. A Rosenbrock method
has the Jacobian inside its formula, so that its adjoint needs second derivatives of the rate; here Newton's
method only finds the stages, and first derivatives give the adjoint exactly. The coefficients are those of
collocation at the Radau points, computed in Legendre's basis.
"""

from __future__ import annotations

from typing import Any

import numpy as onp
from numpy.polynomial import legendre

from ppl.numerics.ode.rate import Rate

Array = Any
STAGES = 5


def _nodes() -> Array:
    """The zeros of P_s - P_(s-1), moved to [0, 1]; the last is 1."""
    last = onp.zeros(STAGES + 1)
    last[-2:] = -1.0, 1.0
    x = onp.sort(legendre.legroots(last).real)
    for _ in range(3):
        x = x - legendre.legval(x, last) / legendre.legval(x, legendre.legder(last))
    x[-1] = 1.0
    return (x + 1.0) / 2.0


def _integrals(c: Array) -> Array:
    """A: row i integrates from 0 to c_i what goes through the values at the nodes."""
    upto = onp.stack(
        [legendre.legval(2 * c - 1, legendre.legint(row, lbnd=-1) / 2) for row in onp.eye(len(c))]
    )
    return onp.linalg.solve(legendre.legvander(2 * c - 1, len(c) - 1).T, upto).T


C = _nodes()
A = _integrals(C)
B = A[-1]  # stiffly accurate: the last stage is the new state
_INVERSE = onp.linalg.inv(A)
_values, _vectors = onp.linalg.eig(_INVERSE)
_chosen = onp.flatnonzero(_values.imag > -1e-9)  # one of each conjugate pair stands for both
_chosen = _chosen[onp.argsort(onp.abs(_values.imag[_chosen]))]
_EIGENVALUES = _values[_chosen]
_INTO = onp.linalg.inv(_vectors)[_chosen]
_BACK = _vectors[:, _chosen] * onp.where(onp.abs(_EIGENVALUES.imag) < 1e-9, 1.0, 2.0)
_REAL = float(_EIGENVALUES[0].real)
# Weights of the stages' displacements in the difference to an embedded formula of order s that also uses the
# rate at the start, with weight 1 / _REAL (Hairer and Wanner IV.8, equations 8.17 to 8.20).
_ERROR = onp.linalg.solve(
    A.T, onp.linalg.solve(onp.vander(C, increasing=True).T, -onp.eye(STAGES)[0] / _REAL)
)
_FROM_ZERO = onp.linalg.inv(legendre.legvander(2 * onp.concatenate([[0.0], C]) - 1, STAGES))
_ITERATIONS = 12
_EXACT = 1e-3  # of the tolerance: what Newton's method leaves, so that the adjoint fits the values
_KEEP = 0.1  # rate of convergence below which the next step may use the same Jacobian: its trace costs ten iterations


class Implicit:
    """One step at a time, for all draws and lanes."""

    order = STAGES + 1  # of the error's estimate, by which steps are chosen
    stiff = False

    def __init__(self, rate: Rate, shape: tuple[int, ...], rtol: float, atol: float):
        self.rate, self.shape = rate, shape
        self.rtol, self.atol = rtol, atol
        # The estimate is of order s and the method of order 2 s - 1. The values would bear far more than this
        # (Hairer and Wanner ask for 0.1 rtol^0.6), but the derivatives of fast transitions would not.
        self.loose = min(10.0 * rtol, 1e-2)
        self.floor = atol * self.loose / rtol
        self.stages: Array = None
        self._jacobian: Array = None
        self._inverse: Array = None
        self._h = 0.0
        self._before: Array = None  # displacements and length of the last accepted step
        self._before_h = 0.0
        self._fresh = False
        self._slow = 1.0

    def attempt(self, t: float, y: Array, h: float, f: Array) -> tuple[Array, Array]:
        """y at t + h and the error's norm of each lane (S, B), in units of the tolerance."""
        while True:
            fresh = self._fresh
            if not self._factorise(t, y, h):
                return y, onp.full(self.shape[:2], onp.inf)
            z, failed = self._displacements(t, y, h)
            if fresh or self._fresh or not failed.any():
                break
            self._jacobian = None
        self.stages = y + z
        scale = self.floor + self.loose * onp.maximum(onp.abs(y), onp.abs(self.stages[-1]))
        part = (_REAL / h) * onp.tensordot(_ERROR, z, 1)
        error = _norm(self._filtered(f + part) / scale)
        if self._before is None and (error > 1).any():  # the first step: the filter of stiff parts once more
            error = _norm(self._filtered(self.rate(t, y + self._filtered(f + part)) + part) / scale)
        return self.stages[-1], onp.where(failed, onp.inf, error)

    def accept(self, h: float, _y1: Array, _f1: Array) -> None:
        """The step was taken."""
        self._before, self._before_h = self.stages - self._start, h
        self._fresh = False
        if self._slow > _KEEP:
            self._jacobian = None

    def forget(self) -> None:
        """Lanes were given up: nothing of the past holds."""
        self._jacobian = self._before = None

    def _factorise(self, t: float, y: Array, h: float) -> bool:
        self._start = y
        if self._jacobian is None:
            found = onp.swapaxes(self.rate.jacobian(onp.array([t]), y[None])[0], -1, -2)
            self._jacobian = onp.where(onp.isfinite(found), found, 0.0)
            self._fresh, self._inverse = True, None
        if self._inverse is None or h != self._h:
            self._h = h
            shifts = (_EIGENVALUES / h).reshape(-1, 1, 1, 1, 1)
            try:
                self._inverse = onp.linalg.inv(shifts * onp.eye(self.shape[-1]) - self._jacobian)
            except onp.linalg.LinAlgError:
                self._inverse = None
                return False
        return True

    def _displacements(self, t: float, y: Array, h: float) -> tuple[Array, Array]:
        """z = h (A x I) f(y + z) by simplified Newton iterations, and which lanes failed."""
        shape = (STAGES, *self.shape)
        z = self._guess(h)
        scale = self.atol + self.rtol * onp.abs(y)
        times, inverse = t + C * h, _INVERSE / h
        last = self._slow = 0.0
        norm = onp.zeros(self.shape[:2])
        for k in range(_ITERATIONS):
            residual = self.rate.at(times, y + z).reshape(STAGES, -1) - inverse @ z.reshape(STAGES, -1)
            moved = self._inverse @ (_INTO @ residual).reshape(-1, *self.shape, 1)
            step = (_BACK @ moved.reshape(len(_BACK[0]), -1)).real.reshape(shape)
            z = z + step
            norm = onp.sqrt(((step / scale) ** 2).mean(axis=(0, -1)))
            worst = float(norm.max(initial=0.0))
            if not worst < onp.inf:
                return z, ~(norm < onp.inf)
            shrinks = worst / last if last > 0 else 0.0
            if k:
                self._slow = max(self._slow, shrinks)
            if worst <= 1e-3 * _EXACT or (k and shrinks < 1 and worst * shrinks <= _EXACT * (1 - shrinks)):
                return z, onp.zeros(norm.shape, bool)
            if shrinks >= 1 and k > 1:
                break
            last = worst
        return z, norm > 0.1  # less than that, and no longer shrinking, is rounding

    def _guess(self, h: float) -> Array:
        """The last step's polynomial, continued."""
        if self._before is None or h > 20 * self._before_h:
            return onp.zeros((STAGES, *self.shape))
        ratio = 1.0 + onp.concatenate([[0.0], C]) * (h / self._before_h)
        past = self._before.reshape(STAGES, -1)
        ahead = legendre.legvander(2 * ratio - 1, STAGES) @ _FROM_ZERO[:, 1:] @ past
        return (ahead[1:] - ahead[0]).reshape(STAGES, *self.shape)

    def _filtered(self, x: Array) -> Array:
        """(I - h J / _REAL)^-1 h / _REAL x."""
        return (self._inverse[0].real @ x[..., None])[..., 0]


def _norm(x: Array) -> Array:
    return onp.sqrt((x * x).mean(axis=-1))
