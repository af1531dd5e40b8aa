"""Draws of the finite latents that were summed out, from their posterior given the rest of the model.

The sum is a function of messages, log weights added to every value of every element; its gradient by them is the
posterior probability of each value. So elements are drawn one by one, each given those before it, whose messages
then exclude all other values. Where no table holds two elements they are independent, and one gradient serves all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from autograd import grad

from ppl.log_joint.sums import SummedOut
from ppl.log_joint.waist import LogJoint

Array = Any
EXCLUDED = -1e4  # exp of it is 0, and differences of it are still finite
CELLS = 2_000_000  # messages at once


def finite_draws(
    log_joint: LogJoint, z: Array, w: Array | None, rng: np.random.Generator
) -> dict[str, Array]:
    """The values of all summed-out latents, one (S, *shape) for each draw z (S, D) of the others."""
    found: dict[str, list[Array]] = {name: [] for summed in log_joint.sums for name in summed.latents}
    for summed in log_joint.sums:
        cells = sum(int(np.prod(slot.shape)) for slot in summed.messages.values())
        step = max(1, CELLS // max(1, cells))
        for start in range(0, len(z), step):
            part = z[start : start + step]
            for name, position in _positions(log_joint, summed, part, w, rng).items():
                finite = log_joint.low.enumeration.finite[name]
                found[name].append(finite.values[position].reshape(len(part), *finite.shape))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _positions(
    log_joint: LogJoint, summed: SummedOut, z: Array, w: Array | None, rng: np.random.Generator
) -> dict[str, Array]:
    """Which value each element has, (S, elements) by latent."""
    given = log_joint.inputs(z, w)
    messages = {name: np.zeros((len(z), *slot.shape)) for name, slot in summed.messages.items()}

    def total(messages: dict[str, Array]) -> Array:
        inputs = given | {summed.messages[name].id: value for name, value in messages.items()}
        return log_joint.tape.run(inputs, [summed.slot])[0].sum()

    probabilities = grad(total)
    found = {name: np.zeros(value.shape[:2], dtype=np.int64) for name, value in messages.items()}
    with np.errstate(all="ignore"):
        if _are_independent(summed):
            for name, probability in probabilities(messages).items():
                found[name] = _drawn(probability, rng)
            return found
        for name, value in messages.items():
            for element in range(value.shape[1]):
                probability = probabilities(messages)[name][:, element]
                chosen = found[name][:, element] = _drawn(probability, rng)
                value[:, element] = EXCLUDED
                value[np.arange(len(z)), element, chosen] = 0.0
    return found


def _are_independent(summed: SummedOut) -> bool:
    """Whether no table spoke of two elements."""
    largest = min(slot.shape[1] for slot in summed.messages.values())
    return not summed.work.chains and summed.work.largest_table <= largest


def _drawn(probability: Array, rng: np.random.Generator) -> Array:
    """A position along the last axis for each row of probabilities, which sum to 1 but for rounding."""
    cumulative = np.cumsum(np.maximum(probability, 0.0), axis=-1)
    level = rng.random(probability.shape[:-1]) * cumulative[..., -1]
    return np.minimum(np.sum(cumulative <= level[..., None], axis=-1), probability.shape[-1] - 1)
