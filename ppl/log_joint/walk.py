"""A walk through a graph: variables given, computed or drawn one by one, each seeing those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.combinators import combinators
from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.distributions import distributions
from ppl.graph.bind import Bound
from ppl.graph.model import Formula, Relation
from ppl.log_joint.conditional import define
from ppl.log_joint.drawing import Drawing
from ppl.log_joint.enumeration import Finite
from ppl.log_joint.finite import finite_latent
from ppl.log_joint.known import Known
from ppl.log_joint.lineage import is_shown, uses
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import frame_of, places, whole
from ppl.log_joint.recursions import recursion
from ppl.log_joint.rules import lowering
from ppl.log_joint.unknowns import axes_of

Array = Any


@dataclass
class Walk:
    """The variables drawn so far."""

    bound: Bound
    size: int
    rng: np.random.Generator
    simulated: frozenset[str]
    low: Lowering = field(init=False)
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.low = lowering(self.bound)
        self.known = Known(self.low, self.size)
        graph = self.bound.graph
        for name in graph.names("data"):
            if name not in self.simulated:
                self._constant(name)

    def _constant(self, name: str) -> None:
        self.low.variables[name] = self.low.tape.constant(
            self.bound.data[name], axes_of(name, self.bound.shape(name))
        )

    def give(self, name: str, value: Array, finite: Finite | None = None) -> None:
        """A value of a variable that is not drawn here; `finite` are the values that it can have, if they are."""
        if finite is None:
            self._input(name)
        else:
            self.low.enumeration.finite[name] = finite
        self.known.put(name, np.array(value))

    def _input(self, name: str) -> None:
        if name not in self.low.variables:
            self.low.variables[name] = self.low.tape.input(axes_of(name, self.bound.shape(name)))

    def variable(self, name: str) -> None:
        """Draw a variable, or compute it."""
        graph = self.bound.graph
        role = graph.variables[name].role
        if name in self.simulated:
            self.observed(name)
        elif role == "latent":
            self._latent(name)
        elif role == "definition" and name not in (*self.low.variables, *self.low.enumeration.definitions):
            self._defined(name)

    def _defined(self, name: str) -> None:
        graph = self.bound.graph
        group = next((group for group in graph.recursions if name in group), ())
        if group:
            recursion(self.low, group)
        else:
            define(self.low, graph.formulas[name])
        for one in group or (name,):
            if is_shown(graph, one) and one not in graph.likelihoods:
                self.known.values[one] = self.known.whole(one)

    def _latent(self, name: str) -> None:
        graph = self.bound.graph
        pieces = graph.priors.get(name, ())
        if not pieces:
            raise self._refused(name, "has no prior to draw from", "give it one: `" + name + " ~ ...`")
        for piece in pieces:
            if not piece.density.kind.proper:
                raise self._refused(
                    name, "has an improper prior, which can't be drawn from", "give it a proper one", piece
                )
        self._can_be_drawn(name, pieces)
        if graph.is_finite(name):
            self.low.enumeration.finite[name] = finite_latent(self.low, name, pieces)
        else:
            self._input(name)
        self._draw(name, pieces, np.full((self.size, *self.bound.shape(name)), np.nan))

    def observed(self, name: str) -> None:
        """Simulated where statements speak of it, as the data have it elsewhere."""
        graph = self.bound.graph
        if graph.variables[name].role == "data":
            data = self.bound.data[name]
        else:
            data = self.low.tape.value(whole(self.low, graph.formulas[name]))
        if name in self.simulated:
            self._input(name)
        start = np.array(np.broadcast_to(data, (self.size, *self.bound.shape(name))), dtype=float)
        pieces = graph.likelihoods[name]
        self._can_be_drawn(name, pieces)
        for piece in pieces:
            flat = places(self.bound, frame_of(self.low, piece.where), piece.axes)
            start.reshape(self.size, -1)[:, flat] = np.nan
        self._draw(name, pieces, start)

    def _can_be_drawn(self, name: str, pieces: Sequence[Relation]) -> None:
        """Refuse distributions without a sampler."""
        piece = next((piece for piece in pieces if piece.density.kind.sample is None), None)
        if piece is None:
            return
        used = piece.density.distribution
        is_own = used.partition("(")[0] not in {*distributions, *combinators}
        fix = f"say how to draw from it: `dist {used}(...) = ..., sample = ...`"
        fix = fix if is_own else "leave this statement out while you draw from the prior"
        raise self._refused(name, f"can't be drawn: `{used}` has no sampler", fix, piece)

    def _draw(self, name: str, pieces: Sequence[Relation], start: Array) -> None:
        drawing = Drawing(self.low, self.known, self.rng, self.size)
        if name in uses(pieces).names and (
            name in self.simulated or name not in self.bound.graph.likelihoods
        ):
            drawing.in_rounds(name, pieces, start)
        else:
            for piece in pieces:
                drawing.at_once(piece, frame_of(self.low, piece.where), start)
        if any(piece.ordered for piece in pieces):
            drawing.in_order(pieces, start)
        is_whole = all(piece.density.kind.discrete for piece in pieces)
        self.known.put(name, np.rint(start).astype(np.int64) if is_whole else start)

    def predictions(self) -> None:
        """All `predict` statements."""
        graph, found = self.bound.graph, dict[str, list[Relation | Formula]]()
        for piece in graph.predictions:
            found.setdefault(piece.name, []).append(piece)
        for name, pieces in found.items():
            out = np.full((self.size, *self.bound.shape(name)), np.nan)
            relations = [piece for piece in pieces if isinstance(piece, Relation)]
            if relations:
                self._draw(name, relations, out)
                continue
            drawing = Drawing(self.low, self.known, self.rng, self.size)
            for piece in pieces:
                if isinstance(piece, Formula):
                    drawing.computed(piece, frame_of(self.low, piece.where), out)
            self.known.put(name, out)

    def _refused(self, name: str, what: str, fix: str, piece: Relation | None = None) -> PplError:
        graph = self.bound.graph
        span = graph.variables[name].span if piece is None else piece.span
        return PplError(
            [Diagnostic("E724", f"`{name}` {what}", (Label(span),), (), fix, source=graph.source)]
        )
