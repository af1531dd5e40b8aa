"""What the data say of finite latents that were summed out: P(value | data), and the most probable assignment.

Both are derivatives of the elimination: the gradient of the log sum by log weights on the values is their posterior
(Darwiche 2003, "A differential approach to inference in Bayesian networks"), and with the maximum in the place of
the sum it is the best assignment; for a chain that is the Viterbi path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from autograd import make_vjp

from ppl.log_joint.eliminate import eliminate
from ppl.log_joint.sums import SummedOut
from ppl.log_joint.tables import BEST
from ppl.log_joint.tape import Slot
from ppl.log_joint.waist import LogJoint

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
