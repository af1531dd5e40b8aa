"""Elementwise functions whose adjoint is 0 where the incoming one is 0, even where the derivative is infinite.

`where(x > 0, log(x), 0)` has the gradient 0 * inf = NaN at x = 0 by the plain chain rule. What a condition does
not select must not reach the gradient, so the branches of `if` are made of these.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import autograd.numpy as np
from autograd import elementwise_grad
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

Array = Any


@cache
def zero_safe(function: Callable[..., Array], arity: int) -> Callable[..., Array]:
    """The same function of `arity` arrays with adjoints that are exactly 0 where nothing comes in."""

    def value(*args: Array) -> Array:
        return function(*args)

    def vjp_maker(argnum: int) -> Callable[..., Callable[[Array], Array]]:
        slope = elementwise_grad(function, argnum)

        def vjp(ans: Array, *args: Array) -> Callable[[Array], Array]:
            def pull(g: Array) -> Array:
                full = [x * np.ones(np.shape(ans)) for x in args]
                return np.where(g == 0, 0.0, np.where(g == 0, 1.0, g) * slope(*full))

            outer: Callable[[Array], Array] = unbroadcast_f(args[argnum], pull)
            return outer

        return vjp

    wrapped: Callable[..., Array] = primitive(value)
    defvjp(wrapped, *(vjp_maker(k) for k in range(arity)))
    return wrapped
