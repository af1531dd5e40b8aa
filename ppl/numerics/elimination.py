"""Elimination trees: in which order unknowns are solved for, so that few of them come to depend on each other.

Where a precision matrix has the pattern of a graph, its Cholesky factor in some order has that pattern and its fill,
and the inverse of that factor joins each vertex with its ancestors in the elimination tree, and with no others.
So a tree of little total depth is what is wanted: found by nested dissection, what separates the rest standing
above it (the globals of a hierarchy above its locals, the middle of a chain above its halves).
Sources: Davis, Direct methods for sparse linear systems (2006), sections 4.1 and 7.6; George, Nested dissection of a
regular finite element mesh, SIAM J. Numer. Anal. 10 (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Array = Any
ROOT = -1
PREFIXES, MUCH = 6, 1.2  # so many falls of the degree are tried as an end of the hubs, from this ratio on


def tree(links: Array) -> Array:
    """The parent (n,) of each vertex of a graph (n, n), ROOT where there is none; linked vertices are on one path."""
    n = len(links)
    near = [set(np.flatnonzero(row).tolist()) - {vertex} for vertex, row in enumerate(links)]
    parent = np.full(n, ROOT)
    waiting = [(set(range(n)), ROOT)]
    while waiting:
        vertices, above = waiting.pop()
        for part in components(near, vertices):
            degree = {vertex: len(near[vertex] & part) for vertex in sorted(part)}
            below = above
            for vertex in [v for v in degree if degree[v] == len(part) - 1] or cut(near, part, degree):
                parent[vertex] = below
                below = vertex
                part.remove(vertex)
            if part:
                waiting.append((part, below))
    return parent


def components(near: Sequence[set[int]], vertices: set[int]) -> list[set[int]]:
    """The connected parts of some vertices."""
    unseen, found = set(vertices), []
    for vertex in sorted(vertices):
        if vertex in unseen:
            found.append(set[int]().union(*layers(near, unseen, vertex)))
            unseen -= found[-1]
    return found


def layers(near: Sequence[set[int]], vertices: set[int], start: int) -> list[set[int]]:
    """The vertices that can be reached from one, by distance."""
    seen, found = {start}, [{start}]
    while fresh := (set[int]().union(*(near[vertex] for vertex in found[-1])) & vertices) - seen:
        seen |= fresh
        found.append(fresh)
    return found


def cut(near: Sequence[set[int]], part: set[int], degree: dict[int, int]) -> list[int]:
    """The best of some sets of vertices to put above the rest of a connected part that is not complete."""
    n = len(part)
    candidates = []
    # The layers seen from a vertex at the rim: each parts those before it from those behind.
    start = min(layers(near, part, min(degree, key=lambda v: degree[v]))[-1])
    seen = layers(near, part, start)
    before = np.cumsum([len(layer) for layer in seen])
    for layer, count in zip(seen[1:-1], before[1:-1], strict=True):
        candidates.append((_bill(len(layer), [count - len(layer), n - count]), sorted(layer)))
    # The vertices of highest degree, down to where it falls much.
    ranked = sorted(degree, key=lambda v: -degree[v])
    falls = [degree[v] / degree[w] for v, w in pairwise(ranked)]
    for last in np.argsort(falls, kind="stable")[::-1][:PREFIXES]:
        if falls[last] < MUCH:
            break
        hubs = ranked[: last + 1]
        sizes = [len(rest) for rest in components(near, part.difference(hubs))]
        candidates.append((_bill(len(hubs), sizes), hubs))
    return min(candidates)[1]


def _bill(size: int, parts: list[int]) -> float:
    """The depths below a separator of that size, added up, if each part behind it were dense."""
    return float(size * (size + 1) / 2 + sum(part * size + part * (part + 1) / 2 for part in parts))
