"""What variables are made of: whose values a statement needs, and which of them must be known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ppl.graph import ir
from ppl.graph.model import Factor, Formula, Graph, Relation
from ppl.graph.order import components

Piece = Relation | Formula | Factor


@dataclass(frozen=True)
class Uses:
    """Names that are read; `static` are those that choose elements: indices, ranges, conditions."""

    names: frozenset[str]
    static: frozenset[str]


def uses(pieces: Iterable[Piece]) -> Uses:
    """The names in statements; the left side's is not among them unless it stands on the right as well."""
    names: set[str] = set()
    static: set[str] = set()
    for piece in pieces:
        right = piece.density if isinstance(piece, Relation) else piece.value
        stack: list[tuple[Any, bool]] = [(right, False), (piece.where, True)]
        while stack:
            node, is_static = stack.pop()
            if isinstance(node, ir.Use):
                names.add(node.name)
                if is_static:
                    static.add(node.name)
                stack += [(index, True) for index in node.indices]
            elif isinstance(node, ir.IndexRange):
                stack += [(node.lower, True), (node.upper, True)]
            elif isinstance(node, ir.Expr | ir.Density):
                stack += [(child, is_static) for child in _children(node)]
    return Uses(frozenset(names), frozenset(static))


def _children(node: Any) -> Iterator[Any]:
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Mapping):
            yield from value.values()
        elif isinstance(value, tuple):
            yield from value
        elif isinstance(value, ir.Expr | ir.Density):
            yield value


def made_of(graph: Graph, name: str) -> frozenset[str]:
    """The names that the value of a latent or a definition is made of; none for data."""
    return uses([*graph.priors.get(name, ()), *graph.formulas.get(name, ())]).names


def ancestors(graph: Graph, pieces: Iterable[Piece]) -> frozenset[str]:
    """All names that statements need, through definitions and down to latents, params and data."""
    found: set[str] = set()
    stack = list(uses(pieces).names)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            if graph.variables[name].role == "definition":
                stack += made_of(graph, name)
    return frozenset(found)


def simulated_of(graph: Graph) -> frozenset[str]:
    """The observed variables that others may see as they are drawn."""
    pieces: list[tuple[Piece, ...]] = [
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
        rings = [g for g in components(_drawn_from(graph, found)) if len(g) > 1]
        if not rings:
            return found
        smaller = found - {name for ring in rings for name in ring}
        if smaller == found:
            return found
        found = smaller


def _drawn_from(graph: Graph, simulated: frozenset[str]) -> dict[str, list[str]]:
    """What has to be drawn before what."""
    edges: dict[str, list[str]] = {}
    for name in graph.order:
        observed = uses(graph.likelihoods.get(name, ())).names if name in simulated else frozenset()
        edges[name] = sorted(observed if name in simulated else made_of(graph, name))
    return edges


def order_of(graph: Graph, simulated: frozenset[str]) -> list[str]:
    """All variables but predictions, each behind those it is drawn from."""
    order = [name for group in components(_drawn_from(graph, simulated)) for name in group]
    return [name for name in order if graph.variables[name].role != "predict"]


def is_shown(graph: Graph, name: str) -> bool:
    """Whether draws of a variable are wanted: neither data alone, nor params, nor `let`."""
    variable = graph.variables[name]
    if name in graph.likelihoods or variable.role in ("latent", "predict"):
        return True
    return variable.role == "definition" and variable.kept and not variable.static
