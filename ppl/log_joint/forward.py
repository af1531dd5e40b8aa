"""Ancestral sampling: every statement drawn from its distribution, as its arguments become known.

`prior` draws all latents and definitions, then what is observed (the prior predictive) and what is predicted.
`predict` draws the `predict` statements at given values of the latents. A statement that speaks of its own
past is drawn in rounds: in each, the elements whose arguments are known by then, however they depend on each
other. What is observed is simulated too, so that a later statement sees the simulated values; where it
chooses elements (an index, a condition, a size) or stands in a circle with others, its data are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ppl.graph.bind import Bound
from ppl.graph.model import Graph
from ppl.log_joint.enumeration import Finite
from ppl.log_joint.lineage import ancestors, is_shown, order_of, simulated_of
from ppl.log_joint.walk import Walk

Array = Any
CELLS = 4_000_000  # numbers of all variables together that are worked on at once


def prior(
    bound: Bound, draws: int, rng: np.random.Generator, params: Mapping[str, Array]
) -> dict[str, Array]:
    """Draws of latents, kept definitions, observed and predicted variables, each (draws, *shape).

    `params` are the values of the model's params, which have no prior.
    """
    graph = bound.graph
    simulated = simulated_of(graph)
    order = order_of(graph, simulated)
    found = [v for v in graph.variables.values() if is_shown(graph, v.name)]
    shown = [v.name for v in sorted(found, key=lambda v: (v.role in ("data", "predict"), v.span.start))]

    def chunk(size: int) -> dict[str, Array]:
        walk = Walk(bound, size, rng, simulated)
        for name, value in params.items():
            walk.give(name, np.broadcast_to(value, (size, *np.shape(value))))
        for name in order:
            walk.variable(name)
        for name in graph.likelihoods:
            if name not in simulated:
                walk.observed(name)
        walk.predictions()
        return {name: walk.known.values[name] for name in shown}

    return _in_chunks(bound, draws, chunk)


def predict(
    bound: Bound, values: Mapping[str, Array], rng: np.random.Generator, finite: Mapping[str, Finite]
) -> dict[str, Array]:
    """Draws of the `predict` statements at values (S, *shape) of latents and params.

    `finite` are the values that those latents can have which have finitely many.
    """
    graph = bound.graph
    needed, order = ancestors(graph, graph.predictions), order_of(graph, frozenset())
    start = 0

    def chunk(size: int) -> dict[str, Array]:
        nonlocal start
        given = frozenset(
            name for name in values if name in graph.variables and graph.variables[name].role == "data"
        )
        walk = Walk(bound, size, rng, given)
        for name, value in values.items():
            if name in needed:
                walk.give(name, value[start : start + size], finite.get(name))
        for name in order:
            if name in needed and name not in values:
                walk.variable(name)
        walk.predictions()
        start += size
        return {name: walk.known.values[name] for name in _predicted(graph)}

    draws = next((len(value) for value in values.values()), 1)
    return _in_chunks(bound, draws, chunk)


def _predicted(graph: Graph) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.name for piece in graph.predictions))


def _in_chunks(bound: Bound, draws: int, chunk: Callable[[int], dict[str, Array]]) -> dict[str, Array]:
    cells = sum(math.prod(bound.shape(name)) for name in bound.graph.variables) + 1
    size = max(1, min(draws, CELLS // cells))
    sizes = [min(size, draws - start) for start in range(0, draws, size)]
    parts = [chunk(n) for n in sizes]
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}
