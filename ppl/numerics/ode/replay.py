"""A function of (t, y) recorded once and run as a flat list of numpy calls.

autograd's tracer, with nodes that remember the call, sees every primitive that depends on t or y; the rest is
constant and is not run again. Values live in buffers that stay where they are, so that views of them (slices,
reshapes) hold for ever and cost nothing. What a recording can't see is a branch in Python on a value: whoever
replays checks the outcome against the function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as onp
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import Node, isbox, new_box, trace_stack

Array = Any
_VIEWS = {
    onp.reshape,
    onp.transpose,
    onp.swapaxes,
    onp.moveaxis,
    onp.squeeze,
    onp.expand_dims,
    onp.broadcast_to,
    onp.ravel,
    ArrayBox.__getitem__.fun,
}


class Replay:
    """rhs at arguments of the same shapes and types as those (t, y) of the recording."""

    def __init__(self, rhs: Callable[[Array, Array], Array], t: Array, y: Array):
        # One time is an array too: autograd has no box for the truth values of a number.
        self.t, self.y = onp.array(t, float, ndmin=2), onp.array(y, float)
        self.calls: list[Callable[[], Any]] = []
        with trace_stack.new_trace() as trace:
            out = rhs(
                *(new_box(x, trace, _Call.new_root(x, self.calls)) for x in (self.t, self.y)),
            )
        self.out = out._node.buffer if isbox(out) else onp.asarray(out)

    def __call__(self, t: Array, y: Array) -> Array:
        """The value, in a buffer that the next call overwrites."""
        self.t[...] = t
        self.y[...] = y
        for call in self.calls:
            call()
        return self.out


class _Call(Node):  # type: ignore[misc]
    """What stands behind a recorded value: its buffer, and the list that its call was put on."""

    __slots__ = ["buffer", "calls"]
    buffer: Array
    calls: list[Callable[[], Any]]

    def __init__(
        self,
        value: Array,
        fun: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        parent_argnums: tuple[int, ...],
        parents: tuple[_Call, ...],
    ):
        given = list(args)
        for k, parent in zip(parent_argnums, parents, strict=True):
            given[k] = parent.buffer
        raw = getattr(fun, "fun", fun)
        self.calls = calls = parents[0].calls
        if raw in _VIEWS and onp.may_share_memory(again := raw(*given, **kwargs), parents[0].buffer):
            self.buffer = again
            return
        self.buffer = buffer = onp.array(value)
        if isinstance(raw, onp.ufunc) and raw.nout == 1 and len(given) == raw.nin and not kwargs:
            calls.append(partial(raw, *given, buffer))
            return
        call = partial(raw, *given, **kwargs)

        def fill() -> None:
            buffer[...] = call()

        calls.append(fill)

    def initialize_root(self, value: Array, calls: list[Callable[[], Any]]) -> None:
        """A value that is given."""
        self.buffer, self.calls = value, calls
