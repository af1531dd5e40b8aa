"""Pullbacks of the operations on a tape: what an adjoint of the result is as adjoints of the arguments.

A rule names a function and no step. A step whose function is a primitive of autograd without a rule here goes by
autograd's own rule for it, applied to plain arrays; any other is traced (`ppl.log_joint.sweep`). All
rules here have autograd's formulas, so that they agree with it where values are infinite, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.core import primitive_vjps

from ppl.numerics.adjoints import Array, Pullback, elementwise, repeated, unbroadcast
from ppl.numerics.choose import choose, pull_choose
from ppl.supports import continuous

RULES: Mapping[Callable[..., Array], Pullback] = {
    np.add: elementwise(lambda g, _ans, x, y: g, lambda g, _ans, x, y: g),
    np.subtract: elementwise(lambda g, _ans, x, y: g, lambda g, _ans, x, y: -g),
    np.multiply: elementwise(lambda g, _ans, x, y: y * g, lambda g, _ans, x, y: x * g),
    np.true_divide: elementwise(lambda g, _ans, x, y: g / y, lambda g, _ans, x, y: -g * x / y**2),
    np.negative: elementwise(lambda g, _ans, x: -g),
    np.exp: elementwise(lambda g, ans, x: ans * g),
    np.log: elementwise(lambda g, _ans, x: g / x),
    continuous.identity: lambda g, _ans, args, which: [
        None if k else unbroadcast(g, onp.shape(args[0])) for k in which
    ],
    choose: pull_choose,
    np.sqrt: elementwise(lambda g, _ans, x: g * 0.5 * x**-0.5),
}


@dataclass(frozen=True)
class Columns:
    """An adjoint (S, *shape) of some columns of a flat input (S, D), and 0 of the others."""

    at: slice
    values: Array

    def add_to(self, whole: Array) -> None:
        """Adds it up in an array (S, D)."""
        whole[:, self.at] += self.values.reshape(whole.shape[0], -1)


def columns(at: slice) -> Pullback:
    """The pullback of taking some columns and shaping them."""
    return lambda g, _ans, _args, _which: [Columns(at, g)]


def summed(places: tuple[int, ...]) -> Pullback:
    """The pullback of a sum over some axes."""
    return lambda g, _ans, args, _which: [
        repeated(g.reshape(_kept(onp.shape(args[0]), places)), onp.shape(args[0]))
    ]


def spread(by_element: Pullback, axes: int) -> Pullback:
    """The pullback of the sum, draw by draw, over the axes of a function of elements."""

    def pull(g: Array, ans: Array, args: Sequence[Array], which: Sequence[int]) -> Sequence[Array | None]:
        shape = onp.broadcast_shapes((len(g), *(1,) * axes), *(onp.shape(arg) for arg in args))
        return by_element(repeated(g.reshape((-1, *(1,) * axes)), shape), ans, args, which)

    return pull


def broadcast(g: Array, _ans: Array, args: Sequence[Array], _which: Sequence[int]) -> list[Array]:
    """The pullback of repeating an array along new axes, or those of length 1."""
    return [unbroadcast(g, onp.shape(args[0]))]


def _kept(shape: tuple[int, ...], places: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with length 1 at some places."""
    return tuple(1 if k in places else size for k, size in enumerate(shape))


def transposed(perm: tuple[int, ...]) -> Pullback:
    """The pullback of axes in another order."""
    back = tuple(int(k) for k in onp.argsort(perm))
    return lambda g, _ans, _args, _which: [onp.transpose(g, back)]


def pullback_of(function: Callable[..., Array]) -> Pullback | None:
    """The rule of a function, if it has one."""
    if function in RULES:
        return RULES[function]
    return _by_primitive(primitive_vjps[function]) if function in primitive_vjps else None


def _by_primitive(rule: Callable[..., Any]) -> Pullback:
    def pull(g: Array, ans: Array, args: Sequence[Array], which: Sequence[int]) -> Sequence[Array]:
        return tuple(rule(tuple(which), ans, tuple(args), {})(g))

    return pull
