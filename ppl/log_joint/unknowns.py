"""Latents and params: their columns of `z` and `w`, their supports, and the map to constrained space."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph.model import Limits, Relation
from ppl.graph.recursions import uses
from ppl.log_joint import pullbacks
from ppl.log_joint.density import aligned_args
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage
from ppl.supports import Support, continuous, vectors

Array = Any


@dataclass(frozen=True)
class Unknown:
    """A latent or a param: its support and the slots of the support's ends, aligned with its axes."""

    name: str
    shape: tuple[int, ...]
    support: Support
    ends: tuple[Slot, ...]

    @property
    def free_shape(self) -> tuple[int, ...]:
        rank = self.support.event_rank
        cut = len(self.shape) - rank
        return (*self.shape[:cut], *self.support.unconstrained(self.shape[cut:]))


def axes_of(name: str, shape: Sequence[int]) -> tuple[Storage, ...]:
    """The storage axes of a whole variable."""
    return tuple(Storage(f"{name}.{k}", size) for k, size in enumerate(shape))


def latent(low: Lowering, name: str, relations: Sequence[Relation]) -> Unknown:
    """The unknown that some relations give a density to: their support, cut by truncation, ordered if they say so."""
    shape = low.bound.shape(name)
    found = [_support(low, relation) for relation in relations]
    support, ends = found[0]
    for relation, (other, other_ends) in zip(relations[1:], found[1:], strict=True):
        if other is not support or [e.id for e in ends] != [e.id for e in other_ends]:
            raise low_error(
                low,
                "E311",
                f"the pieces of `{name}` lie in different sets",
                [relations[0], relation],
                "give all pieces the same bounds",
            )
    return Unknown(name, shape, support, tuple(ends))


def low_error(low: Lowering, code: str, message: str, relations: Sequence[Relation], fix: str) -> PplError:
    """An error about some statements."""
    labels = tuple(Label(relation.place) for relation in relations)
    return PplError([Diagnostic(code, message, labels, (), fix, source=low.bound.graph.source)])


def _support(low: Lowering, relation: Relation) -> tuple[Support, list[Slot]]:
    density = relation.density
    distribution = density.kind
    base = distribution.support
    frame = low.frame()
    batch = frame.storages(relation.axes[: len(relation.axes) - distribution.event_rank])
    ends: list[Slot] = []
    limits = [*(density.args.values() if base.ends else ()), density.lower, density.upper]
    own = next((use for e in limits if e is not None for use in uses(e, frozenset({relation.name}))), None)
    if own is not None:
        raise low.complain(
            "E312",
            f"the ends between which `{relation.name}` lies are made of `{relation.name}`",
            own,
            fix="let its past move its middle, and not its ends",
        )
    present = [e for e in limits if e is not None]
    low.check_plain(present, f"an end of `{relation.name}`", fix="let it move the middle, and not an end")
    if base.ends:
        args = {name: low.lower(arg, frame) for name, arg in density.args.items()}
        names = tuple(args)
        slots = aligned_args(low.tape, frame, density, args, batch)
        for k in range(len(base.ends)):
            key = ("end", density.distribution, names, k)
            ends.append(low.tape.emit(key, _end(distribution.ends, names, k), slots, batch))
    lower, upper = (
        None if e is None else low.tape.align(low.lower(e, frame), batch)
        for e in (density.lower, density.upper)
    )
    if lower is not None or upper is not None:
        base, ends = _cut(low, base, ends, lower, upper, batch)
    if relation.ordered:
        base, ends = _ordered(low, relation, base)
    return base, ends


def _end(ends: Callable[..., tuple[Array, ...]], names: tuple[str, ...], k: int) -> Callable[..., Array]:
    return lambda *args: ends(**dict(zip(names, args, strict=True)))[k]


_INTERVALS = {
    continuous.real: (None, None),
    continuous.positive: (0.0, None),
    continuous.nonnegative: (0.0, None),
    continuous.negative: (None, 0.0),
    continuous.unit_interval: (0.0, 1.0),
}


def _cut(
    low: Lowering,
    base: Support,
    ends: list[Slot],
    lower: Slot | None,
    upper: Slot | None,
    batch: tuple[Storage, ...],
) -> tuple[Support, list[Slot]]:
    """The part of an interval between the ends of a truncation."""
    tape = low.tape
    named = dict(zip(base.ends, ends, strict=True))
    known = _INTERVALS.get(base, (None, None))
    fixed = [None if e is None else tape.constant(e) for e in known]
    lowest = _tighter(low, "maximum", named.get("lower", fixed[0]), lower, batch)
    highest = _tighter(low, "minimum", named.get("upper", fixed[1]), upper, batch)
    if base in continuous.MAYBE_OPEN:
        assert lowest is not None
        assert highest is not None
        return continuous.any_interval, [lowest, highest]
    return interval(low, lowest, highest)


def _tighter(
    low: Lowering, function: str, one: Slot | None, other: Slot | None, batch: tuple[Storage, ...]
) -> Slot | None:
    if one is None or other is None:
        return one if other is None else other
    both = [low.tape.align(slot, batch) for slot in (one, other)]
    if all(slot.id in low.tape.constants and not low.tape.value(slot).ndim for slot in (one, other)):
        pick = max if function == "maximum" else min
        return low.tape.constant(pick(float(low.tape.value(one)), float(low.tape.value(other))))
    return low.tape.emit(function, getattr(np, function), both, batch)


def interval(low: Lowering, lower: Slot | None, upper: Slot | None) -> tuple[Support, list[Slot]]:
    """The simplest support between two ends."""
    values = [_number(low, end) for end in (lower, upper)]
    if lower is None and upper is None:
        return continuous.real, []
    if upper is None:
        assert lower is not None
        return (continuous.positive, []) if values[0] == 0 else (continuous.greater_than, [lower])
    if lower is None:
        return (continuous.negative, []) if values[1] == 0 else (continuous.less_than, [upper])
    return (continuous.unit_interval, []) if values == [0.0, 1.0] else (continuous.interval, [lower, upper])


def _number(low: Lowering, slot: Slot | None) -> float | None:
    if slot is None or slot.id not in low.tape.constants or low.tape.value(slot).ndim:
        return None
    return float(low.tape.value(slot))


def _ordered(low: Lowering, relation: Relation, base: Support) -> tuple[Support, list[Slot]]:
    if base is continuous.real:
        return vectors.ordered, []
    if base in (continuous.positive, continuous.nonnegative):
        return vectors.positive_ordered, []
    raise low_error(
        low,
        "E306",
        f"`ordered` works on the whole line and on positive numbers, and `{relation.name}` must be {base.name}",
        [relation],
        "truncate with `> 0`, or not at all",
    )


LOCATED = Support(
    name="a finite number",
    contains=continuous.real.contains,
    ends=("loc", "scale"),
    constrain=lambda z, loc, scale: loc + scale * z,
    unconstrain=lambda x, loc, scale: (x - loc) / scale,
    log_jacobian=lambda z, _loc, scale: np.log(scale) + 0.0 * z,
)


def guided(low: Lowering, unknown: Unknown, guide: Relation) -> Unknown:
    """A latent in the units of its own guide: x = loc + scale z, so that the guide is the standard normal."""
    if unknown.support is not continuous.real:
        what = f"and `{unknown.name}` must be {unknown.support.name}"
        text = f"a guide of one's own is for latents on the whole line, {what}"
        raise low_error(low, "E316", text, [guide], "leave this latent's guide to the compiler")
    args = list(guide.density.args.values())
    low.check_plain(args, f"the guide of `{unknown.name}`", fix="make it of data, params and nets")
    frame = low.frame()
    batch = frame.storages(guide.axes)
    slots = [low.tape.align(low.lower(guide.density.args[name], frame), batch) for name in ("loc", "scale")]
    return Unknown(unknown.name, unknown.shape, LOCATED, tuple(slots))


def declared(low: Lowering, name: str, limits: Limits | None) -> Unknown:
    """A `param` or a `latent` without `~`: the set that its type names."""
    shape = low.bound.shape(name)
    batch = axes_of(name, shape)
    ends = [None, None] if limits is None else [limits.lower, limits.upper]
    slots = [None if end is None else low.tape.align(low.lower(end, low.frame()), ()) for end in ends]
    support, found = interval(low, *slots)
    return Unknown(
        name,
        shape,
        support,
        tuple(slot.named(slot.axes) if slot.axes else slot for slot in found) if batch else tuple(found),
    )


def part_of(low: Lowering, unknown: Unknown, flat: Slot, columns: slice, shared: bool) -> Slot:
    """The columns of a flat vector that are an unknown's, unconstrained, (S, *free_shape)."""
    key, free = (unknown.name, columns.start, columns.stop, shared), unknown.free_shape
    axes = axes_of(unknown.name, unknown.shape)
    return low.tape.emit(
        ("columns", key),
        lambda z: z[:, columns].reshape((z.shape[0], *free)),
        [flat],
        axes,
        pullbacks.columns(columns),
    )


def constrained(
    low: Lowering, unknown: Unknown, flat: Slot, columns: slice, shared: bool
) -> tuple[Slot, Slot]:
    """The constrained value (S, *shape) and the log Jacobian (S,) of the columns of a flat vector.

    `shared` values (params) are one for all draws: the flat vector is (1, P).
    """
    tape = low.tape
    support, axes = unknown.support, axes_of(unknown.name, unknown.shape)
    key = (unknown.name, columns.start, columns.stop, shared)
    part = part_of(low, unknown, flat, columns, shared)
    assert support.constrain is not None
    assert support.log_jacobian is not None
    ends = list(unknown.ends)
    to_value, to_jacobian = support.constrain, support.log_jacobian
    value = tape.emit(("constrain", key), to_value, [part, *ends], axes, support.pullbacks[0])
    batch = len(unknown.shape) - support.event_rank
    count = math.prod(unknown.shape[:batch])

    if support is continuous.real:
        return value, tape.constant(0.0)

    def jacobian(z: Array, *e: Array) -> Array:
        rows = to_jacobian(z, *e)
        if onp.ndim(rows) <= batch or onp.shape(rows)[0] != z.shape[0]:  # the same for all draws
            rows = rows * np.ones((z.shape[0], *(1,) * batch))
        return rows if batch == 0 else rows.reshape((z.shape[0], count)).sum(axis=1)

    is_identity = to_jacobian is continuous.identity
    by_element = pullbacks.pullback_of(to_jacobian) if is_identity else support.pullbacks[1]
    own = by_element and pullbacks.spread(by_element, batch) if support.event_rank == 0 else None
    return value, tape.emit(("log_jacobian", key), jacobian, [part, *ends], (), own)
