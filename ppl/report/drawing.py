"""The model graph as a drawing: what every statement is made of, with axes as plates; as DOT, Mermaid, SVG or text.

Latents are ellipses and observed ones are shaded; data and params are boxes. A plate lies inside of
another where its axes include the other's. Two plates that merely overlap can't both be drawn as
boxes within boxes, so the one declared first is the outer one.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from ppl.graph import ir
from ppl.graph.model import Formula, Graph, Relation

Look = Literal["latent", "observed", "param", "data", "definition", "factor", "predict"]

_DOT_LOOKS: dict[Look, str] = {
    "latent": "shape=ellipse",
    "observed": 'shape=ellipse style=filled fillcolor="#d3d3d3"',
    "param": "shape=box style=bold",
    "data": "shape=box",
    "definition": 'shape=box style="rounded,dashed"',
    "factor": 'shape=box style=filled fillcolor="#666666" fontcolor=white',
    "predict": "shape=ellipse style=dashed",
}
_MERMAID_SHAPES: dict[Look, tuple[str, str]] = {
    "latent": ("([", "])"),
    "observed": ("([", "])"),
    "param": ("[[", "]]"),
    "data": ("[", "]"),
    "definition": ("(", ")"),
    "factor": ("{{", "}}"),
    "predict": ("([", "])"),
}


@dataclass(frozen=True)
class Node:
    """One name of the model: `dims` are its axes, `says` what its statement says of it, `sources` what that is made of."""

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
        seen = graph.likelihoods.get(name, ())
        pieces = (*graph.priors.get(name, ()), *graph.formulas.get(name, ()), *predictions.get(name, ()), *seen)
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


def dot(graph: Graph) -> str:
    """The graph in Graphviz's language."""
    out = ["digraph model {", '  graph [fontname="Helvetica" labelloc=b labeljust=r]', '  node [fontname="Helvetica"]']

    def draw(plate: Plate, indent: str) -> None:
        for node in plate.nodes:
            label = "\\n".join(_escape(line) for line in (node.name, node.says) if line)
            out.append(f'{indent}"{_escape(node.name)}" [label="{label}" {_DOT_LOOKS[node.look]}]')
        for inner in plate.plates:
            name = "cluster " + " ".join(inner.dims)
            out.append(f'{indent}subgraph "{_escape(name)}" {{')
            out.append(f'{indent}  label="{_escape(inner.title)}"')
            draw(inner, indent + "  ")
            out.append(indent + "}")

    draw(plates(graph), "  ")
    out += [f'  "{_escape(s)}" -> "{_escape(node.name)}"' for node in nodes(graph) for s in node.sources]
    return "\n".join([*out, "}", ""])


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart. Nodes are numbered, because a name such as `end` would end the drawing."""
    numbers = {node.name: f"n{k}" for k, node in enumerate(nodes(graph))}
    count = iter(range(len(numbers) + 1))
    out = ["flowchart TD"]

    def draw(plate: Plate, indent: str) -> None:
        for node in plate.nodes:
            opened, closed = _MERMAID_SHAPES[node.look]
            label = "<br/>".join(_entities(line) for line in (node.name, node.says) if line)
            out.append(f'{indent}{numbers[node.name]}{opened}"{label}"{closed}:::{node.look}')
        for inner in plate.plates:
            out.append(f'{indent}subgraph p{next(count)}["{_entities(inner.title)}"]')
            draw(inner, indent + "  ")
            out.append(f"{indent}end")

    draw(plates(graph), "  ")
    out += [f"  {numbers[s]} --> {numbers[node.name]}" for node in nodes(graph) for s in node.sources]
    out += ["  classDef observed fill:#d3d3d3,color:#000", "  classDef factor fill:#666,color:#fff"]
    out += ["  classDef predict stroke-dasharray:4 4", "  classDef definition stroke-dasharray:4 4"]
    out += ["  classDef latent fill:none", "  classDef data fill:none", "  classDef param fill:none,stroke-width:3px", ""]
    return "\n".join(out)


def svg(graph: Graph, program: str) -> str:
    """The graph as an SVG picture, drawn by Graphviz: `program` is its `dot`."""
    done = subprocess.run([program, "-Tsvg"], input=dot(graph), capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout


def outline(graph: Graph) -> str:
    """The graph as lines to read: name, role, and what it is made of."""
    rows = [(f"{n.name}[{', '.join(n.dims)}]" if n.dims else n.name, n.look, n.says, n.sources) for n in nodes(graph)]
    width = max((len(row[0]) for row in rows), default=0)
    lines = [
        f"{name:<{width}}  {look:<10}  {says}{' of ' if says and sources else ''}{', '.join(sources)}".rstrip()
        for name, look, says, sources in rows
    ]
    return "\n".join(lines)


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
    return tuple(name for name in graph.variables if name in used)


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


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _entities(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
