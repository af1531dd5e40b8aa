"""A distribution's log density on the tape: arguments aligned by name, events last, truncation renormalised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.combinators.truncated import log_mass as truncated_mass
from ppl.distributions import Distribution
from ppl.graph import ir
from ppl.log_joint.frame import Frame
from ppl.log_joint.tape import Slot, Storage, Tape
from ppl.numerics.adjoints import reshaped
from ppl.numerics.choose import choose

Array = Any


def aligned_args(
    tape: Tape, frame: Frame, density: ir.Density, args: Mapping[str, Slot], batch: tuple[Storage, ...]
) -> list[Slot]:
    """The arguments over `batch`, each with its own axes behind."""
    ranks = {p.name: p.event_rank for p in density.form}
    found = []
    for name, slot in args.items():
        own = density.own.get(name, ())
        aligned = tape.align(slot, [*batch, *(frame.place(axis).storage for axis in density.own_axes(name))])
        places = tuple(k - len(own) for k, axis in enumerate(own) if axis is None)
        if places:
            aligned = _with_ones(tape, aligned, places)
        if ranks[name] > len(own):  # one value for all places of the event
            aligned = _with_event(tape, aligned, ranks[name] - len(own))
        found.append(aligned)
    return found


def _with_ones(tape: Tape, slot: Slot, places: tuple[int, ...]) -> Slot:
    """Axes of length 1 at some places, counted from the end of the result."""

    def expand(x: Array) -> Array:
        for place in sorted(places):
            cut = np.ndim(x) + place + 1
            x = np.reshape(x, (*np.shape(x)[:cut], 1, *np.shape(x)[cut:]))
        return x

    return tape.emit(("ones", places), expand, [slot], slot.axes, reshaped)


def _with_event(tape: Tape, slot: Slot, count: int) -> Slot:
    return tape.emit(
        ("event", count), lambda x: np.reshape(x, np.shape(x) + (1,) * count), [slot], slot.axes, reshaped
    )


def batch_axes(
    frame: Frame, density: ir.Density, slots: Mapping[str, Slot], *others: Slot | None
) -> tuple[Storage, ...]:
    """All axes that are nobody's own, those of the first of `others` first."""
    event = {frame.place(axis).storage for axis in density.event}
    found: dict[Storage, None] = {}
    for other in others:
        if other is not None:
            found.update(dict.fromkeys(axis for axis in other.axes if axis not in event))
    for name, slot in slots.items():
        own = {frame.place(axis).storage for axis in density.own_axes(name)}
        found.update(dict.fromkeys(axis for axis in slot.axes if axis not in own))
    return tuple(found)


def density_slot(
    tape: Tape,
    frame: Frame,
    density: ir.Density,
    x: Slot,
    args: Mapping[str, Slot],
    lower: Slot | None,
    upper: Slot | None,
) -> Slot:
    """log p(x), one value per batch element."""
    distribution = density.kind
    names = tuple(args)
    batch = batch_axes(frame, density, args, x, lower, upper)
    event = [frame.place(axis).storage for axis in density.event]
    slots = aligned_args(tape, frame, density, args, batch)
    key = ("log_prob", density.distribution, names)
    value = tape.emit(
        key,
        _named_call(distribution.log_prob, names),
        [tape.align(x, [*batch, *event]), *slots],
        batch,
        distribution.pullbacks.get(names),
    )
    if lower is None and upper is None:
        return value
    inside = _inside(tape, value, tape.align(x, batch), lower, upper, batch)
    if not distribution.proper:
        return inside
    mass = log_mass(tape, frame, density, args, lower, upper)
    return tape.emit("subtract", np.subtract, [inside, tape.align(mass, batch)], batch)


def _named_call(function: Callable[..., Array], names: tuple[str, ...]) -> Callable[..., Array]:
    return lambda x, *args: function(x, **dict(zip(names, args, strict=True)))


def _inside(
    tape: Tape, value: Slot, x: Slot, lower: Slot | None, upper: Slot | None, batch: tuple[Storage, ...]
) -> Slot:
    """-inf where x is not between the ends."""
    ends = [tape.align(end, batch) for end in (lower, upper) if end is not None]
    has_lower, has_upper = lower is not None, upper is not None

    def cut(value: Array, x: Array, *ends: Array) -> Array:
        inside = np.ones(np.shape(x), dtype=bool)
        if has_lower:
            inside = inside & (x >= ends[0])
        if has_upper:
            inside = inside & (x <= ends[-1])
        return value if onp.all(inside) else choose(inside, value, -np.inf)

    return tape.emit(("inside", has_lower, has_upper), cut, [value, x, *ends], batch)


def log_mass(
    tape: Tape,
    frame: Frame,
    density: ir.Density,
    args: Mapping[str, Slot],
    lower: Slot | None,
    upper: Slot | None,
) -> Slot:
    """The log probability between the ends of a truncation."""
    distribution = density.kind
    names = tuple(args)
    ends = [end for end in (lower, upper) if end is not None]
    batch = batch_axes(frame, density, args, *ends)
    slots = aligned_args(tape, frame, density, args, batch)
    key = ("log_mass", density.distribution, names, lower is not None, upper is not None)
    call = _mass(distribution, names, lower is not None, upper is not None)
    return tape.emit(key, call, [*(tape.align(end, batch) for end in ends), *slots], batch)


def _mass(
    distribution: Distribution, names: tuple[str, ...], has_lower: bool, has_upper: bool
) -> Callable[..., Array]:
    count = has_lower + has_upper

    def mass(*values: Array) -> Array:
        ends, args = values[:count], dict(zip(names, values[count:], strict=True))
        return truncated_mass(
            distribution, ends[0] if has_lower else None, ends[-1] if has_upper else None, args
        )

    return mass
