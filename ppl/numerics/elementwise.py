"""An elementwise function as one autograd primitive, from its value and its partial derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

Array = Any  # numpy arrays, or autograd's boxes of them
Elementwise = Callable[..., Array]
Partial = Callable[..., Array]  # (ans, *args) -> d ans / d arg, of any shape that broadcasts to the answer's


def elementwise(value: Callable[..., Any], *partials: Partial | None, name: str = "") -> Elementwise:
    """A primitive `value(*args)` over broadcasting arrays.

    `partials[i](ans, *args)` is the derivative by argument i, written in autograd's numpy so that it can be
    differentiated again; None where there is none (orders, flags).
    """

    def vjp_maker(i: int, partial: Partial) -> Callable[..., Callable[[Array], Array]]:
        def vjp(ans: Array, *args: Array) -> Callable[[Array], Array]:
            pull: Callable[[Array], Array] = unbroadcast_f(args[i], lambda g: g * partial(ans, *args))
            return pull

        return vjp

    value.__name__ = name or value.__name__.lstrip("_")
    wrapped: Elementwise = primitive(value)
    argnums = [i for i, partial in enumerate(partials) if partial is not None]
    defvjp(wrapped, *(vjp_maker(i, p) for i, p in enumerate(partials) if p is not None), argnums=argnums)
    return wrapped
