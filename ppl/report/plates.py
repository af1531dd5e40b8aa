"""What there is to draw of a graph: its names, what each is made of, and its axes as plates within plates.

A plate lies inside of another where its axes include the other's. Of two plates that merely overlap
neither can be drawn inside of the other, so they stand side by side, each with all of its axes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from ppl.graph import ir
from ppl.graph.model import Formula, Graph, Relation

Look = Literal["latent", "observed", "param", "data", "definition", "factor", "predict"]


@dataclass(frozen=True)
class Node:
    """A name of the model: its axes, what its statement says of it, and what that is made of."""

    name: str
    look: Look
    dims: tuple[str, ...]
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Plate:
    """A box around all nodes that run over `dims`; `title` names those that the plate around it lacks."""

    dims: tuple[str, ...]
    title: str
    nodes: tuple[Node, ...]
    plates: tuple[Plate, ...]


def nodes(graph: Graph) -> tuple[Node, ...]:
    """The nodes of a drawing, in the order of the source; factors last."""
    predictions = {name: [p for p in graph.predictions if p.name == name] for name in graph.names("predict")}
    found = []
    for variable in graph.variables.values():
        name, role = variable.name, variable.role
        if role == "state":
            continue  # a differential equation's own
        seen = graph.likelihoods.get(name, ())
        pieces = (
            *graph.priors.get(name, ()),
            *graph.formulas.get(name, ()),
            *predictions.get(name, ()),
            *seen,
        )
        limits = [graph.limits[name]] if name in graph.limits and role != "data" else []
        look: Look = "observed" if seen else role
        found.append(Node(name, look, variable.dims, _says(pieces), _sources([*pieces, *limits], graph)))
    for factor in graph.factors:
        dims = tuple(axis.dim for axis in factor.value.axes if axis.dim)
        found.append(Node(factor.name, "factor", dims, "", _sources([factor], graph)))
    return tuple(found)


def plates(graph: Graph) -> Plate:
    """The sheet of paper: everything without an axis, and the plates on it."""
    everything = nodes(graph)
    kinds = list(dict.fromkeys(node.dims for node in everything if node.dims))
    unique = [dims for k, dims in enumerate(kinds) if not any(Counter(dims) == Counter(d) for d in kinds[:k])]
    # Larger ones later, so that each finds the plates that it can lie in.
    unique.sort(key=len)
    parent: dict[tuple[str, ...], tuple[str, ...]] = {}
    for k, dims in enumerate(unique):
        inside = [d for d in unique[:k] if len(d) < len(dims) and Counter(d) <= Counter(dims)]
        parent[dims] = max(inside, key=len, default=())

    def plate(dims: tuple[str, ...], title: str) -> Plate:
        here = tuple(node for node in everything if Counter(node.dims) == Counter(dims))
        within = [d for d in unique if parent[d] == dims]
        return Plate(dims, title, here, tuple(plate(d, _title(d, dims, graph)) for d in within))

    return plate((), "")


def _says(pieces: Iterable[Relation | Formula]) -> str:
    found = dict.fromkeys("=" if isinstance(p, Formula) else f"~ {p.density.distribution}" for p in pieces)
    return " or ".join(found) if set(found) != {"="} else ""


def _title(dims: tuple[str, ...], around: tuple[str, ...], graph: Graph) -> str:
    own = list((Counter(dims) - Counter(around)).elements())
    sizes = {dim: graph.dims[dim].fixed_size for dim in own}
    return ", ".join(dim if sizes[dim] is None else f"{dim} ({sizes[dim]})" for dim in own)


def _sources(parts: Iterable[object], graph: Graph) -> tuple[str, ...]:
    """The variables that expressions are made of, in the order of the program; a name's own past too."""
    used = {use.name for part in parts for use in _uses(part)}
    return tuple(v.name for v in graph.variables.values() if v.name in used and v.role != "state")


def _uses(root: object) -> Iterator[ir.Use]:
    """Every use of a variable in the expressions below; shared ones once, on a stack of our own."""
    stack: list[Any] = [root]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, ir.Use):
            yield item
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, tuple):
            stack.extend(item)
        elif is_dataclass(item):
            stack.extend(getattr(item, field.name) for field in fields(item))
