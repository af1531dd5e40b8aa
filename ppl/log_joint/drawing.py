"""Draws of one variable from its statements, with arguments that are themselves drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.model import Relation
from ppl.log_joint.frame import Frame
from ppl.log_joint.lower import Lowering
from ppl.log_joint.pieces import frame_of, places
from ppl.log_joint.tape import Slot, Storage
from ppl.log_joint.terms import is_exchangeable
from ppl.log_joint.truncated import sample

Array = Any
TRIES = 1000  # of drawing an ordered vector whose elements differ


@dataclass
class Known:
    """The values of variables (S, *shape) that are drawn or given, and of slots that depend on them."""

    low: Lowering
    draws: int
    values: dict[str, Array] = field(default_factory=dict)
    inputs: dict[int, Array] = field(default_factory=dict)

    def put(self, name: str, value: Array) -> None:
        """A variable's value."""
        self.values[name] = value
        if name in self.low.variables and self.low.variables[name].id not in self.low.tape.constants:
            self.inputs[self.low.variables[name].id] = np.asarray(value, dtype=float)

    def full(self, slot: Slot) -> Array:
        """The value of a slot, once per draw."""
        axes, value = self.at(slot)
        assert axes == slot.axes
        return np.array(np.broadcast_to(value, (self.draws, *slot.shape)))

    def at(self, slot: Slot, first: bool = False) -> tuple[tuple[Storage, ...], Array]:
        """The axes and the value (draws or 1, *axes) of a slot, finite latents at their drawn values.

        With `first`, of the first draw only.
        """
        given = {i: value[:1] for i, value in self.inputs.items()} if first else self.inputs
        with np.errstate(all="ignore"):
            value = self.low.tape.run(given, [slot])[0]
        value = np.asarray(value) if slot.drawn else np.asarray(value)[None]
        axes = slot.axes
        for axis in self.low.enumeration.of(slot):
            axes, value = self._chosen(axes, value, axis, first)
        return axes, value

    def _chosen(
        self, axes: tuple[Storage, ...], value: Array, axis: Storage, first: bool
    ) -> tuple[tuple[Storage, ...], Array]:
        """The value at the drawn value of a finite latent, whose possible values run along an axis."""
        use = self.low.enumeration.axes[axis]
        finite = self.low.enumeration.finite[use.name]
        drawn = self.values[use.name][:1] if first else self.values[use.name]
        chosen = drawn.reshape(len(drawn), -1)[:, use.ids.reshape(-1)].reshape(len(drawn), *use.ids.shape)
        position = np.searchsorted(finite.values, chosen)
        rest = tuple(a for a in axes if a != axis)
        target = (*rest, *(a for a in use.axes if a not in rest))
        full = aligned((*axes,), value, (*target, axis))
        index = aligned(use.axes, position, target)[..., None]
        shape = np.broadcast_shapes(full.shape[:-1], index.shape[:-1])
        full = np.broadcast_to(full, (*shape, full.shape[-1])).astype(float)
        index = np.broadcast_to(index, (*shape, 1))
        unknown = np.broadcast_to(aligned(use.axes, np.isnan(chosen.astype(float)), target), shape)
        picked = np.take_along_axis(full, np.minimum(index, full.shape[-1] - 1), -1)[..., 0]
        return target, np.where(unknown, np.nan, picked)


def aligned(axes: Sequence[Storage], value: Array, target: Sequence[Storage | None]) -> Array:
    """A value (draws, *axes) with its axes in another order, of length 1 where it has none (and at None)."""
    have = [axis for axis in target if axis is not None and axis in axes]
    value = np.transpose(value, (0, *(1 + list(axes).index(axis) for axis in have)))
    sizes = iter(value.shape[1:])
    return value.reshape(value.shape[0], *(next(sizes) if axis in have else 1 for axis in target))


@dataclass
class Drawing:
    """Draws of variables whose arguments are known."""

    low: Lowering
    known: Known
    rng: np.random.Generator
    draws: int

    def at_once(self, piece: Relation, frame: Frame, out: Array) -> None:
        """Draw the elements that a frame holds, and put them in their places in `out` (S, *shape)."""
        args, ends = self._arguments(piece, frame)
        batch, event = self._axes(piece, frame)
        shape = (self.draws, *(a.size for a in (*batch, *event)))
        distribution = piece.density.kind
        try:
            with np.errstate(all="ignore"):
                drawn = sample(distribution, self.rng, shape, args, *ends)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise self._impossible(piece, str(error)) from error
        wanted = frame.storages(piece.axes)
        rows = aligned((*batch, *event), drawn, wanted).reshape(self.draws, -1)
        flat = out.reshape(self.draws, -1)
        flat[:, places(self.low.bound, frame, piece.axes)] = rows

    def in_rounds(self, name: str, pieces: Sequence[Relation], out: Array) -> None:
        """Draw a variable that speaks of itself: in each round the elements whose arguments are known."""
        left = [np.ones(1, dtype=bool)] * len(pieces)
        frames = [frame_of(self.low, piece.where) for piece in pieces]
        for k, (piece, frame) in enumerate(zip(pieces, frames, strict=True)):
            left[k] = np.ones([a.size for a in self._axes(piece, frame)[0]], dtype=bool)
        while any(rows.any() for rows in left):
            self.known.put(name, out)
            ready = [rows & self._ready(p, f, rows) for p, f, rows in zip(pieces, frames, left, strict=True)]
            if not any(rows.any() for rows in ready):
                stuck = next(piece for piece, rows in zip(pieces, left, strict=True) if rows.any())
                raise self._impossible(
                    stuck, "arguments that are not numbers, or that wait for each other in a circle"
                )
            for k, (piece, frame) in enumerate(zip(pieces, frames, strict=True)):
                if ready[k].any():
                    self.at_once(piece, self._part(piece, frame, ready[k]), out)
                    left[k] = left[k] & ~ready[k]

    def _ready(self, piece: Relation, frame: Frame, rows: Array) -> Array:
        """Which rows have arguments that are numbers, in the first draw."""
        if not rows.any():
            return rows
        args, ends = self._arguments(piece, frame, first=True)
        count = len(self._axes(piece, frame)[0])
        ready = np.ones(rows.shape, dtype=bool)
        for value in (*args.values(), *(end for end in ends if end is not None)):
            is_known = ~np.isnan(value[0])
            own = tuple(range(count, is_known.ndim))
            ready = ready & (is_known.all(axis=own) if own else is_known)
        return ready

    def _part(self, piece: Relation, frame: Frame, rows: Array) -> Frame:
        """The frame of some of a piece's rows."""
        axes = self._batch(piece)
        shape = tuple(self.low.bound.sizes[axis.dim] for axis in axes)
        mask = np.zeros(int(np.prod(shape)), dtype=bool)
        mask[places(self.low.bound, frame, axes)[rows.reshape(-1)]] = True
        return self.low.frame().restricted(axes, mask.reshape(shape)) if axes else frame

    def in_order(self, pieces: Sequence[Relation], out: Array) -> None:
        """Put the last axis in increasing order.

        Alike elements are sorted, which is what the K! counts. Where they differ, whole vectors are drawn
        again until they are in order: sorting would give the elements each other's distributions.
        """
        if all(is_exchangeable(piece) for piece in pieces):
            out.sort(axis=-1)
            return
        for _ in range(TRIES):
            wrong = np.any(np.diff(out, axis=-1) < 0, axis=-1, keepdims=True)
            if not wrong.any():
                return
            again = np.array(out)
            for piece in pieces:
                self.at_once(piece, frame_of(self.low, piece.where), again)
            out[...] = np.where(wrong, again, out)
        raise self._impossible(pieces[0], f"{TRIES} tries without one that is in increasing order")

    def _batch(self, piece: Relation) -> tuple[ir.Axis, ...]:
        return tuple(axis for axis in piece.axes if axis not in piece.density.event)

    def _axes(self, piece: Relation, frame: Frame) -> tuple[tuple[Storage, ...], tuple[Storage, ...]]:
        """The axes of independent elements, and those of one draw."""
        return frame.storages(self._batch(piece)), frame.storages(piece.density.event)

    def _arguments(
        self, piece: Relation, frame: Frame, first: bool = False
    ) -> tuple[dict[str, Array], list[Array | None]]:
        """The arguments (draws or 1, *batch, *own) and the ends of a truncation."""
        density = piece.density
        ranks = {p.name: p.event_rank for p in density.form}
        batch, _ = self._axes(piece, frame)
        args = {}
        for name, arg in density.args.items():
            own = [None if a is None else frame.place(a).storage for a in density.own.get(name, ())]
            value = aligned(*self.known.at(self.low.lower(arg, frame), first), (*batch, *own))
            args[name] = value.reshape(value.shape + (1,) * (ranks[name] - len(own)))
        ends: list[Array | None] = []
        for end in (density.lower, density.upper):
            found = None if end is None else self.known.at(self.low.lower(end, frame), first)
            ends.append(None if found is None else aligned(*found, batch))
        return args, ends

    def _impossible(self, piece: Relation, why: str) -> PplError:
        message = f"`{piece.name}` can't be drawn from `{piece.density.distribution}`"
        source = self.low.bound.graph.source
        return PplError([Diagnostic("E723", message, (Label(piece.span),), (why,), source=source)])
