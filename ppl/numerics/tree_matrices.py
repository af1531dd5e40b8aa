"""Products and solutions of matrices that join each vertex of a tree with its ancestors, at the cost of their entries.

N(v) has the entries v (count,) in the pattern of some `Paths` and 0 elsewhere. Each primitive's adjoint is made of the
others, so that they can be differentiated as often as one likes.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defjvp, defvjp, primitive

from ppl.numerics.linalg import solve_lower
from ppl.numerics.paths import Block, Paths

Array = Any
CELLS = 2_000_000  # numbers in a temporary


def _with_zero(v: Array) -> Array:
    return onp.append(v, 0.0)


@primitive  # type: ignore[untyped-decorator]
def times(v: Array, x: Array, paths: Paths) -> Array:
    """x N' of x (S, n): each row of x multiplied by N."""
    out = onp.zeros(x.shape)
    full = _with_zero(v)
    for b in paths.blocks:
        out[:, b.rows] = x[:, b.columns] @ full[b.places].T
    if len(paths.rest):
        out += (paths.sparse(v) @ x.T).T
    return out


@primitive  # type: ignore[untyped-decorator]
def times_transposed(v: Array, x: Array, paths: Paths) -> Array:
    """x N of x (S, n): each row of x multiplied by N'."""
    out = onp.zeros(x.shape)
    full = _with_zero(v)
    for b in paths.blocks:
        out[:, b.columns] += x[:, b.rows] @ full[b.places]
    if len(paths.rest):
        out += (paths.sparse(v).T @ x.T).T
    return out


@primitive  # type: ignore[untyped-decorator]
def outer(y: Array, x: Array, paths: Paths) -> Array:
    """The entries of y' x, of y and x (S, n), that lie in the pattern."""
    out = onp.zeros(paths.count + 1)
    for b in paths.blocks:
        out[b.places] = y[:, b.rows].T @ x[:, b.columns]
    if len(paths.rest):
        rows, columns = paths.rows[paths.rest], paths.columns[paths.rest]
        yt, xt = onp.ascontiguousarray(y.T), onp.ascontiguousarray(x.T)
        width = max(1, CELLS // max(1, len(y)))
        for i in range(0, len(rows), width):
            part = slice(i, i + width)
            out[paths.rest[part]] = onp.einsum("ms,ms->m", yt[rows[part]], xt[columns[part]])
    return out[:-1]


@primitive  # type: ignore[untyped-decorator]
def product(v: Array, u: Array, paths: Paths) -> Array:
    """The entries of N(v) N(u)."""
    out = onp.zeros(paths.count + 1)
    first, second = _with_zero(v), _with_zero(u)
    for b in paths.blocks:
        out[b.places] = first[b.places] @ second[b.inner]
    ij, ik, kj = paths.triples
    return out[:-1] + onp.bincount(ij, v[ik] * u[kj], paths.count)


@primitive  # type: ignore[untyped-decorator]
def by_right(g: Array, u: Array, paths: Paths) -> Array:
    """The entries of N(g) N(u)' that lie in the pattern."""
    out = onp.zeros(paths.count + 1)
    first, second = _with_zero(g), _with_zero(u)
    for b in paths.blocks:
        out[b.places] = first[b.places] @ second[b.inner].T
    ij, ik, kj = paths.triples
    return out[:-1] + onp.bincount(ik, g[ij] * u[kj], paths.count)


@primitive  # type: ignore[untyped-decorator]
def by_left(v: Array, g: Array, paths: Paths) -> Array:
    """The entries of N(v)' N(g) that lie in the pattern."""
    out = onp.zeros(paths.count + 1)
    first, second = _with_zero(v), _with_zero(g)
    for b in paths.blocks:
        out[b.inner] += first[b.places].T @ second[b.places]
    ij, ik, kj = paths.triples
    return out[:-1] + onp.bincount(kj, v[ik] * g[ij], paths.count)


@primitive  # type: ignore[untyped-decorator]
def solve(v: Array, d: Array, r: Array, paths: Paths) -> Array:
    """y (S, n) with (N + diag d) y = r for each row of r (S, n)."""
    y = onp.array(r.T)
    full = _with_zero(v)
    for depth, step in paths.steps:
        rows = step.rows if isinstance(step, Block) else step
        if isinstance(step, Block):
            above = full[step.places[:, : step.outer]] @ y[step.columns[: step.outer]]
        else:
            above = paths.sparse_rows(v, rows) @ y if depth else 0.0
        y[rows] = _divided(step, full, d, y[rows] - above)
    return y.T


@primitive  # type: ignore[untyped-decorator]
def solve_transposed(v: Array, d: Array, r: Array, paths: Paths) -> Array:
    """y (S, n) with (N + diag d)' y = r for each row of r (S, n)."""
    y = onp.array(r.T)
    full = _with_zero(v)
    for depth, step in reversed(paths.steps):
        rows = step.rows if isinstance(step, Block) else step
        y[rows] = _divided(step, full, d, y[rows], transposed=True)
        if isinstance(step, Block):
            y[step.columns[: step.outer]] -= full[step.places[:, : step.outer]].T @ y[rows]
        elif depth:
            y -= paths.sparse_rows(v, rows).T @ y[rows]
    return y.T


def _divided(step: Block | Array, full: Array, d: Array, r: Array, transposed: bool = False) -> Array:
    """r (rows, S) over the diagonal, or a chain's own triangle."""
    if not isinstance(step, Block):
        return r / d[step][:, None]
    if not step.is_chain:
        return r / d[step.rows][:, None]
    triangle = full[step.places[:, step.outer :]] + onp.diag(d[step.rows])
    return onp.asarray(solve_lower(triangle, r, transposed))


defvjp(
    times,
    lambda ans, v, x, paths: lambda g: outer(g, x, paths),
    lambda ans, v, x, paths: lambda g: times_transposed(v, g, paths),
    argnums=(0, 1),
)
defjvp(
    times,
    lambda g, ans, v, x, paths: times(g, x, paths),
    lambda g, ans, v, x, paths: times(v, g, paths),
    argnums=(0, 1),
)
defvjp(
    times_transposed,
    lambda ans, v, x, paths: lambda g: outer(x, g, paths),
    lambda ans, v, x, paths: lambda g: times(v, g, paths),
    argnums=(0, 1),
)
defvjp(
    outer,
    lambda ans, y, x, paths: lambda g: times(g, x, paths),
    lambda ans, y, x, paths: lambda g: times_transposed(g, y, paths),
    argnums=(0, 1),
)
defvjp(
    product,
    lambda ans, v, u, paths: lambda g: by_right(g, u, paths),
    lambda ans, v, u, paths: lambda g: by_left(v, g, paths),
    argnums=(0, 1),
)
defvjp(
    by_right,
    lambda ans, g, u, paths: lambda h: product(h, u, paths),
    lambda ans, g, u, paths: lambda h: by_left(h, g, paths),
    argnums=(0, 1),
)
defvjp(
    by_left,
    lambda ans, v, g, paths: lambda h: by_right(g, h, paths),
    lambda ans, v, g, paths: lambda h: product(v, h, paths),
    argnums=(0, 1),
)


defvjp(
    solve,
    lambda ans, v, d, r, paths: lambda g: -outer(solve_transposed(v, d, g, paths), ans, paths),
    lambda ans, v, d, r, paths: lambda g: -np.sum(solve_transposed(v, d, g, paths) * ans, axis=0),
    lambda ans, v, d, r, paths: lambda g: solve_transposed(v, d, g, paths),
    argnums=(0, 1, 2),
)
defvjp(
    solve_transposed,
    lambda ans, v, d, r, paths: lambda g: -outer(ans, solve(v, d, g, paths), paths),
    lambda ans, v, d, r, paths: lambda g: -np.sum(ans * solve(v, d, g, paths), axis=0),
    lambda ans, v, d, r, paths: lambda g: solve(v, d, g, paths),
    argnums=(0, 1, 2),
)
