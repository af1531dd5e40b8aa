"""Draws of the finite latents that were summed out, from their posterior given the rest of the model.

The sum is a function of messages, log weights added to every value of every element; its gradient by them is the
posterior probability of each value. Elements that are drawn get a message that excludes all other values. What is
drawn parts the graph of elements: in each round one element is drawn of every part that still hangs together, all of
them at once since they are then independent, from the middle of the part, so that a chain of a thousand takes ten
rounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
from autograd import grad

from ppl.log_joint.sums import SummedOut
from ppl.log_joint.tables import Table
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
        plan = rounds(summed.tables, len(summed.group.sizes))
        cells = sum(int(np.prod(slot.shape)) for slot in summed.messages.values())
        step = max(1, CELLS // max(1, cells))
        for start in range(0, len(z), step):
            part = z[start : start + step]
            for name, position in _positions(log_joint, summed, plan, part, w, rng).items():
                finite = log_joint.low.enumeration.finite[name]
                found[name].append(finite.values[position].reshape(len(part), *finite.shape))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def rounds(tables: Iterable[Table], elements: int) -> list[Array]:
    """Elements to draw in each round: no two of a round hang together when those of earlier rounds are taken out."""
    near: list[set[int]] = [set() for _ in range(elements)]
    for table in tables:
        for scope in np.unique(table.scopes, axis=0).tolist() if table.order > 1 else ():
            for element in scope:
                near[element].update(scope)
    taken = np.zeros(elements, dtype=bool)
    plan = []
    while not taken.all():
        chosen = [_middle(part, near, taken) for part in _parts(near, taken)]
        taken[chosen] = True
        plan.append(np.array(sorted(chosen)))
    return plan


def _parts(near: list[set[int]], taken: Array) -> list[list[int]]:
    """The elements that are left, those together that hang together."""
    seen, found = taken.copy(), []
    for start in np.flatnonzero(~taken).tolist():
        if not seen[start]:
            part = list(_distances(start, near, taken))
            seen[part] = True
            found.append(part)
    return found


def _distances(start: int, near: list[set[int]], taken: Array) -> dict[int, int]:
    """How far each element that hangs together with one is from it, the nearest first."""
    found, queue = {start: 0}, deque([start])
    while queue:
        element = queue.popleft()
        for other in near[element]:
            if other not in found and not taken[other]:
                found[other] = found[element] + 1
                queue.append(other)
    return found


def _middle(part: list[int], near: list[set[int]], taken: Array) -> int:
    """An element half way between two that are far apart."""
    end = part[-1]  # the farthest from where the search began
    there = _distances(end, near, taken)
    element = list(there)[-1]
    for _ in range(there[element] // 2):
        element = min(e for e in near[element] if e in there and there[e] == there[element] - 1)
    return element


def _positions(
    log_joint: LogJoint,
    summed: SummedOut,
    plan: list[Array],
    z: Array,
    w: Array | None,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Which value each element has, (S, elements) by latent."""
    given = log_joint.inputs(z, w)
    messages = {name: np.zeros((len(z), *slot.shape)) for name, slot in summed.messages.items()}
    found = {name: np.zeros(value.shape[:2], dtype=np.int64) for name, value in messages.items()}

    def total(messages: dict[str, Array]) -> Array:
        inputs = given | {summed.messages[name].id: value for name, value in messages.items()}
        return log_joint.tape.run(inputs, [summed.slot])[0].sum()

    probabilities = grad(total)
    for chosen in plan:
        with np.errstate(all="ignore"):
            probability = probabilities(messages)
        for name, message in messages.items():
            own = chosen - summed.group.offsets[name]
            own = own[(own >= 0) & (own < message.shape[1])]
            if len(own):
                position = found[name][:, own] = _drawn(probability[name][:, own], rng)
                message[:, own] = np.where(np.arange(message.shape[2]) == position[..., None], 0.0, EXCLUDED)
    return found


def _drawn(probability: Array, rng: np.random.Generator) -> Array:
    """A position along the last axis for each row of probabilities, which sum to 1 but for rounding."""
    cumulative = np.cumsum(np.maximum(probability, 0.0), axis=-1)
    level = rng.random(probability.shape[:-1]) * cumulative[..., -1]
    return np.minimum(np.sum(cumulative <= level[..., None], axis=-1), probability.shape[-1] - 1)
