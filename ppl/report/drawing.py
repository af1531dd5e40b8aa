"""The model graph as a drawing, with axes as plates: in DOT, in Mermaid, as SVG, or as lines to read.

Latents are ellipses and observed ones are shaded; data and params are boxes, definitions rounded ones.
"""

from __future__ import annotations

import subprocess

from ppl.graph.model import Graph
from ppl.report.plates import Look, Plate, nodes, plates

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


def dot(graph: Graph) -> str:
    """The graph in Graphviz's language."""
    out = [
        "digraph model {",
        '  graph [fontname="Helvetica" labelloc=b labeljust=r]',
        '  node [fontname="Helvetica"]',
    ]

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
    """The graph as a Mermaid flowchart; nodes are numbered, as a name such as `end` would end the drawing."""
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
    out += [
        "  classDef latent fill:none",
        "  classDef data fill:none",
        "  classDef param fill:none,stroke-width:3px",
        "",
    ]
    return "\n".join(out)


def svg(graph: Graph, program: str) -> str:
    """The graph as an SVG picture, drawn by Graphviz: `program` is its `dot`."""
    done = subprocess.run(
        [program, "-Tsvg"], input=dot(graph), capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout


def outline(graph: Graph) -> str:
    """The graph as lines to read: name, role, and what it is made of."""
    rows = [
        (f"{n.name}[{', '.join(n.dims)}]" if n.dims else n.name, n.look, n.says, n.sources)
        for n in nodes(graph)
    ]
    width = max((len(row[0]) for row in rows), default=0)
    lines = []
    for name, look, says, sources in rows:
        made = " of ".join(part for part in (says, ", ".join(sources)) if part)
        lines.append(f"{name:<{width}}  {look:<10}  {made}".rstrip())
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _entities(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
