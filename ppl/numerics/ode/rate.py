"""The rate of change of one call: at one time, at many at once, and its derivatives there.

Many points of time are handed to the right-hand side as more draws: the draws' axis is the one that every
right-hand side carries along anyway, so one vectorised evaluation serves all stages of all steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd import make_vjp
from autograd.tracer import isbox

from ppl.numerics.ode.replay import Replay

Array = Any
Rhs = Callable[..., Array]
_OFTEN = 4  # evaluations after which a shape is worth a recording


class Rate:
    """rhs(t, y (S, B, n), *args) with its args; lanes that are no longer `alive` (S, B) stand still."""

    def __init__(self, rhs: Rhs, args: Sequence[Array], draws: int, replays: bool = False):
        self.rhs, self.args, self.draws, self.replays = rhs, tuple(args), draws, replays
        self.alive: Array = None  # None while all are
        self._tiled: dict[int, tuple[Array, ...]] = {}
        self._seen: Counter[tuple[int, ...]] = Counter()
        self._recorded: dict[tuple[int, ...], Replay | None] = {}

    def __call__(self, t: float, y: Array) -> Array:
        """The rate (S, B, n) at one time, perhaps in a buffer that the next call overwrites."""
        found = self._value(t, y, self.args)
        if self.alive is not None:
            found = onp.where(self.alive[..., None], found, 0.0)
        return found

    def at(self, t: Array, y: Array) -> Array:
        """The rates (P, S, B, n) at times (P,)."""
        points, *shape = y.shape
        found = self._value(*self._merged(t, y), self._args_at(points))
        return self._masked(onp.broadcast_to(found, (points * shape[0], *shape[1:])).reshape(y.shape))

    def _value(self, t: Array, y: Array, args: tuple[Array, ...]) -> Array:
        """rhs itself, or its recording where the same shape comes again and again."""
        if not self.replays:
            return self.rhs(t, y, *args)
        if (recorded := self._recorded.get(y.shape)) is not None:
            return recorded(t, y)
        found = self.rhs(t, y, *args)
        self._seen[y.shape] += 1
        if self._seen[y.shape] == _OFTEN:
            try:
                recorded = Replay(lambda t, y: self.rhs(t, y, *args), t, y)
                self._recorded[y.shape] = recorded if onp.array_equal(recorded.out, found) else None
            except Exception:  # not a function that can be recorded, whatever the reason: it runs as it is
                self._recorded[y.shape] = None
        return found

    def jacobian(self, t: Array, y: Array) -> Array:
        """d rate_o / d y_i (P, S, B, i, o): transposed, as adjoints want it."""
        clock, merged = self._merged(t, y)
        args = self._args_at(len(y))
        pull, found = make_vjp(lambda state: _full(self.rhs(clock, state, *args), merged, state))(merged)
        states = y.shape[-1]
        out = onp.empty((*merged.shape, states))
        seed = onp.zeros(found.shape)
        for o in range(states):
            seed[..., o] = 1.0
            out[..., o] = pull(seed)
            seed[..., o] = 0.0
        return self._masked(out.reshape(*y.shape, states))

    def pull(self, t: float, y: Array, weights: Array, wanted: Sequence[int]) -> Any:
        """The gradients of sum weights * rate at one time: of the state, then of the wanted args."""
        args = list(self.args)

        def value(chosen: tuple[Array, ...]) -> Array:
            for k, arg in zip(wanted, chosen[1:], strict=True):
                args[k] = arg
            return _full(self.rhs(t, chosen[0], *args), y, chosen[0])

        return make_vjp(value)((y, *(self.args[k] for k in wanted)))[0](weights)

    def pull_args(self, t: Array, y: Array, weights: Array, wanted: Sequence[int]) -> list[Array]:
        """sum over points of weights (P, S, B, n) times d rate / d arg, for the wanted args."""
        clock, merged = self._merged(t, y)
        points = len(y)
        tiled = list(self._args_at(points))

        def value(chosen: tuple[Array, ...]) -> Array:
            for k, arg in zip(wanted, chosen, strict=True):
                tiled[k] = arg
            return _full(self.rhs(clock, merged, *tiled), merged, chosen[0])

        pull, _ = make_vjp(value)(tuple(tiled[k] for k in wanted))
        found = pull(weights.reshape(merged.shape))
        return [
            g.reshape(points, *self.args[k].shape).sum(axis=0) if self._has_draws(k) else g
            for k, g in zip(wanted, found, strict=True)
        ]

    def _masked(self, x: Array) -> Array:
        if self.alive is None:
            return x
        return onp.where(self.alive.reshape(*self.alive.shape, *(1,) * (x.ndim - 3)), x, 0.0)

    def _merged(self, t: Array, y: Array) -> tuple[Array, Array]:
        """Times (P S, 1) and states (P S, B, n)."""
        points, draws, *rest = y.shape
        return onp.repeat(t, draws)[:, None], y.reshape(points * draws, *rest)

    def _has_draws(self, k: int) -> bool:
        return self.draws > 1 and self.args[k].ndim > 0 and self.args[k].shape[0] == self.draws

    def _args_at(self, points: int) -> tuple[Array, ...]:
        if points not in self._tiled:
            if len(self._tiled) > 4:
                self._tiled.clear()
            self._tiled[points] = tuple(
                onp.broadcast_to(x, (points, *x.shape)).reshape(-1, *x.shape[1:]) if self._has_draws(k) else x
                for k, x in enumerate(self.args)
            )
        return self._tiled[points]


def _full(found: Array, y: Array, traced: Array) -> Array:
    """A rate in the state's shape, and on record even where it does not depend on what is traced."""
    if np.shape(found) != np.shape(y):
        found = found * onp.ones(np.shape(y))
    return found if isbox(found) else np.where(onp.False_, np.sum(traced) * onp.ones(y.shape), found)
