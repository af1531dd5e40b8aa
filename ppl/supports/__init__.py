"""Supports: a set together with its bijection from the real line.

A support's ends (`lower`, `upper`, ...) are arguments of its functions and may be arrays that
depend on latents. Everything is written in autograd's numpy and broadcasts; for supports of
event rank r > 0 the last r axes of `x` (and of `z`) are the event's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ppl.numerics.adjoints import Pullback

Array = Any  # numpy arrays, or autograd's boxes of them


@dataclass(frozen=True)
class Support:
    """A set and its bijection from unconstrained space.

    `name` finishes the sentence "must be ...". `contains(x, *ends)` gives booleans without the
    event's axes. Continuous supports also have `constrain(z, *ends) -> x`,
    `unconstrain(x, *ends) -> z` and `log_jacobian(z, *ends)`, the log |det dx/dz| per event
    (elementwise where the event rank is 0). `unconstrained(event_shape)` is the shape of `z`'s event.
    Matrices are `square`, over one dim twice, unless that says otherwise.
    `pullbacks` are those of `constrain`, and of `log_jacobian` where the event rank is 0, if autograd's own won't do.
    """

    name: str
    contains: Callable[..., Array]
    ends: tuple[str, ...] = ()
    event_rank: int = 0
    discrete: bool = False
    square: bool = True
    constrain: Callable[..., Array] | None = None
    unconstrain: Callable[..., Array] | None = None
    log_jacobian: Callable[..., Array] | None = None
    pullbacks: tuple[Pullback | None, Pullback | None] = (None, None)
    unconstrained: Callable[[tuple[int, ...]], tuple[int, ...]] = lambda shape: shape

    def __repr__(self) -> str:
        return f"<support {self.name}>"
