"""Solutions of ordinary differential equations y' = rhs(t, y, *args), with a discrete adjoint of their own.

Explicit steps of order 8, implicit ones of order 9 once the problem shows that it is stiff; errors are held
below atol + rtol |y| at every step. A solution that ends before the last time is NaN from there on, for its
own draw and lane only, and passes no gradient back.

Second derivatives are left out: asking for them is an error of autograd's, never a silent zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp
from autograd.builtins import tuple as boxed_tuple
from autograd.core import defvjp_argnums
from autograd.extend import primitive
from autograd.tracer import getval

from ppl.numerics.ode.adjoint import Adjoint
from ppl.numerics.ode.march import March, Tape
from ppl.numerics.ode.rate import Rate, Rhs

Array = Any
__all__ = ["Ode"]
_TOGETHER = 64  # steps


class Ode:
    """rhs(t, y (S, B, n), *args) -> (S, B, n), written in autograd.numpy, with draws S and lanes B that do not mix.

    The first axis of every arg is that of the draws, S or 1 (numbers have none). rhs is also called with many
    points of time at once: they come as more draws, the args repeated to fit, and t is then (S, 1).
    """

    def __init__(self, rhs: Rhs, rtol: float = 1e-9, atol: float = 1e-9):
        self.rhs, self.rtol, self.atol = rhs, rtol, atol
        self.call = primitive(self._forward)
        self._pull = primitive(self._backward)
        self._latest: tuple[Array, Rate, Tape] | None = (
            None  # read by the adjoint right after the forward pass
        )
        defvjp_argnums(self.call, self._vjp)

    def _forward(self, y0: Array, times: Array, *args: Array) -> Array:
        """y (S, B, T, n) at times[1:], from y0 (S or 1, B or 1, n) at times[0]."""
        out, rate, tape = self._solved(y0, times, args)
        self._latest = out, rate, tape
        return out

    def _solved(self, y0: Array, times: Array, args: tuple[Array, ...]) -> tuple[Array, Rate, Tape]:
        args = tuple(onp.asarray(arg, float) for arg in args)
        y0, times = onp.asarray(y0, float), onp.asarray(times, float)
        draws = max([y0.shape[0], *(arg.shape[0] for arg in args if arg.ndim)])
        y0 = onp.broadcast_to(y0, (draws, *y0.shape[1:]))
        with onp.errstate(all="ignore"):
            for replays in (True, False):
                rate = Rate(self.rhs, args, draws, replays)
                shape = onp.broadcast_shapes(y0.shape, onp.shape(rate(float(times[0]), y0)))
                march = March(rate, onp.broadcast_to(y0, shape), times, self.rtol, self.atol)
                out = march.run()
                if _holds(Rate(self.rhs, args, draws), march.tape):
                    break
        return out, rate, march.tape

    def _vjp(
        self, argnums: tuple[int, ...], ans: Array, args: tuple[Array, ...], _kwargs: Any
    ) -> Callable[..., Any]:
        if 1 in argnums:
            raise TypeError("the times of an ODE's solution are plain numbers: they have no gradient")
        latest = self._latest
        known = latest if latest is not None and latest[0] is getval(ans) else None
        return lambda g: self._pull(g, argnums, known, *args)

    def _backward(
        self, g: Array, argnums: tuple[int, ...], known: Any, y0: Array, times: Array, *args: Array
    ) -> Any:
        out, rate, tape = known or self._solved(y0, times, args)
        rate = Rate(self.rhs, rate.args, rate.draws)
        adjoint = Adjoint(rate, tape, [k - 2 for k in argnums if k > 1])
        with onp.errstate(all="ignore"):
            start = adjoint.pull(onp.where(onp.isfinite(out), g, 0.0))
        found = iter(adjoint.args)
        return boxed_tuple(tuple(_summed(start, onp.shape(y0)) if k == 0 else next(found) for k in argnums))


def _summed(x: Array, shape: tuple[int, ...]) -> Array:
    axes = tuple(k for k, size in enumerate(shape) if size == 1 and x.shape[k] > 1)
    return x.sum(axis=axes, keepdims=True) if axes else x


def _holds(rate: Rate, tape: Tape) -> bool:
    """Whether the rates along the way are those of the right-hand side itself, all of them evaluated at once."""
    for start in range(0, len(tape.steps), _TOGETHER):
        steps = tape.steps[start : start + _TOGETHER]
        t, y, f = (onp.array([getattr(step, name) for step in steps]) for name in ("t", "y", "f"))
        alive = (tape.died > onp.arange(start, start + len(steps))[:, None, None])[..., None]
        off = onp.abs(rate.at(t, y) - f) > 1e-6 * (onp.abs(f) + onp.abs(f).max(axis=-1, keepdims=True))
        if (off & alive).any():
            return False
    return True
