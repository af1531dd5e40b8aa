"""What a program says of the data at hand: without the statements that its data switch off.

The `where` of a statement may be one condition for all of it: `y[obs] ~ Normal(mu, 1) where is_late`, with
`data is_late: bool`. Where it does not hold, the statement is left out of the graph, so that nothing that comes
behind (densities, draws, reports) meets it. What has no statement left for its values is complained about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.graph import ir
from ppl.graph.bind import Bound
from ppl.graph.model import Factor, Formula, Graph, Relation
from ppl.graph.order import components
from ppl.log_joint.lineage import Piece, ancestors, uses
from ppl.log_joint.lowering import Lowering
from ppl.log_joint.pieces import whole
from ppl.log_joint.recursions import recursion
from ppl.log_joint.rules import lowering
from ppl.log_joint.unknowns import axes_of


def stated(bound: Bound) -> Bound:
    """The program without statements whose one condition is false; raises `PplError` for what is then undefined."""
    graph = bound.graph
    relations = chain(*graph.priors.values(), *graph.likelihoods.values())
    every: list[Piece] = [*relations, *chain(*graph.formulas.values()), *graph.predictions, *graph.factors]
    pieces = [piece for piece in every if piece.where is not None and not piece.where.axes]
    if not pieces:
        return bound
    low = _known(bound, pieces)
    off = [piece for piece in pieces if not _holds(low, piece)]
    return replace(bound, graph=_without(graph, off), written=graph) if off else bound


def _holds(low: Lowering, piece: Piece) -> bool:
    """Whether a statement is made at all."""
    if piece.where is None or piece.where.axes:
        return True
    return bool(low.tape.value(low.lower(piece.where, low.frame())))


def _known(bound: Bound, pieces: Sequence[Piece]) -> Lowering:
    """The values of the data, and of definitions made of them, that conditions are made of."""
    low, graph = lowering(bound), bound.graph
    conditions = [Factor("", piece.where, None, piece.span) for piece in pieces if piece.where is not None]
    needed = ancestors(graph, conditions)
    for name in (n for n in graph.order if n in needed):
        if graph.variables[name].role == "data":
            low.variables[name] = low.tape.constant(bound.data[name], axes_of(name, bound.shape(name)))
        elif name not in low.variables:
            group = next((group for group in graph.recursions if name in group), (name,))
            off = [f for n in group for f in graph.formulas[n] if not _holds(low, f)]
            low.bound = replace(low.bound, graph=_without(low.bound.graph, off))
            for part in components(_edges(low.bound.graph, group)):
                if part in low.bound.graph.recursions:
                    recursion(low, part)
                else:
                    low.variables[part[0]] = whole(low, low.bound.graph.formulas[part[0]])
    return low


def _without(graph: Graph, off: Sequence[Piece]) -> Graph:
    """The graph without some statements."""
    out = {id(piece) for piece in off}
    priors = {name: tuple(p for p in found if id(p) not in out) for name, found in graph.priors.items()}
    formulas = {name: tuple(p for p in found if id(p) not in out) for name, found in graph.formulas.items()}
    seen = {name: tuple(p for p in found if id(p) not in out) for name, found in graph.likelihoods.items()}
    undefined = [name for name, found in (*priors.items(), *formulas.items()) if not found]
    if undefined:
        raise PplError([_undefined(graph, name, off) for name in undefined])
    predictions = tuple(piece for piece in graph.predictions if id(piece) not in out)
    gone = {p.name for p in graph.predictions} - {p.name for p in predictions}
    found = replace(
        graph,
        variables={name: v for name, v in graph.variables.items() if name not in gone},
        order=tuple(name for name in graph.order if name not in gone),
        priors=priors,
        formulas=formulas,
        likelihoods={name: pieces for name, pieces in seen.items() if pieces},
        predictions=predictions,
        factors=tuple(factor for factor in graph.factors if id(factor) not in out),
    )
    return _in_order(found, {piece.name for piece in off if isinstance(piece, Formula)})


def _in_order(graph: Graph, changed: set[str]) -> Graph:
    """The graph whose definitions may speak less of their past than they did."""
    order, recursions = list(graph.order), list[tuple[str, ...]]()
    for group in graph.recursions:
        parts = components(_edges(graph, group)) if changed & set(group) else [group]
        start = min(order.index(name) for name in group)
        order[start : start + len(group)] = [name for part in parts for name in part]
        recursions += [part for part in parts if len(part) > 1 or part[0] in _edges(graph, part)[part[0]]]
    return replace(graph, order=tuple(order), recursions=tuple(recursions))


def _edges(graph: Graph, group: Sequence[str]) -> dict[str, list[str]]:
    """What the definitions of a group are made of among themselves."""
    made_of = {name: uses(graph.formulas[name]).names for name in group}
    return {name: [other for other in group if other in made_of[name]] for name in group}


def _undefined(graph: Graph, name: str, off: Sequence[Piece]) -> Diagnostic:
    """What is said of a latent or a definition all of whose statements are switched off."""
    mine = [piece for piece in off if isinstance(piece, Relation | Formula) and piece.name == name]
    is_latent = graph.variables[name].role == "latent"
    wheres = [piece.where for piece in mine if piece.where is not None]
    labels = [Label(where.span, "false in these data") for where in wheres[:4]]
    which = "the condition of its statement is" if len(mine) == 1 else "the conditions of its statements are"
    left = " and ".join(_negated(graph, where) for where in wheres)
    target = graph.source.text[mine[0].place.start : mine[0].place.end]
    fix = f"add a statement for what is left: `{target} {'~' if is_latent else '='} ... where {left}`"
    message = f"`{name}` has no {'prior' if is_latent else 'value'} with these data: {which} false"
    return Diagnostic("E212", message, tuple(labels), (), fix, source=graph.source)


def _negated(graph: Graph, where: ir.Expr) -> str:
    """The opposite of a condition as one would write it."""
    if isinstance(where, ir.Apply) and where.function == "not":
        where, lead = where.args[0], ""
    else:
        lead = "not "
    text = graph.source.text[where.span.start : where.span.end]
    return lead + (text if isinstance(where, ir.Use) or not lead else f"({text})")
