"""Where the learned values (`param`) start: their written value, or the image of 0."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.unknowns import Unknown

Array = Any


def start_values(low: Lowering, params: Sequence[Unknown]) -> Array:
    """The unconstrained starting values of all params, in order, (P,)."""
    parts = [_start(low, unknown) for unknown in params]
    return np.concatenate(parts) if parts else np.zeros(0)


def _start(low: Lowering, unknown: Unknown) -> Array:
    graph = low.bound.graph
    default = graph.defaults.get(unknown.name)
    if graph.variables[unknown.name].net is not None:
        return _weights(unknown)
    if default is None:
        return np.zeros(int(np.prod(unknown.free_shape)))
    frame = low.frame()
    value = np.broadcast_to(low.tape.value(low.lower(default, frame)), unknown.shape).astype(float)
    ends = [low.tape.value(end) for end in unknown.ends]
    assert unknown.support.unconstrain is not None
    with np.errstate(all="ignore"):
        free = np.asarray(unknown.support.unconstrain(value, *ends), dtype=float)
    if not (unknown.support.contains(value, *ends).all() and np.isfinite(free).all()):
        name = unknown.support.name
        for label, end in zip(unknown.support.ends, ends, strict=True):
            name = name.replace("{" + label + "}", f"{float(np.ravel(end)[0]):g}")
        raise PplError(
            [
                Diagnostic(
                    "E416",
                    f"`{unknown.name}` starts at {float(value.flat[0]):g}, not inside of its bounds ({name})",
                    (Label(default.span), Label(graph.variables[unknown.name].span, "declared here")),
                    (),
                    "start inside of them: a param comes near its bounds, and never onto them",
                    source=graph.source,
                )
            ]
        )
    return free.reshape(-1)


def _weights(unknown: Unknown) -> Array:
    """Small random weights, always the same: equal ones would stay equal (Glorot & Bengio 2010); biases 0."""
    if len(unknown.shape) < 2:
        return np.zeros(unknown.shape).reshape(-1)
    key = int.from_bytes(hashlib.sha256(unknown.name.encode()).digest()[:8], "little")
    rng = np.random.Generator(np.random.Philox(key=key))
    return rng.standard_normal(int(np.prod(unknown.shape))) * np.sqrt(2.0 / sum(unknown.shape))
