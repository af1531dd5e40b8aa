"""Definitions made of finite latents: a value for each of theirs, which statements take over as if it stood there.

`eta[i] = mu[z[i]]` has no value of its own while `z` is summed out. It is kept as an array over its axes and over
axes of values, with the elements of `z` that these are of; `eta[k]` moves both. A definition in several pieces has
the axes of all, and where a piece speaks of no element its rows say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.graph.model import Formula
from ppl.graph.recursions import uses
from ppl.log_joint.enumeration import NONE, Conditional
from ppl.log_joint.lowering import Lowering, counted
from ppl.log_joint.pieces import check_cover, frame_of, places, whole
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.unknowns import axes_of

Array = Any
MAX_CELLS = 10_000_000


@dataclass(frozen=True, eq=False)
class _Piece:
    """A formula's slot, where its rows are kept, and which elements of the definition these are."""

    slot: Slot
    storages: tuple[Storage, ...]
    flat: Array


def define(low: Lowering, formulas: Sequence[Formula]) -> None:
    """Give a definition its slot, or its values for every value of the finite latents that it is made of."""
    name = formulas[0].name
    if not any(_is_made_of_finite(low, formula) for formula in formulas):
        low.variables[name] = whole(low, formulas)
        return
    pieces = [_piece(low, formula) for formula in formulas]
    check_cover(low.bound, formulas, [piece.flat for piece in pieces], complete=True)
    pieces = [piece for piece in pieces if piece.flat.size or len(pieces) == 1]
    if not any(low.enumeration.of(piece.slot) for piece in pieces):
        low.variables[name] = whole(low, formulas)
        return
    axes = axes_of(name, low.bound.shape(name))
    if len(pieces) == 1 and len(pieces[0].storages) == len(axes):
        to = dict(zip(pieces[0].storages, axes, strict=True))
        slot = low.enumeration.moved(low.tape, pieces[0].slot, to)
    else:
        slot = _joined(low, formulas[0], pieces, axes)
    low.enumeration.definitions[name] = Conditional(slot, axes)


def _is_made_of_finite(low: Lowering, formula: Formula) -> bool:
    return any(uses(formula.value, low.enumeration.names))


def check_recursion(low: Lowering, group: Sequence[str]) -> None:
    """Refuse a recursion of finite latents: raises `PplError`.

    Each of its elements would have a value for every combination of all values before.
    """
    for formula in (f for name in group for f in low.bound.graph.formulas[name]):
        low.check_plain(
            [formula.value],
            f"`{formula.name}`, which refers to its own past,",
            "each of its elements would have a value for every path up to it",
            fix=f"let the past be noisy, `{formula.name}[...] ~ Normal(..., s)`: then it is one value",
        )


def _piece(low: Lowering, formula: Formula) -> _Piece:
    frame = frame_of(low, formula.where)
    storages = frame.storages(formula.axes)
    slot = low.lower(formula.value, frame)
    return _Piece(slot, storages, places(low.bound, frame, formula.axes))


def _joined(low: Lowering, formula: Formula, pieces: Sequence[_Piece], axes: tuple[Storage, ...]) -> Slot:
    """The pieces as one slot over all axes of the definition, and over the axes of values of any of them."""
    tape, enumeration = low.tape, low.enumeration
    count = math.prod(axis.size for axis in axes)
    keys = [_keys(low, piece) for piece in pieces]
    values: dict[Any, Storage] = {}
    for key in (key for found in keys for key in found):
        if key not in values:
            selectors = tuple(values[k] for k in key[2])
            ids = onp.full((count, *(s.size for s in selectors)), NONE)
            for piece, found in zip(pieces, keys, strict=True):
                if key in found:
                    ids[piece.flat] = _ids(low, piece, found, key)
            shape = (*(axis.size for axis in axes), *(s.size for s in selectors))
            values[key] = enumeration.axis(key[0], (*axes, *selectors), ids.reshape(shape))
    over = tuple(values.values())
    sizes = tuple(axis.size for axis in over)
    if count * math.prod(sizes) > MAX_CELLS:
        names = " and ".join(sorted({f"`{enumeration.axes[axis].name}`" for axis in over}))
        raise low.complain(
            "E503",
            f"`{formula.name}` for every value of {names} is {counted(count * math.prod(sizes), MAX_CELLS)}",
            formula.value,
            fix="cut the statements that tie these together, or use fewer values",
        )
    parts = []
    for piece, found in zip(pieces, keys, strict=True):
        there: dict[Storage, Storage] = {own: values[key] for key, own in found.items()}
        slot = piece.slot.named([there.get(axis, axis) for axis in piece.slot.axes])
        parts.append(tape.align(slot, [*piece.storages, *over]))
    order = onp.argsort(onp.concatenate([piece.flat for piece in pieces]), kind="stable")
    rows = [len(piece.flat) for piece in pieces]
    lengths = [[s.size for s in piece.storages] for piece in pieces]
    shape = tuple(axis.size for axis in axes)

    def join(*xs: Array) -> Array:
        flat = []
        for x, n, length in zip(xs, rows, lengths, strict=True):
            lead = x.shape[: x.ndim - len(length) - len(sizes)]
            full = np.broadcast_to(x, (*lead, *length, *sizes))
            flat.append(np.reshape(full, (*(lead or (1,)), n, *sizes)))
        draws = max(x.shape[0] for x in flat)
        alike = [np.broadcast_to(x, (draws, *x.shape[1:])) for x in flat]
        whole = np.concatenate(alike, axis=1)[:, order]
        return np.reshape(whole, (*((draws,) if is_drawn else ()), *shape, *sizes))

    is_drawn = any(part.drawn for part in parts)
    key = ("pieces by values", tuple(rows), shape, sizes, is_drawn, order.tobytes())
    return tape.emit(key, join, parts, (*axes, *over))


def _keys(low: Lowering, piece: _Piece) -> dict[Any, Storage]:
    """The axes of values of a piece by what they have in common with those of others.

    A key is the latent, how many of it came before, and the keys of the axes on which its elements depend.
    """
    enumeration = low.enumeration
    found: dict[Any, Storage] = {}
    names: dict[Storage, Any] = {}
    for axis in enumeration.behind(piece.slot.axes):
        known = enumeration.axes[axis]
        selectors = tuple(names[a] for a in known.axes if a in names)
        before = sum(key[0] == known.name and key[2] == selectors for key in found)
        names[axis] = (known.name, before, selectors)
        found[names[axis]] = axis
    return found


def _ids(low: Lowering, piece: _Piece, found: dict[Any, Storage], key: Any) -> Array:
    """The elements that an axis is of, row by row of the piece (rows, *selectors)."""
    known = low.enumeration.axes[found[key]]
    selectors = [found[k] for k in key[2]]
    slot = low.tape.align(low.tape.constant(known.ids, known.axes), [*piece.storages, *selectors])
    shape = tuple(s.size for s in (*piece.storages, *selectors))
    ids = onp.broadcast_to(low.tape.value(slot), shape)
    return ids.reshape(-1, *(s.size for s in selectors))
