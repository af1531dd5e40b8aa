"""The coordinates that a fit is made in: pinned, or chosen for the data before the fit proper."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, PplError
from ppl.fit import Progress
from ppl.fit.family import parsed, resolved
from ppl.fit.settled import Settled, settled
from ppl.graph.centerings import REST, WORDS
from ppl.guides import guides
from ppl.log_joint import LogJoint, compile_log_joint
from ppl.log_joint.pins import pins_of
from ppl.log_joint.standard import standard

Array = Any
Centering = Mapping[str, float | str] | float | str | None


def opened(log_joint: LogJoint, guide: str, centering: Centering = None) -> LogJoint:
    """A log joint in coordinates of its centerings; as it is where there are none. Raises `PplError`.

    A peak is one in the coordinates of the text, if nothing else is asked for.
    """
    graph = log_joint.bound.graph
    is_point = any(guides[part.family].is_point for part in parsed(guide) if part.family in guides)
    as_written = {} if not is_point or REST in graph.centering else {REST: 1.0}
    pins = pins_of(graph, {**as_written, **numbers_of(centering)})
    some = [name for name in graph.priors if standard(graph, name) is not None]
    if all(pins.get(name) == 1 for name in some):
        coordinates = replace(log_joint.coordinates, pins=pins or None)
        return replace(log_joint, coordinates=coordinates) if pins else log_joint
    return compile_log_joint(log_joint.bound, pins)


def numbers_of(centering: Centering) -> dict[str, float]:
    """What is asked for as numbers by latent; raises `PplError`."""
    if centering is None:
        return {}
    given = centering if isinstance(centering, Mapping) else {REST: centering}
    found = {}
    for name, value in given.items():
        number = WORDS.get(value) if isinstance(value, str) else value
        try:
            found[name] = float(value if number is None else number)
        except (TypeError, ValueError) as error:
            message = f"the centering of `{name}` is `{value}`, and neither a number nor a word for one"
            fix = f"a number from 0 to 1, or {' or '.join(f'`{word}`' for word in WORDS)}"
            raise PplError([Diagnostic("E715", message, fix=fix)]) from error
    return found


def chosen(
    log_joint: LogJoint,
    guide: str,
    seed: int,
    time_limit: float | None,
    progress: Callable[[Progress], bool | None] | None,
) -> Settled[LogJoint]:
    """A log joint in coordinates that suit it, where it leaves a choice; raises a StartError."""
    began = time.perf_counter()

    def watch(step: int, elbo: float) -> bool:
        seconds = time.perf_counter() - began
        if progress is not None and progress(Progress(step, elbo, seconds)) is False:
            return False
        return time_limit is None or seconds < time_limit

    families = [part.family for part in parsed(resolved(guide, log_joint.layout))]
    is_sparse = any(guides[family].is_sparse for family in families)
    found = settled(log_joint, seed, watch, families != ["meanfield"], is_sparse)
    return replace(found, log_joint=_kept(found.log_joint))


def _kept(log_joint: LogJoint) -> LogJoint:
    """The log joint with latents that are left as they are written compiled so, which is quicker."""
    coordinates = log_joint.coordinates
    kept = tuple(
        name for name, (c, is_pinned) in coordinates.centering().items() if not is_pinned and np.all(c == 1)
    )
    if not kept:
        return log_joint
    found = compile_log_joint(log_joint.bound, {**(coordinates.pins or {}), **dict.fromkeys(kept, 1.0)})
    numbers = found.coordinates.numbers.copy()
    for slot in found.coordinates.layout:
        numbers[slot.columns] = coordinates.numbers[coordinates.entries(slot.name)]
    return replace(found, coordinates=replace(found.coordinates, numbers=numbers, kept=kept))
