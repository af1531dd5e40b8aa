"""Centred, standardised or in between: the coordinates of latents whose location or scale is latent too.

With z = loc + scale^(1 - c) (u - c loc) the coordinate u has the prior Normal(c loc, scale^c): for c = 1 it is z
itself, for c = 0 the standardised z. Where the data say much of z, it goes its own way whatever its prior; where they
say little, it moves with its prior, and a guide in z would have to follow a funnel. What is right for one element is
wrong for another, so that each has its own c. The model is the same for all of them: the Jacobian is accounted for.
The scale is measured in a unit near its own size: then one c keeps u still both as loc moves and as the scale does,
whatever z is measured in, and a path in such coordinates is as stable as it was.
Source: Papaspiliopoulos, Roberts & Sköld, A general framework for the parametrization of hierarchical models,
Statistical Science 22 (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph import ir
from ppl.graph.model import Formula
from ppl.log_joint.density import aligned_args
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of, places, whole
from ppl.log_joint.standard import Standard
from ppl.log_joint.tape import Slot
from ppl.log_joint.unknowns import Unknown, axes_of
from ppl.numerics.adjoints import elementwise
from ppl.numerics.linalg import cholesky, diagonal, solve_lower
from ppl.supports import Support, continuous
from ppl.supports.matrices import cholesky_factor

Array = Any
HALFWAY = 0.5  # where a centering is before anything is known: every dependence shows there
PATH = (
    1.0  # a path is first left as it is: for c < 1 all of it meets in the log joint, for c = 1 neighbours do
)


@dataclass(frozen=True)
class Centred:
    """A latent with a centering, and the slot of its numbers c.

    With `by_element` each element has its own c, and `moves` (*shape) says which of them have a location or scale that
    is latent. Else one c serves all: of a path, or of vectors; it is searched for in steps. `log_scale` is the slot of
    the logarithms of the elements' scales, and `log_unit` that of their units'; `pin` is where c has to be.
    """

    name: str
    c: Slot
    log_unit: Slot
    log_scale: Slot
    pin: float | None
    moves: Array
    by_element: bool = True
    is_path: bool = False
    step: float = 0.25


def centred(low: Lowering, unknown: Unknown, what: Standard, pin: float | None) -> tuple[Unknown, Centred]:
    """A latent in the coordinates of its centering, which is `pin` or else open."""
    if unknown.support.event_rank:
        return _vector(low, unknown, what, pin)
    found = elements(low, what, unknown.shape, pin)
    return on_line(low, unknown, what, found), found


def elements(low: Lowering, what: Standard, shape: tuple[int, ...], pin: float | None) -> Centred:
    """The centering of a latent's elements, its numbers c (*shape) one for each; or one for all of a path."""
    axes = axes_of(what.name, low.bound.shape(what.name))
    scale = over(low, what, [r.density.args[k.scale] for r, k in what.pairs], 1.0)
    c, unit = _numbers(low, what, shape, tuple(axis.size for axis in axes), pin)
    moves = onp.zeros(unit.shape, dtype=bool)
    for relation, flag in zip(what.relations, what.moves, strict=True):
        if flag:
            moves.reshape(-1)[places(low.bound, frame_of(low, relation.where), relation.axes)] = True
    log_scale = low.tape.emit("log", np.log, [scale], axes)
    c = low.tape.align(c, axes)
    return Centred(what.name, c, unit, log_scale, pin, moves, not what.is_path, what.is_path)


def unit_of(name: str) -> str:
    """What the logarithms of a latent's units of scale are called among the numbers that are open."""
    return f"{name}.unit"


def _numbers(
    low: Lowering, what: Standard, shape: tuple[int, ...], units: tuple[int, ...], pin: float | None
) -> tuple[Slot, Slot]:
    """The numbers c (*shape) and the logarithms of the units (*units): open, unless all is standardised."""
    if pin == 0:
        zeros = low.tape.constant(onp.zeros(shape), axes_of(what.name, shape))
        return zeros, low.tape.constant(onp.zeros(units), axes_of(what.name, units))
    start = pin if pin is not None else PATH if what.is_path else HALFWAY
    c = low.centerings.add(low.tape, what.name, onp.full(shape, start), axes_of(what.name, shape))
    unit = low.centerings.add(low.tape, unit_of(what.name), onp.zeros(units), axes_of(what.name, units))
    return c, unit


def over(low: Lowering, what: Standard, values: Sequence[ir.Expr | None], rest: float) -> Slot:
    """An argument of each statement as one slot over the latent's axes; `rest` where it is None or does not matter."""
    axes = axes_of(what.name, low.bound.shape(what.name))
    if len(values) == 1 and what.relations[0].where is None:
        if values[0] is None:
            return low.tape.constant(rest)
        frame = low.frame()
        storages = frame.storages(what.relations[0].axes)
        return low.tape.align(low.lower(values[0], frame), storages).named(axes)
    formulas = []
    for relation, value, moves in zip(what.relations, values, what.moves, strict=True):
        fixed = ir.Constant(relation.span, (), "real", True, rest)
        found = value if moves and value is not None else fixed
        formulas.append(
            Formula(what.name, relation.axes, found, relation.where, relation.span, relation.target)
        )
    return whole(low, formulas)


def log_stretch(low: Lowering, it: Centred) -> Slot:
    """The logarithm of (scale / unit)^(1 - c)."""
    slots = [it.log_scale, it.log_unit, it.c]
    return low.tape.emit("log stretch", _log_stretch, slots, it.c.axes, _PULL_LOG_STRETCH)


def _log_stretch(log_scale: Array, log_unit: Array, c: Array) -> Array:
    return (1.0 - c) * (log_scale - log_unit)


_PULL_LOG_STRETCH = elementwise(
    lambda g, _ans, log_scale, log_unit, c: (1.0 - c) * g,
    lambda g, _ans, log_scale, log_unit, c: -((1.0 - c) * g),
    lambda g, _ans, log_scale, log_unit, c: -((log_scale - log_unit) * g),
)


def on_line(low: Lowering, unknown: Unknown, what: Standard, it: Centred) -> Unknown:
    """A latent whose elements, on the line, are shift + stretch u."""
    loc = over(low, what, [None if k.loc is None else r.density.args[k.loc] for r, k in what.pairs], 0.0)
    stretch = log_stretch(low, it)
    shift = low.tape.emit("shift", _shift, [loc, stretch, it.c], it.c.axes, _PULL_SHIFT)
    return replace(unknown, support=_line(unknown.support), ends=(shift, stretch))


def _shift(loc: Array, log_stretch: Array, c: Array) -> Array:
    return (1.0 - np.exp(log_stretch) * c) * loc


_PULL_SHIFT = elementwise(
    lambda g, _ans, loc, log_stretch, c: (1.0 - onp.exp(log_stretch) * c) * g,
    lambda g, _ans, loc, log_stretch, c: onp.exp(log_stretch) * (c * -(loc * g)),
    lambda g, _ans, loc, log_stretch, c: onp.exp(log_stretch) * -(loc * g),
)
_PULL_ON_LINE = elementwise(
    lambda g, _ans, u, shift, log_stretch: onp.exp(log_stretch) * g,
    lambda g, _ans, u, shift, log_stretch: g,
    lambda g, _ans, u, shift, log_stretch: onp.exp(log_stretch) * (u * g),
)
_PULL_STRETCHES = elementwise(None, None, lambda g, _ans, u, shift, log_stretch: g)


def _vector(low: Lowering, unknown: Unknown, what: Standard, pin: float | None) -> tuple[Unknown, Centred]:
    """Vectors that one statement gives a density to, with one c for all of them."""
    tape, (relation, kind) = low.tape, what.pairs[0]
    density, name = relation.density, what.name
    frame = low.frame()
    batch = frame.storages(relation.axes[: len(relation.axes) - density.kind.event_rank])
    args = {key: low.lower(arg, frame) for key, arg in density.args.items()}
    slots = dict(zip(args, aligned_args(tape, frame, density, args, batch), strict=True))
    loc = tape.constant(0.0) if kind.loc is None else slots[kind.loc]
    parameter = next(p for p in density.form if p.name == kind.scale)
    c, unit = (tape.align(slot, batch) for slot in _numbers(low, what, (), (), pin))
    moves = onp.ones(unknown.shape, dtype=bool)
    if parameter.event_rank == 0:
        power = kind.power
        log_scale = tape.emit(("log scale", power), lambda s: power * np.log(s), [slots[kind.scale]], batch)
        it = Centred(name, c, unit, log_scale, pin, moves, by_element=False)
        stretch = tape.emit("wide", lambda x: np.expand_dims(x, -1), [log_stretch(low, it)], batch)
        shift = tape.emit(
            "shift of vectors",
            lambda loc, s, c: _shift(loc, s, np.expand_dims(c, -1)),
            [loc, stretch, c],
            batch,
        )
        return replace(unknown, support=_line(unknown.support), ends=(shift, stretch)), it
    factor = slots[kind.scale]
    if parameter.support is not cholesky_factor:
        factor = tape.emit("cholesky", cholesky, [factor], batch)
    log_scale = tape.emit("log scales", lambda L: 0.5 * np.log(np.sum(L * L, axis=-1)), [factor], batch)
    root = tape.emit("root", _root, [factor, log_scale, unit, c], batch)
    shift = tape.emit(
        "shift by root",
        lambda loc, root, c: loc - np.expand_dims(c, -1) * _times(root, loc),
        [loc, root, c],
        batch,
    )
    it = Centred(name, c, unit, log_scale, pin, moves, by_element=False, step=1.0)
    return replace(unknown, support=_turned(unknown.support), ends=(shift, root)), it


def _root(factor: Array, log_scale: Array, log_unit: Array, c: Array) -> Array:
    """From the factor L (..., K, K) for c = 0 to the identity for c = 1: D^(1 - c) ((1 - c) D⁻¹ L + c I).

    D are the standard deviations, in their unit. Lower triangular, and of full rank for every c.
    """
    c, log_unit = np.expand_dims(c, -1), np.expand_dims(log_unit, -1)
    lengths = np.exp(_log_stretch(log_scale, log_unit, c))[..., None]
    c = np.expand_dims(c, -1)
    turned = (1.0 - c) * factor / np.exp(log_scale)[..., None]
    return lengths * (turned + c * onp.eye(np.shape(factor)[-1]))


def _times(root: Array, x: Array) -> Array:
    return np.matmul(root, (x + np.zeros(np.shape(root)[-1:]))[..., None])[..., 0]


@cache
def _line(base: Support) -> Support:
    """A support whose unconstrained values are shift + stretch u."""
    assert base.constrain is not None
    assert base.unconstrain is not None
    assert base.log_jacobian is not None
    constrain, unconstrain, log_jacobian = base.constrain, base.unconstrain, base.log_jacobian

    def on_line(u: Array, shift: Array, log_stretch: Array) -> Array:
        return shift + np.exp(log_stretch) * u

    def jacobian(u: Array, shift: Array, log_stretch: Array) -> Array:
        stretches = log_stretch + np.zeros(np.shape(u))
        if base.event_rank:
            stretches = np.sum(stretches, axis=-1)
        return log_jacobian(on_line(u, shift, log_stretch)) + stretches

    return replace(
        base,
        ends=("shift", "log_stretch"),
        contains=lambda x, *_ends: base.contains(x),
        constrain=lambda u, *ends: constrain(on_line(u, *ends)),
        unconstrain=lambda x, shift, log_stretch: (unconstrain(x) - shift) * np.exp(-log_stretch),
        log_jacobian=jacobian,
        pullbacks=(_PULL_ON_LINE, _PULL_STRETCHES) if base is continuous.real else (None, None),
    )


@cache
def _turned(base: Support) -> Support:
    """A support of vectors whose unconstrained values are shift + root u."""
    assert base.constrain is not None
    assert base.unconstrain is not None
    assert base.log_jacobian is not None
    constrain, unconstrain, log_jacobian = base.constrain, base.unconstrain, base.log_jacobian

    def turned(u: Array, shift: Array, root: Array) -> Array:
        return shift + _times(root, u)

    return replace(
        base,
        ends=("shift", "root"),
        contains=lambda x, *_ends: base.contains(x),
        constrain=lambda u, *ends: constrain(turned(u, *ends)),
        unconstrain=lambda x, shift, root: solve_lower(root, (unconstrain(x) - shift)[..., None])[..., 0],
        log_jacobian=lambda u, shift, root: (
            log_jacobian(turned(u, shift, root)) + np.sum(np.log(diagonal(root)), axis=-1)
        ),
    )
