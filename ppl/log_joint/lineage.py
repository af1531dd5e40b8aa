"""What the variables of a graph are made of: whose values a statement needs, and which of them must be known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ppl.graph import ir
from ppl.graph.model import Factor, Formula, Graph, Relation

Piece = Relation | Formula | Factor


@dataclass(frozen=True)
class Uses:
    """Names that an expression reads; `static` are those that choose elements, as indices, ranges and conditions."""

    names: frozenset[str]
    static: frozenset[str]


def uses(pieces: Iterable[Piece]) -> Uses:
    """The names in statements, that on the left side not among them (unless it stands on the right as well)."""
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
