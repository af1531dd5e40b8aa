"""What an expression typed alone is worth: its value where that is known, its posterior after a fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ppl.data.read import read
from ppl.diagnostic import Diagnostic, Label, PplError, Source, Span
from ppl.graph.bind import bind
from ppl.graph.check import check
from ppl.graph.model import Graph
from ppl.log_joint import LogJoint, compile_log_joint
from ppl.log_joint.lineage import ancestors
from ppl.repl.session import Session
from ppl.report.draws import summary
from ppl.syntax import ast
from ppl.syntax.parse import parse, parse_expression

if TYPE_CHECKING:
    from ppl.api.fits import Fit

DRAWS = 4000
ROWS = 20
Array = Any


def answer(session: Session, text: str) -> str:
    """The value of an expression in a session; raises `PplError`."""
    name, graph = _named(session, text)
    is_known = graph.variables[name].static
    if not is_known and session.fit is None:
        raise _refused("the value of this is unknown until there is a fit", "type `:fit`")
    for needed in sorted(ancestors(graph, graph.formulas[name])):
        if graph.is_finite(needed):
            raise _refused(
                f"this is made of `{needed}`, which is summed out", "ask for what it is drawn from"
            )
    log_joint = compile_log_joint(bind(graph, read(list(session.data) or None)))
    bound = log_joint.bound
    if is_known or session.fit is None:
        (known,) = log_joint.tape.run({}, [log_joint.low.variables[name]])
        labels = [bound.labels.get(dim) for dim in graph.variables[name].dims]
        return "\n".join(_rows(labels, np.broadcast_to(known, bound.shape(name))))
    found = log_joint.definitions_at(_values(session.fit, log_joint))[name]
    return str(summary({name: found}, graph, bound.labels))


def _named(session: Session, text: str) -> tuple[str, Graph]:
    """The session's graph with the expression in it as a definition, and the name of that."""
    expression = parse_expression(Source("<expression>", text))
    names = {node.name for node in expression.walk() if isinstance(node, ast.Name | ast.Ident)}
    declared = {*_declared(session)}
    # Arithmetic with numbers alone needs neither the rest of the program nor data.
    program = session.text if names & declared else _functions(session)
    name = "it"
    while name in names | declared:
        name += "_"
    # As a factor it may have any axes, which are then those of the definition.
    before = f"{program}\nfactor "
    try:
        value = check(parse(Source("<expression>", f"{before}{text}"))).factors[-1].value
    except PplError as error:
        raise PplError([_as_typed(d, len(before), text) for d in error.diagnostics]) from None
    dims = [axis.dim for axis in value.axes if axis.dim]
    if len(set(dims)) < len(dims):
        raise _refused("this has an axis twice", "index it: `K[0, 1]`, or define it with two index names")
    left = f"{name}[{', '.join(dims)}]" if dims else name
    return name, check(parse(Source("<expression>", f"{program}\n{left} = {text}")))


def _values(fit: Fit, log_joint: LogJoint) -> dict[str, Array]:
    """Draws (S, *shape) of all that a log joint takes."""
    params = {name: np.broadcast_to(v, (DRAWS, *np.shape(v))) for name, v in fit.params.items()}
    given = {**fit.draws(DRAWS), **params}
    return {slot.name: given[slot.name] for slot in (*log_joint.layout, *log_joint.param_layout)}


def _declared(session: Session) -> Iterator[str]:
    for statement in parse(Source("", session.text)).statements:
        for node in statement.walk():
            if isinstance(node, ast.Ident):
                yield node.name


def _functions(session: Session) -> str:
    program = parse(Source("", session.text))
    spans = [s.span for s in program.statements if isinstance(s, ast.Function | ast.OwnDistribution)]
    return "\n".join(session.text[span.start : span.end] for span in spans)


def _as_typed(d: Diagnostic, shift: int, text: str) -> Diagnostic:
    """A finding about the expression at its place in what was typed, instead of in what we made of it."""
    if d.place is None or d.place.start < shift:
        return d
    label = Label(Span(d.place.start - shift, d.place.end - shift), d.labels[0].text)
    return replace(d, labels=(label,), edits=(), source=Source("<expression>", text))


def _refused(message: str, fix: str) -> PplError:
    return PplError([Diagnostic("E740", message, fix=fix)])


def _rows(labels: list[tuple[str, ...] | None], values: Array) -> Iterator[str]:
    """A line for each element, under its labels."""
    places = list(np.ndindex(values.shape))[:ROWS]
    for place in places:
        known = ", ".join(str(i) if n is None else n[i] for i, n in zip(place, labels, strict=True))
        yield f"[{known}]  {values[place]:.6g}" if place else f"{values[place]:.6g}"
    if values.size > len(places):
        yield f"... {values.size - len(places):,} more"
