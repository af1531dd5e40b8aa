"""What an expression typed alone is worth: its value where that is known, its posterior after a fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ppl.data.read import read
from ppl.diagnostic import Diagnostic, PplError, Source
from ppl.graph import ir
from ppl.graph.bind import bind
from ppl.graph.check import check
from ppl.log_joint import compile_log_joint
from ppl.repl.session import Session
from ppl.syntax import ast
from ppl.syntax.parse import parse, parse_expression

DRAWS = 4000
ROWS = 20
Array = Any


def answer(session: Session, text: str) -> str:
    """The value of an expression in a session; raises `PplError`."""
    expression = parse_expression(Source("<expression>", text))
    names = {node.name for node in expression.walk() if isinstance(node, ast.Name | ast.Ident)}
    # Arithmetic with numbers alone needs neither the rest of the program nor data.
    program = session.text if names & {*_declared(session)} else _functions(session)
    name = next(
        n for n in ("it", *(f"it_{k}" for k in range(len(names) + 1))) if n not in names and n not in program
    )
    value = _value(program, text)
    axes = [axis for axis in value.axes if axis.dim]
    if len({axis.dim for axis in axes}) < len(axes):
        raise _refused(
            "this is a matrix over one axis", "index it: `K[0, 1]`, or give it a name with two index names"
        )
    left = f"{name}[{', '.join(axis.dim for axis in axes)}]" if axes else name
    graph = check(parse(Source("<expression>", f"{program}\n{left} = {text}")))
    if not value.static and session.fit is None:
        raise _refused("the value of this is unknown until there is a fit", "type `:fit`")
    bound = bind(graph, read(list(session.data) or None))
    log_joint = compile_log_joint(bound)
    labels = [bound.labels.get(dim) for dim in graph.variables[name].dims]
    if value.static or session.fit is None:
        (known,) = log_joint.tape.run({}, [log_joint.low.variables[name]])
        known = np.broadcast_to(known, bound.shape(name))
        return "\n".join(_rows(labels, {"": known}, 6))
    draws = session.fit.draws(DRAWS)
    given = {**draws, **{k: np.broadcast_to(v, (DRAWS, *np.shape(v))) for k, v in session.fit.params.items()}}
    needed = {
        k: given[k]
        for k in (slot.name for part in (log_joint.layout, log_joint.param_layout) for slot in part)
    }
    found = log_joint.definitions_at(needed)[name]
    low, high = np.quantile(found, [0.05, 0.95], axis=0)
    columns = {"mean": found.mean(axis=0), "sd": found.std(axis=0, ddof=1), "q05": low, "q95": high}
    return "\n".join(_rows(labels, columns, 4))


def _declared(session: Session) -> Iterator[str]:
    for statement in parse(Source("", session.text)).statements:
        for node in statement.walk():
            if isinstance(node, ast.Ident):
                yield node.name


def _functions(session: Session) -> str:
    program = parse(Source("", session.text))
    spans = [s.span for s in program.statements if isinstance(s, ast.Function)]
    return "\n".join(session.text[span.start : span.end] for span in spans)


def _value(program: str, text: str) -> ir.Expr:
    """The expression, elaborated: as a factor it may have any axes."""
    return check(parse(Source("<expression>", f"{program}\nfactor {text}"))).factors[-1].value


def _refused(message: str, fix: str) -> PplError:
    return PplError([Diagnostic("E740", message, fix=fix)])


def _rows(labels: list[tuple[str, ...] | None], columns: dict[str, Array], digits: int) -> Iterator[str]:
    """A line for each element."""
    shape = np.shape(next(iter(columns.values())))
    places = list(np.ndindex(shape))[:ROWS]
    names = [
        "[" + ", ".join(str(i) if n is None else n[i] for i, n in zip(p, labels, strict=True)) + "]"
        for p in places
    ]
    width = max(map(len, names)) if shape and names else 0
    for place, name in zip(places, names, strict=True):
        cells = [f"{key} {value[place]:.{digits}g}".strip() for key, value in columns.items()]
        yield f"{name if shape else '':<{width}}  {', '.join(cells)}".strip()
    more = int(np.prod(shape)) - len(places)
    if more > 0:
        yield f"... {more:,} more"
