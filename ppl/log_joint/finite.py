"""Which values a finite latent can have: from its distribution's support, or as declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.model import Factor, Relation
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
            low, f"`{name}` has no value: it would lie between {lowest:,} and {highest:,}", relations[0]
        )
    if highest - lowest >= MAX_VALUES:
        raise _refused(
            low, f"`{name}` has {highest - lowest + 1:,} possible values, too many to sum over", relations[0]
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
    distribution = density.kind
    support = distribution.support
    if support.name == "0 or 1":
        return 0, 1
    if support.ends not in (("size",), ("lower", "upper")):
        raise _refused(
            low,
            f"`{relation.name}` has infinitely many values under `{density.distribution}`, so it can't be summed out",
            relation,
        )
    if support.ends == (
        "size",
    ):  # told by the shapes of the arguments, which may be made of the latent's own past
        return 0, int(
            distribution.ends(**{name: _unknown(low, relation, name) for name in density.args})[0]
        ) - 1
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
    ends = [_end(low, relation, dict(zip(args, slots, strict=True)), k) for k in range(2)]
    return int(np.min(ends[0])), int(np.max(ends[1]))


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
        raise _refused(low, f"how many values `{relation.name}` has depends on an unknown", relation)
    return end


def _is_known(low: Lowering, arg: ir.Expr) -> bool:
    """Whether all that an argument is made of comes before: data with empty cells come before latents."""
    names = uses([Factor("", arg, None, arg.span)]).names
    return all(name in low.variables or name in low.enumeration.names for name in names)


def _unknown(low: Lowering, relation: Relation, name: str) -> Array:
    """NaN in the shape of an argument's own axes."""
    frame = low.frame()
    return np.full([frame.place(axis).storage.size for axis in relation.density.own_axes(name)], np.nan)


def _refused(low: Lowering, message: str, relation: Relation) -> PplError:
    return PplError(
        [
            Diagnostic(
                "E501",
                message,
                (Label(relation.span),),
                fix="finite are Bernoulli, Categorical, Binomial with known n, DiscreteUniform with known ends",
                source=low.bound.graph.source,
            )
        ]
    )
