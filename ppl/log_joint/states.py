"""What the data say of finite latents that were summed out: P(value | data), and the most probable assignment.

Both are derivatives of the elimination: the gradient of the log sum by log weights on the values is their posterior
(Darwiche 2003, "A differential approach to inference in Bayesian networks"), and with the maximum in the place of
the sum it is the best assignment; for a chain that is the Viterbi path.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from autograd import make_vjp
from autograd.numpy import isfinite

from ppl.log_joint.categorical import under
from ppl.log_joint.eliminate import TooLarge, eliminate
from ppl.log_joint.enumeration import Conditional
from ppl.log_joint.sums import SummedOut
from ppl.log_joint.tables import BEST
from ppl.log_joint.tape import Slot
from ppl.log_joint.terms import Summand
from ppl.log_joint.waist import LogJoint
from ppl.numerics.choose import choose

Array = Any


def probabilities(log_joint: LogJoint, z: Array, w: Array | None = None) -> dict[str, Array]:
    """P(value | data, z) of every summed-out latent: (S, *shape, values)."""
    found: dict[str, Array] = {}
    for summed in log_joint.sums:
        for name, value in _gradient(log_joint, summed, summed.slot, z, w).items():
            finite = log_joint.low.enumeration.finite[name]
            found[name] = value.reshape((z.shape[0], *finite.shape, len(finite.values)))
    return found


def most_probable(log_joint: LogJoint, z: Array, w: Array | None = None) -> dict[str, Array]:
    """The values of summed-out latents that are together most probable given the data and z: (S, *shape).

    Where several are equally so, one of them.
    """
    found: dict[str, Array] = {}
    for summed in log_joint.sums:
        best, _ = eliminate(log_joint.tape, summed.tables, summed.group.sizes, BEST)
        for name, value in _gradient(log_joint, summed, best, z, w).items():
            finite = log_joint.low.enumeration.finite[name]
            found[name] = finite.values[value.argmax(axis=-1)].reshape((z.shape[0], *finite.shape))
    return found


def moments(log_joint: LogJoint, z: Array, w: Array | None = None) -> dict[str, tuple[Array, Array]]:
    """E[d | data, z] and E[d^2 | data, z], each (S, *shape), of kept definitions d that are made of finite latents.

    They are the gradient by weights on the definition's values, as probabilities are by weights on those of a
    latent. Without those whose elements the model doesn't tie together, if that would take too large a table.
    """
    low, found = log_joint.low, dict[str, tuple[Array, Array]]()
    for name, definition in low.enumeration.definitions.items():
        latents = {low.enumeration.axes[a].name for a in low.enumeration.behind(definition.slot.axes)}
        summed = next((s for s in log_joint.sums if latents <= set(s.latents)), None)
        if summed is not None and log_joint.bound.graph.variables[name].kept:
            with suppress(TooLarge):
                found[name] = _moments(log_joint, summed, name, definition, z, w)
    return found


def _moments(
    log_joint: LogJoint, summed: SummedOut, name: str, definition: Conditional, z: Array, w: Array | None
) -> tuple[Array, Array]:
    low, tape, axes = log_joint.low, log_joint.tape, definition.axes
    shape = tuple(axis.size for axis in axes)
    if not definition.weights:
        definition.weights.extend(tape.input(axes, np.zeros((1, *shape))) for _ in range(2))
    over = (*axes, *(a for a in definition.slot.axes if a not in axes))
    parts = [tape.align(slot, over) for slot in (*definition.weights, definition.slot)]
    weighted = tape.emit("weighted", _weighted, parts, over)
    summand = Summand(name, weighted, axes, log_joint.bound.graph.variables[name].span)
    own = [under(low, summed.group, t, summed.guides) for t in summed.group.tables(low, [summand])]
    slot, _ = eliminate(tape, [*summed.tables, *own], summed.group.sizes)
    given = log_joint.inputs(z, w)

    def total(weights: tuple[Array, Array]) -> Array:
        inputs = {slot.id: value for slot, value in zip(definition.weights, weights, strict=True)}
        return tape.run({**given, **inputs}, [slot])[0]

    with np.errstate(all="ignore"):
        pull, value = make_vjp(total)((np.zeros((len(z), *shape)), np.zeros((len(z), *shape))))
        found: tuple[Array, Array] = pull(np.ones(np.shape(value)))
    return found


def _weighted(first: Array, second: Array, x: Array) -> Array:
    """first x + second x^2; 0 where x is not finite, which the data exclude."""
    x = choose(isfinite(x), x, 0.0)
    return first * x + second * x * x


def _gradient(
    log_joint: LogJoint, summed: SummedOut, slot: Slot, z: Array, w: Array | None
) -> dict[str, Array]:
    tape = log_joint.tape
    given = log_joint.inputs(z, w)
    names = list(summed.messages)
    zeros = tuple(np.zeros((z.shape[0], *tape.defaults[summed.messages[n].id].shape[1:])) for n in names)

    def total(messages: tuple[Array, ...]) -> Array:
        inputs = {summed.messages[n].id: m for n, m in zip(names, messages, strict=True)}
        return tape.run({**given, **inputs}, [slot])[0]

    with np.errstate(all="ignore"):
        pull, value = make_vjp(total)(zeros)
        slopes = pull(np.ones(np.shape(value)))
    return dict(zip(names, slopes, strict=True))
