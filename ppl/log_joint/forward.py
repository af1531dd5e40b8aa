"""Ancestral sampling: every statement drawn from its distribution, in the order in which its arguments are known.

`prior` draws all latents and definitions, then what is observed (the prior predictive) and what is predicted.
`predict` draws the `predict` statements at given values of the latents. A statement that speaks of its own
past is drawn in rounds: in each, the elements whose arguments are known by then, however they depend on each
other. What is observed is simulated too, so that a later statement sees the simulated values; where it
chooses elements (an index, a condition, a size) or stands in a circle with others, its data are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.distributions import distributions
from ppl.graph.bind import Bound
from ppl.graph.model import Formula, Graph, Relation
from ppl.graph.order import components
from ppl.log_joint.drawing import Drawing, Known
from ppl.log_joint.finite import finite_latent
from ppl.log_joint.lineage import ancestors, made_of, uses
from ppl.log_joint.lower import Lowering
from ppl.log_joint.pieces import frame_of, places, whole
from ppl.log_joint.recursions import recursion
from ppl.log_joint.unknowns import axes_of

Array = Any
CELLS = 4_000_000  # numbers of all variables together that are worked on at once


def prior(
    bound: Bound, draws: int, rng: np.random.Generator, params: Mapping[str, Array]
) -> dict[str, Array]:
    """Draws of latents, kept definitions, observed and predicted variables, each (draws, *shape).

    `params` are the values of the model's params, which have no prior.
    """
    graph = bound.graph
    simulated = _simulated(graph)
    order = _order(graph, simulated)
    found = [v for v in graph.variables.values() if _is_shown(graph, v.name)]
    shown = [v.name for v in sorted(found, key=lambda v: (v.role in ("data", "predict"), v.span.start))]

    def chunk(size: int) -> dict[str, Array]:
        walk = _Walk(bound, size, rng, simulated)
        for name, value in params.items():
            walk.give(name, np.broadcast_to(value, (size, *np.shape(value))))
        for name in order:
            walk.variable(name)
        for name in graph.likelihoods:
            if name not in simulated:
                walk.observed(name)
        walk.predictions()
        return {name: walk.known.values[name] for name in shown}

    return _in_chunks(bound, draws, chunk)


def predict(bound: Bound, values: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Draws of the `predict` statements at values (S, *shape) of latents and params."""
    graph = bound.graph
    needed, order = ancestors(graph, graph.predictions), _order(graph, frozenset())
    start = 0

    def chunk(size: int) -> dict[str, Array]:
        nonlocal start
        walk = _Walk(bound, size, rng, frozenset())
        for name, value in values.items():
            if name in needed:
                walk.give(name, value[start : start + size])
        for name in order:
            if name in needed and name not in values:
                walk.variable(name)
        walk.predictions()
        start += size
        return {name: walk.known.values[name] for name in _predicted(graph)}

    draws = next((len(value) for value in values.values()), 1)
    return _in_chunks(bound, draws, chunk)


def _predicted(graph: Graph) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.name for piece in graph.predictions))


def _in_chunks(bound: Bound, draws: int, chunk: Callable[[int], dict[str, Array]]) -> dict[str, Array]:
    cells = sum(math.prod(bound.shape(name)) for name in bound.graph.variables) + 1
    size = max(1, min(draws, CELLS // cells))
    sizes = [min(size, draws - start) for start in range(0, draws, size)]
    parts = [chunk(n) for n in sizes]
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def _is_shown(graph: Graph, name: str) -> bool:
    """Whether draws of a variable are wanted: neither data alone, nor params, nor `let`."""
    variable = graph.variables[name]
    if name in graph.likelihoods or variable.role in ("latent", "predict"):
        return True
    return variable.role == "definition" and variable.kept and not variable.static


def _simulated(graph: Graph) -> frozenset[str]:
    """The observed variables that others may see as they are drawn."""
    pieces = [
        *graph.priors.values(),
        *graph.formulas.values(),
        *graph.likelihoods.values(),
        graph.predictions,
    ]
    chosen = frozenset().union(*(uses(group).static for group in pieces))
    sizes = {e.name for e in graph.sizes.values() if hasattr(e, "name")}
    # What an observed definition is made of stays as it is: the definition is drawn, not computed.
    sources = frozenset().union(*(made_of(graph, name) for name in graph.likelihoods))
    found = frozenset(graph.likelihoods) - chosen - sizes - sources
    while True:
        rings = [g for g in components(_edges(graph, found)) if len(g) > 1]
        if not rings:
            return found
        smaller = found - {name for ring in rings for name in ring}
        if smaller == found:
            return found
        found = smaller


def _edges(graph: Graph, simulated: frozenset[str]) -> dict[str, list[str]]:
    """What has to be drawn before what."""
    edges: dict[str, list[str]] = {}
    for name in graph.order:
        observed = uses(graph.likelihoods.get(name, ())).names if name in simulated else frozenset()
        edges[name] = sorted(observed if name in simulated else made_of(graph, name))
    return edges


def _order(graph: Graph, simulated: frozenset[str]) -> list[str]:
    """All variables but predictions, each behind those it is drawn from."""
    order = [name for group in components(_edges(graph, simulated)) for name in group]
    return [name for name in order if graph.variables[name].role != "predict"]


@dataclass
class _Walk:
    """The variables drawn so far."""

    bound: Bound
    size: int
    rng: np.random.Generator
    simulated: frozenset[str]
    low: Lowering = field(init=False)
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.low = Lowering(self.bound)
        self.known = Known(self.low, self.size)
        graph = self.bound.graph
        for name in graph.names("data"):
            if name not in self.simulated:
                self._constant(name)

    def _constant(self, name: str) -> None:
        self.low.variables[name] = self.low.tape.constant(
            self.bound.data[name], axes_of(name, self.bound.shape(name))
        )

    def give(self, name: str, value: Array) -> None:
        """A value of a variable that is not drawn here."""
        self._input(name)
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
        elif role == "definition" and name not in self.low.variables:
            self._defined(name)

    def _defined(self, name: str) -> None:
        graph = self.bound.graph
        group = next((group for group in graph.recursions if name in group), ())
        if group:
            recursion(self.low, group)
        else:
            self.low.variables[name] = whole(self.low, graph.formulas[name])
        for one in group or (name,):
            if _is_shown(graph, one) and one not in graph.likelihoods:
                self.known.values[one] = self.known.full(self.low.variables[one])

    def _latent(self, name: str) -> None:
        graph = self.bound.graph
        pieces = graph.priors.get(name, ())
        if not pieces:
            raise self._refused(name, "has no prior to draw from", "give it one: `" + name + " ~ ...`")
        for piece in pieces:
            if not distributions[piece.density.distribution].proper:
                raise self._refused(
                    name, "has an improper prior, which can't be drawn from", "give it a proper one", piece
                )
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
        for piece in pieces:
            if distributions[piece.density.distribution].sample is None:
                raise self._refused(name, f"can't be drawn from `{piece.density.distribution}`", "", piece)
        for piece in pieces:
            flat = places(self.bound, frame_of(self.low, piece.where), piece.axes)
            start.reshape(self.size, -1)[:, flat] = np.nan
        self._draw(name, pieces, start)

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
            drawing.in_order(name, pieces, start)
        is_whole = all(distributions[piece.density.distribution].discrete for piece in pieces)
        self.known.put(name, np.rint(start).astype(np.int64) if is_whole else start)

    def predictions(self) -> None:
        """All `predict` statements."""
        graph, found = self.bound.graph, dict[str, list[Relation | Formula]]()
        for piece in graph.predictions:
            found.setdefault(piece.name, []).append(piece)
        for name, pieces in found.items():
            relations = [piece for piece in pieces if isinstance(piece, Relation)]
            start = np.full((self.size, *self.bound.shape(name)), np.nan)
            if relations:
                self._draw(name, relations, start)
            else:
                formulas = [piece for piece in pieces if isinstance(piece, Formula)]
                self.known.values[name] = self.known.full(whole(self.low, formulas))

    def _refused(self, name: str, what: str, fix: str, piece: Relation | None = None) -> PplError:
        graph = self.bound.graph
        span = graph.variables[name].span if piece is None else piece.span
        return PplError(
            [Diagnostic("E724", f"`{name}` {what}", (Label(span),), (), fix, source=graph.source)]
        )
