"""Densities on a part of the line: -inf outside, with gradient 0 there and no NaN."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as onp
from autograd.extend import Box

from ppl.numerics.adjoints import Pullback
from ppl.numerics.choose import choose
from ppl.numerics.elementwise import Array


def minus_inf_outside(
    inside: Array, x: Array, stand_in: float, log_density: Callable[[Array], Array]
) -> Array:
    """`log_density(x)` where `inside`, else -inf; `stand_in` is x there, so that 0 * inf never arises.

    Data that are all inside need no mask; for anything traced the mask is part of the computation, since the
    same trace may be replayed at other values.
    """
    if not isinstance(x, Box) and not isinstance(inside, Box) and onp.all(inside):
        return log_density(x)
    return choose(inside, log_density(choose(inside, x, stand_in)), -onp.inf)


def zero_outside(inside: Array, x: Array, stand_in: float, log_sf: Callable[[Array], Array]) -> Array:
    """`log_sf(x)` where `inside`, else 0: at and below the support's lower end everything lies above."""
    if not isinstance(x, Box) and not isinstance(inside, Box) and onp.all(inside):
        return log_sf(x)
    return choose(inside, log_sf(choose(inside, x, stand_in)), 0.0)


def pull_inside(contains: Callable[[Array], Array], stand_in: float, pullback: Pullback) -> Pullback:
    """The pullback of a density that is masked outside, from that of what it is inside."""

    def pull(g: Array, ans: Array, args: Sequence[Array], which: Sequence[int]) -> Sequence[Array | None]:
        x, *rest = args
        inside = contains(x)
        if not onp.all(inside):
            g, x = onp.where(inside, g, 0.0), onp.where(inside, x, stand_in)
        return pullback(g, ans, (x, *rest), which)

    return pull
