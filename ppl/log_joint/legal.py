"""What only the data can show of a statement: arguments in their parameters' sets, observed values in the support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError, Span
from ppl.graph.bad_data import told
from ppl.graph.model import Relation
from ppl.log_joint.density import aligned_args, batch_axes
from ppl.log_joint.frame import Frame
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.tape import Slot, Storage
from ppl.supports import Support
from ppl.supports.continuous import interval

Array = Any
_OPEN = {"lower": -np.inf, "upper": np.inf}


def check_args(low: Lowering, relation: Relation, args: Mapping[str, Slot], frame: Frame) -> None:
    """Arguments made of data lie in their parameters' sets."""
    supports = {p.name: (p.support, p.event_rank) for p in relation.density.form}
    for name, slot in args.items():
        support, rank = supports[name]
        if support.ends or support.event_rank > rank or not _is_data(low, slot):
            continue
        own = [frame.place(axis).storage for axis in relation.density.own_axes(name)]
        batch = [axis for axis in slot.axes if axis not in own]
        if len(own) < support.event_rank:
            continue
        values = np.asarray(low.tape.value(low.tape.align(slot, [*batch, *own])))
        wrong = ~np.asarray(support.contains(values))
        if not wrong.any():
            continue
        arg = relation.density.args[name]
        at = tuple(np.argwhere(wrong)[0])
        where = _spoken([*batch, *own], at, frame)
        message = (
            f"`{name.removeprefix('base ')}` of `{relation.density.distribution}` must be {support.name}"
        )
        if wrong.ndim < values.ndim:
            fix = "correct what it is made of" + (
                ", or divide it by its sum" if "sum to 1" in support.name else ""
            )
            raise _wrong(low, "E304", message, arg.span, _whole(values[at]) + where, fix)
        message += f", and {_share(wrong)} not"
        fix = "correct the data that it is made of, or choose by `if` what stands in their place"
        raise _wrong(low, "E304", message, arg.span, f"it is {_number(values[at])}{where}", fix)


def check_value(
    low: Lowering,
    relation: Relation,
    x: Slot,
    args: Mapping[str, Slot],
    cut: Sequence[Slot | None],
    frame: Frame,
) -> None:
    """Observed values lie in the support, as far as its ends are known, and between the ends that `cut` it."""
    tape = low.tape
    if not _is_data(low, x) or relation.name in low.enumeration.finite:
        return
    event = [frame.place(axis).storage for axis in relation.density.event]
    batch = batch_axes(frame, relation.density, args, x, *cut)
    data = np.asarray(tape.value(tape.align(x, [*batch, *event])))
    support = relation.density.kind.support
    ends = _known_ends(low, relation, args, frame, batch) if support.ends else ()
    if ends is not None and not np.all(inside := support.contains(data, *ends)):
        told_ends = [
            Label(relation.density.args[name].span, "an end")
            for name, slot in args.items()
            if name in ("low", "high") and _is_data(low, slot)
        ]
        raise _outside(low, relation, data, ~np.asarray(inside), support, ends, batch, frame, *told_ends)
    limits = [
        tape.value(tape.align(end, batch)) if end is not None and _is_data(low, end) else _OPEN[side]
        for side, end in zip(_OPEN, cut, strict=True)
    ]
    if not np.all(inside := (data >= limits[0]) & (data <= limits[1])) and not event:
        cuts = [
            Label(end.span, "cut here") for end in (relation.density.lower, relation.density.upper) if end
        ]
        raise _outside(low, relation, data, ~np.asarray(inside), interval, limits, batch, frame, *cuts)


def _is_data(low: Lowering, slot: Slot) -> bool:
    """Whether a value is known: neither a function of latents, nor one value for each that a finite latent can have."""
    return slot.id in low.tape.constants and not low.enumeration.of(slot)


def _known_ends(
    low: Lowering, relation: Relation, args: Mapping[str, Slot], frame: Frame, batch: tuple[Storage, ...]
) -> tuple[Array, ...] | None:
    """The ends of a support, infinite where they are made of unknowns; None where nothing can be told."""
    tape = low.tape
    distribution = relation.density.kind
    names = distribution.support.ends
    known = {name: _is_data(low, slot) for name, slot in args.items()}
    if not any(known.values()) or not (all(known.values()) or set(names) <= set(_OPEN)):
        return None
    slots = dict(zip(args, aligned_args(tape, frame, relation.density, args, batch), strict=True))
    values = {name: tape.value(slot) if known[name] else np.nan for name, slot in slots.items()}
    with np.errstate(all="ignore"):
        ends = distribution.ends(**values)
    return tuple(
        np.where(np.isnan(end), _OPEN.get(name, np.nan), end) for name, end in zip(names, ends, strict=True)
    )


def _outside(
    low: Lowering,
    relation: Relation,
    data: Array,
    wrong: Array,
    support: Support,
    ends: Sequence[Array],
    batch: Sequence[Storage],
    frame: Frame,
    *labels: Label,
) -> PplError:
    """The error for observed values of which some are `wrong`."""
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    must = support.name
    values = [float(np.broadcast_to(end, wrong.shape)[at]) for end in ends]
    if support is interval and not np.all(np.isfinite(values)):  # one end is all that there is
        must = "at least {lower}" if np.isfinite(values[0]) else "at most {upper}"
    for end, value in zip(support.ends, values, strict=True):
        must = must.replace("{" + end + "}", f"{value:g}")
    name, where = relation.name, _spoken(batch, at, frame)
    message = f"`{name}` is drawn from `{relation.density.distribution}`, so it must be {must}"
    column = low.bound.columns.get(name)
    if wrong.ndim < data.ndim:
        fact = _whole(data[at]) + where
    else:
        message += f", and {_share(wrong)} not"
        fact = f"it is {_number(data[at])}{where}"
        if column is not None and relation.where is None and len(at) == len(relation.axes):
            fact = told(column, at, float(data[at]))
    fix = f"correct the data, or draw `{name}` from a distribution that allows for them"
    if relation.density.lower is not None or relation.density.upper is not None or labels:
        fix = f"correct the data, or the ends that `{name}` is kept between"
    return _wrong(low, "E415", message, relation.place, fact, fix, *labels, *_computed(low, name))


def _spoken(axes: Sequence[Storage], at: Sequence[int], frame: Frame) -> str:
    """A place as a reader would name it."""
    parts = [frame.element(axis, int(i)) for axis, i in zip(axes, at, strict=False)]
    return f" at {', '.join(parts)}" if parts else ""


def _number(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:g}"


def _share(wrong: Array) -> str:
    count = int(wrong.sum())
    return (
        "it is" if wrong.size == 1 else f"{count:,} of {wrong.size:,} values {'is' if count == 1 else 'are'}"
    )


def _whole(found: Array) -> str:
    """What is to be said of a vector or a matrix that is not in its set."""
    value = np.asarray(found)
    if value.ndim == 2 and value.shape[0] == value.shape[1] and np.isfinite(value).all():
        if not np.allclose(value, value.T):
            return "it is not symmetric"
        return f"its smallest eigenvalue is {np.linalg.eigvalsh(value)[0]:g}"
    shown = ", ".join(f"{v:g}" for v in value.reshape(-1)[:6]) + (", ..." if value.size > 6 else "")
    return f"it is [{shown}], and sums to {value.sum():g}"


def _computed(low: Lowering, name: str) -> tuple[Label, ...]:
    """Where an observed definition is computed: the cause may be there."""
    variable = low.bound.graph.variables[name]
    return (Label(variable.span, "computed here"),) if variable.role == "definition" else ()


def _wrong(low: Lowering, code: str, message: str, at: Span, fact: str, fix: str, *labels: Label) -> PplError:
    return PplError(
        [Diagnostic(code, message, (Label(at), *labels), (fact,), fix, source=low.bound.graph.source)]
    )
