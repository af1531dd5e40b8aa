"""Where the terms of a log joint stand in the source: the statements behind the names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ppl.diagnostic import Diagnostic, Label, Span
from ppl.graph.model import Graph


@dataclass(frozen=True)
class Statement:
    """A statement as its author wrote it: its line (from 1) and its text."""

    line: int
    text: str


def spans(graph: Graph, name: str) -> tuple[Span, ...]:
    """The statements that give a term its value; for a name without a term, where it is declared.

    A term in which latents were summed out may be that of several: `y, factor 2`.
    """
    if ", " in name:
        return tuple(span for part in name.split(", ") for span in spans(graph, part))
    pieces = [*graph.priors.get(name, ()), *graph.likelihoods.get(name, ())]
    pieces += [factor for factor in graph.factors if factor.name == name]  # type: ignore[misc]
    if pieces:
        return tuple(piece.span for piece in pieces)
    return (graph.variables[name].span,) if name in graph.variables else ()


def statements(graph: Graph, name: str) -> tuple[Statement, ...]:
    """The same as lines and texts; a statement that goes on over several lines is one line here."""
    found = []
    for span in spans(graph, name):
        line, _ = graph.source.position(span.start)
        found.append(Statement(line, " ".join(graph.source.text[span.start : span.end].split())))
    return tuple(found)


def located(diagnostic: Diagnostic, graph: Graph, name: str | None) -> Diagnostic:
    """The diagnostic with the statements of a term as its place, where it has none of its own."""
    found = spans(graph, name) if name is not None and not diagnostic.labels else ()
    if not found:
        return diagnostic
    return replace(diagnostic, labels=tuple(Label(span) for span in found), source=graph.source)
