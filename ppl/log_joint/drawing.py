"""Draws of one variable from its statements, with arguments that are themselves drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.model import Formula, Relation
from ppl.log_joint.frame import Frame
from ppl.log_joint.known import Known, aligned
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of, places
from ppl.log_joint.tape import Storage
from ppl.log_joint.terms import is_exchangeable
from ppl.log_joint.truncated import sample

Array = Any
TRIES = 1000  # of drawing an ordered vector whose elements differ
ROUNDING = 1e-9


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
        if why := _odd(piece, args, rank=0):
            raise self._impossible(piece, why)
        try:
            with np.errstate(all="ignore"):
                drawn = sample(distribution, self.rng, shape, args, *ends)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise self._impossible(piece, _odd(piece, args) or str(error)) from error
        if event and not np.all(np.isfinite(drawn)) and (why := _odd(piece, args)):
            raise self._impossible(piece, why)
        wanted = frame.storages(piece.axes)
        rows = aligned((*batch, *event), drawn, wanted).reshape(self.draws, -1)
        flat = out.reshape(self.draws, -1)
        flat[:, places(self.low.bound, frame, piece.axes)] = rows

    def computed(self, piece: Formula, frame: Frame, out: Array) -> None:
        """Put the values of a formula, finite latents at their drawn values, in their places in `out`."""
        storages = frame.storages(piece.axes)
        value = aligned(*self.known.at(self.low.lower(piece.value, frame)), storages)
        rows = np.broadcast_to(value, (self.draws, *(a.size for a in storages)))
        flat = out.reshape(self.draws, -1)
        flat[:, places(self.low.bound, frame, piece.axes)] = rows.reshape(self.draws, -1)

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
                    stuck,
                    "arguments that are not numbers, or that wait for each other in a circle",
                    "give each element a past that is drawn before it, and the first ones a statement of their own",
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
        raise self._impossible(
            pieces[0],
            f"{TRIES:,} draws were not in increasing order",
            "list what is to increase in the order that is likely",
        )

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

    def _impossible(self, piece: Relation, why: str, fix: str = "") -> PplError:
        fix = fix or "narrow the priors of what this is made of, so that it can always be drawn"
        message = f"`{piece.name}` can't be drawn from `{piece.density.distribution}`"
        source = self.low.bound.graph.source
        return PplError([Diagnostic("E723", message, (Label(piece.span),), (why,), fix, source=source)])


def _odd(piece: Relation, args: Mapping[str, Array], rank: int | None = None) -> str:
    """What is wrong with the first argument outside of its set (all of them, or those whose sets have that rank).

    Rounding may carry an argument to an end of its set, or a little beyond.
    """
    for parameter in piece.density.form:
        support, value = parameter.support, np.asarray(args[parameter.name], dtype=float)
        if support.ends or rank not in (None, support.event_rank):
            continue
        wrong = ~np.asarray(support.contains(value) | support.contains(value * (1 - ROUNDING)))
        name = parameter.name.removeprefix("base ")
        if support.event_rank and wrong.any():
            return f"`{name}` is not {support.name} in a draw"
        wrong = wrong & np.isfinite(value) & (value != 0) if not support.event_rank else wrong
        if wrong.any():
            return f"`{name}` is {value[wrong][0]:g} in a draw, and must be {support.name}"
    return ""
