"""Recursions x[t] = step(x[t - 1], ..., inputs[t]) of elements that do not mix, with an adjoint of their own.

Forward is a loop of plain numpy calls. Backward needs no tape of the loop: once all x are known, the partial
derivatives of the step are those of one vectorised call over all times, what remains is the linear recursion
lambda[t] = g[t] + sum_lag J[t + lag] lambda[t + lag], and the inputs' adjoints are one vectorised call again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd import make_vjp
from autograd.core import defvjp_argnums
from autograd.extend import primitive
from autograd.tracer import getval

Array = Any
Step = Callable[[Sequence[Array], Sequence[Array]], tuple[Array, ...]]  # (past values, inputs) -> values


class Recursion:
    """A step for V variables whose pasts `past` = (variable, lag) it reads; the first `order` times are given.

    `loop_step` is the same step of plain numpy functions, for the loop.
    """

    def __init__(
        self, step: Step, loop_step: Step, past: Sequence[tuple[int, int]], variables: int, order: int
    ):
        self.step, self.loop_step = step, loop_step
        self.past, self.variables, self.order = tuple(past), variables, order
        self.call = primitive(self._forward)
        defvjp_argnums(self.call, self._vjp)

    def _forward(self, start: Any, *inputs: Any) -> Any:
        """x (V, T, S, M) from `start` (V, order, S, M) and inputs (n or 1, S or 1, M or 1), n = T - order."""
        times = max((x.shape[0] for x in inputs), default=1)
        draws = onp.broadcast_shapes(start.shape[2:], *(x.shape[1:] for x in inputs))
        out = onp.empty((self.variables, self.order + times, *draws))
        out[:, : self.order] = start
        now = zip(*(x if x.shape[0] > 1 or times == 1 else repeat(x[0], times) for x in inputs), strict=True)
        before = zip(*(out[v, self.order - lag :] for v, lag in self.past), strict=False)
        step, places = self.loop_step, zip(*out[:, self.order :], strict=True)
        # All three are views, so what is written here is read at later times.
        for past, given, place in zip(before, now, places, strict=False):
            for row, value in zip(place, step(past, given), strict=True):
                row[...] = value
        return out

    def _vjp(
        self, argnums: tuple[int, ...], ans: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]
    ) -> Callable[[Any], tuple[Any, ...]]:
        out = getval(ans)
        start, *inputs = (getval(arg) for arg in args)
        order, times = self.order, out.shape[1] - self.order
        before = [out[v, order - lag : order - lag + times] for v, lag in self.past]

        def at(*values: Array) -> Array:
            count = len(before)
            return np.stack(
                [x * onp.ones((times, *out.shape[2:])) for x in self.step(values[:count], values[count:])]
            )

        def pull(g: Any) -> tuple[Any, ...]:
            jacobian = self._jacobian(at, before, inputs)
            weights = onp.array(g)
            for t in range(times - 1, -1, -1):
                for o in range(self.variables):
                    weight = weights[o, order + t]
                    for k, (v, lag) in enumerate(self.past):
                        weights[v, order + t - lag] += jacobian[o][k][t] * weight
            found: Any = ()
            if inputs:
                back, _ = make_vjp(lambda values: at(*before, *values))(tuple(inputs))
                found = back(weights[:, order:])
            pulled = [_summed(weights[:, :order], start.shape), *found]
            return tuple(pulled[k] for k in argnums)

        return pull

    def _jacobian(
        self, at: Callable[..., Array], before: Sequence[Any], inputs: Sequence[Any]
    ) -> list[Sequence[Any]]:
        """d value o / d past k at every time: elements do not mix, so a sum's gradient is the diagonal."""
        pull, value = make_vjp(lambda values: at(*values, *inputs))(tuple(before))
        rows = []
        for o in range(self.variables):
            seed = onp.zeros(value.shape)
            seed[o] = 1.0
            rows.append(pull(seed))
        return rows


def _summed(x: Any, shape: tuple[int, ...]) -> Any:
    axes = tuple(k for k, size in enumerate(shape) if size == 1 and x.shape[k] > 1)
    return x.sum(axis=axes, keepdims=True) if axes else x
