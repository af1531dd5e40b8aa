"""Which values a finite latent can have: from its distribution's support, or as declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ppl.combinators.truncated import ENDS
from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.model import Factor, Relation
from ppl.graph.recursions import uses as expr_uses
from ppl.log_joint.density import aligned_args, batch_axes
from ppl.log_joint.enumeration import Finite
from ppl.log_joint.lineage import uses
from ppl.log_joint.lowering import Lowering

Array = Any
MAX_VALUES = 100_000


def finite_latent(low: Lowering, name: str, relations: Sequence[Relation]) -> Finite:
    """The values of a latent, from the supports of its distributions; raises `PplError` where they are not finite."""
    found = [_values(low, relation) for relation in relations]
    lowest, highest = min(a for a, _ in found), max(b for _, b in found)
    if highest < lowest:
        raise _refused(
            low,
            f"`{name}` has no value: it would lie between {lowest:,} and {highest:,}",
            relations[0],
            "exchange its ends, or correct the data that they are made of",
        )
    if highest - lowest >= MAX_VALUES:
        raise _refused(
            low,
            f"`{name}` has {highest - lowest + 1:,} possible values, and at most {MAX_VALUES:,} are summed over",
            relations[0],
            f"bring its ends together, or let a real latent stand for it: `{name} ~ Uniform(...)`",
        )
    return Finite(name, low.bound.shape(name), np.arange(lowest, highest + 1))


def declared_finite(low: Lowering, name: str) -> Finite:
    """The values of `latent s: {-1, 1}`."""
    limits = low.bound.graph.limits[name]
    values = np.array([low.tape.value(low.lower(value, low.frame())) for value in limits.values])
    return Finite(name, low.bound.shape(name), values)


def _values(low: Lowering, relation: Relation) -> tuple[int, int]:
    """The smallest and the largest value that a statement allows."""
    density = relation.density
    known = ENDS.get(density.kind.support)
    lowest, highest = known if known is not None else _support_ends(low, relation)
    cuts = [_cut(low, relation, end) for end in (density.lower, density.upper)]
    lowest = lowest if cuts[0] is None else max(lowest, np.min(cuts[0]))
    highest = highest if cuts[1] is None else min(highest, np.max(cuts[1]))
    if not np.isfinite(lowest) or not np.isfinite(highest):
        text = low.bound.graph.source.text[relation.span.start : density.span.end]
        end = f"in [{'-100' if lowest == -np.inf else f'{lowest:.0f}'}, {'100' if highest == np.inf else highest}]"
        raise _refused(
            low,
            f"`{relation.name}` has infinitely many values under `{density.distribution}`, so it can't be summed out",
            relation,
            f"give it an end that is as good as certain: `{text} {end}`",
        )
    return int(lowest), int(highest)


def _support_ends(low: Lowering, relation: Relation) -> tuple[float, float]:
    """The ends of a support that has some."""
    density = relation.density
    distribution = density.kind
    if distribution.support.ends == ("size",):
        # Told by the shapes of the arguments, which may be made of the latent's own past.
        unknown = {name: _unknown(low, relation, name) for name in density.args}
        return 0, distribution.ends(**unknown)[0] - 1
    if distribution.support.ends != ("lower", "upper"):
        return -np.inf, np.inf
    frame = low.frame()
    args = {
        name: low.lower(arg, frame)
        if _is_known(low, arg)
        else low.tape.constant(
            _unknown(low, relation, name), tuple(frame.place(a).storage for a in density.own_axes(name))
        )
        for name, arg in density.args.items()
    }
    batch = batch_axes(frame, density, args)
    slots = aligned_args(low.tape, frame, density, args, batch)
    lower, upper = (_end(low, relation, dict(zip(args, slots, strict=True)), k) for k in range(2))
    return np.min(lower), np.max(upper)


def _cut(low: Lowering, relation: Relation, end: ir.Expr | None) -> Array | None:
    """An end of a truncation, which must be known."""
    if end is None:
        return None
    slot = low.lower(end, low.frame()) if _is_known(low, end) else None
    if slot is None or slot.id not in low.tape.constants or low.enumeration.of(slot):
        raise _depends(low, relation, end)
    return low.tape.value(slot)


def _end(low: Lowering, relation: Relation, slots: dict[str, Any], k: int) -> Array:
    """An end of the support, which must not depend on what is unknown."""
    distribution = relation.density.kind
    constants = low.tape.constants
    known = {
        n: constants[s.id] if s.id in constants else _unknown(low, relation, n) for n, s in slots.items()
    }
    with np.errstate(all="ignore"):
        end = np.asarray(distribution.ends(**known)[k], dtype=float)
    if np.isnan(end).any():
        unknown = [arg for n, arg in relation.density.args.items() if slots[n].id not in constants]
        raise _depends(low, relation, unknown[0])
    return end


def _is_known(low: Lowering, arg: ir.Expr) -> bool:
    """Whether all that an argument is made of comes before: data with empty cells come before latents."""
    names = uses([Factor("", arg, None, arg.span)]).names
    return all(name in low.variables or name in low.enumeration.names for name in names)


def _unknown(low: Lowering, relation: Relation, name: str) -> Array:
    """NaN in the shape of an argument's own axes."""
    frame = low.frame()
    return np.full([frame.place(axis).storage.size for axis in relation.density.own_axes(name)], np.nan)


def _depends(low: Lowering, relation: Relation, end: ir.Expr) -> PplError:
    """The error for an end that is unknown."""
    names = [use.name for use in expr_uses(end, frozenset(low.bound.graph.variables))]
    unknown = next((n for n in names if low.bound.graph.variables[n].role in ("latent", "param")), None)
    return _refused(
        low,
        f"how many values `{relation.name}` has depends on {f'`{unknown}`' if unknown else 'an unknown'}",
        relation,
        f"give `{relation.name}` ends that the data tell, and let `{unknown}` change their probabilities"
        if unknown
        else "make its ends of data",
        Label(end.span, "unknown"),
    )


def _refused(low: Lowering, message: str, relation: Relation, fix: str, *labels: Label) -> PplError:
    places = (Label(relation.span), *labels)
    return PplError([Diagnostic("E501", message, places, (), fix, source=low.bound.graph.source)])
