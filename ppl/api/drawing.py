"""Draws through the model: from the prior, and of the predictions under a fit, for new data too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ppl.data.column import Column, Columns
from ppl.data.read import read
from ppl.diagnostic import Diagnostic, Label, PplError
from ppl.fit.noise import Stream, rng_of
from ppl.graph.bind import Bound, bind
from ppl.graph.model import Graph
from ppl.log_joint import LogJoint, forward
from ppl.log_joint.allocations import finite_draws
from ppl.log_joint.lineage import ancestors
from ppl.log_joint.stated import stated

Array = Any


def prior(log_joint: LogJoint, draws: int, seed: int) -> dict[str, Array]:
    """Draws from the prior and of what it predicts, each (draws, *shape)."""
    start = log_joint.unknown_values(np.zeros((1, log_joint.layout.size)))
    params = {slot.name: start[slot.name][0] for slot in log_joint.param_layout}
    return forward.prior(log_joint.bound, draws, rng_of(seed, Stream.predict), params)


def predictions(log_joint: LogJoint, z: Array, w: Array | None, new_data: Any, seed: int) -> dict[str, Array]:
    """Draws of the `predict` statements, one for each of the draws z (S, D) of the guide."""
    with np.errstate(all="ignore"):
        values = log_joint.unknown_values(z, w)
    known = log_joint.bound
    graph = known.graph if new_data is None else known.written or known.graph  # new data may say more
    if not graph.predictions:
        raise PplError([_nothing(known)])
    needed = ancestors(graph, graph.predictions)
    new = None if new_data is None else read(new_data)
    target = known if new is None else _renewed(known, needed, new)
    finite = {name: f for name, f in log_joint.low.enumeration.finite.items() if name in needed}
    rng = rng_of(seed, Stream.predict)
    if finite:
        values = {**values, **finite_draws(log_joint, z, w, rng)}
    given = {name: values[name] for name in needed if graph.variables[name].role in ("latent", "param")}
    for name in needed & known.blanks.keys():
        if new is None or name not in new:
            given[name] = values[name] if name in finite else _whole(known, name, values[name])
    if not given:  # what nothing unknown speaks of is drawn all the same, once per draw
        given = {"": np.zeros(len(z))}
    return forward.predict(target, given, rng, finite)


def _nothing(known: Bound) -> Diagnostic:
    """What is said where there is nothing to predict."""
    written, seen = known.written, list(known.graph.likelihoods)
    if written is not None and written.predictions:
        places = (
            Label(p.where.span, "false in these data") for p in written.predictions if p.where is not None
        )
        fix = "give new data in which it holds, or a statement for this case"
        what = "with these data the model predicts nothing"
        return Diagnostic("E725", what, tuple(places)[:4], (), fix, source=written.source)
    name = f"{seen[0]}_new" if seen else "y_new"
    fix = f"add a line such as `predict {name} ~ ...`" + (
        f", with the right side of `{seen[0]} ~`" if seen else ""
    )
    return Diagnostic(
        "E725",
        "the model predicts nothing: it has no `predict` statement",
        fix=fix,
        source=known.graph.source,
    )


def _whole(known: Bound, name: str, cells: Array) -> Array:
    """Data with the drawn values (S, cells) in their empty cells."""
    full = np.array(np.broadcast_to(known.data[name], (len(cells), *known.shape(name))), dtype=float)
    full.reshape(len(cells), -1)[:, known.blanks[name]] = cells
    return full


def _renewed(known: Bound, needed: frozenset[str], new: Columns) -> Bound:
    """The part of a model that its predictions are made of, with new data where there are some.

    Data that are not given anew stay as they were, and so do the axes of latents: their places are known
    by position or label, and a fit says nothing of any others.
    """
    graph = known.written or known.graph
    part = _part(graph, needed)
    fixed = {
        dim
        for name in needed
        if graph.variables[name].role in ("latent", "param")
        for dim in graph.variables[name].dims
    }
    renewed = {dim for name in part.names("data") if name in new for dim in part.variables[name].dims}
    columns = {name: column for name, column in known.columns.items() if name in part.variables}
    for dim in graph.dims:
        if (dim in fixed or dim not in renewed) and dim not in part.variables and dim not in graph.sizes:
            labels = known.labels.get(dim)
            columns[dim] = Column(dim, known.sizes[dim] if labels is None else list(labels), "the fit")
    columns |= {name: column for name, column in new.items() if name in part.variables or name in graph.dims}
    found = stated(bind(part, columns))
    for dim in fixed:
        if (found.sizes[dim], found.labels.get(dim)) != (known.sizes[dim], known.labels.get(dim)):
            raise PplError([_changed(known, graph, needed, dim)])
    return found


def _changed(known: Bound, graph: Graph, needed: frozenset[str], dim: str) -> Diagnostic:
    """What is said of new data on an axis of something that was fitted."""
    message = f"the new data change `{dim}`, and the fit knows only the {known.sizes[dim]:,} places it was made with"
    fitted = [graph.variables[n] for n in needed if graph.variables[n].role in ("latent", "param")]
    along = sorted((v for v in fitted if dim in v.dims), key=lambda v: v.span.start)
    labels = (Label(graph.dims[dim].span), *(Label(v.span, f"fitted along `{dim}`") for v in along[:2]))
    fix = f"keep `{dim}` as it was; new places need a fit with them in the data"
    return Diagnostic("E727", message, labels, (), fix, source=graph.source)


def _part(graph: Graph, needed: frozenset[str]) -> Graph:
    """The graph without what predictions have no use for: latents are given, and nothing is observed."""
    sizes = {name for expr in graph.sizes.values() for name in graph.names("data") if _mentions(expr, name)}
    kept = needed | sizes | {piece.name for piece in graph.predictions}
    return replace(
        graph,
        variables={name: variable for name, variable in graph.variables.items() if name in kept},
        order=tuple(name for name in graph.order if name in kept),
        limits={name: limits for name, limits in graph.limits.items() if name in kept},
        formulas={name: found for name, found in graph.formulas.items() if name in kept},
        recursions=tuple(group for group in graph.recursions if set(group) <= kept),
        priors={},
        # (Data that may have empty cells are told by their likelihood.)
        likelihoods={n: found for n, found in graph.likelihoods.items() if n in needed and graph.may_miss(n)},
        factors=(),
    )


def _mentions(expr: Any, name: str) -> bool:
    """Whether the size of a dim is made of a variable."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if getattr(node, "name", None) == name:
            return True
        stack += [*getattr(node, "args", ()), *([node.arg] if hasattr(node, "arg") else [])]
    return False
