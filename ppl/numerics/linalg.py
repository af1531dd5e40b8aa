"""Triangular factors of batched matrices: Cholesky, solves, determinants, and triangles as vectors.

The last two axes are the matrix's, all others are batch axes and broadcast. Gradients are written in
terms of these same functions and can be differentiated again.

Triangular systems are solved by one BLAS call per matrix, about a microsecond each; numpy's batched
LU is three times slower from 30 rows on. Only for many tiny matrices, where that microsecond counts,
do we substitute row by row over the whole batch instead.
"""

from __future__ import annotations

from math import isqrt, prod
from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

Array = Any  # numpy arrays, or autograd's boxes of them

JITTERS = (0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)  # relative to the mean of the diagonal


FEW = 16  # rows up to which whole batches are faster than one LAPACK call per matrix


def _transpose(matrix: Array) -> Array:
    return np.swapaxes(matrix, -1, -2)


def _factors_or_none(matrix: Any) -> Any:
    try:
        factors = onp.linalg.cholesky(matrix)
    except onp.linalg.LinAlgError:
        return None
    # A NaN is no error to LAPACK, but it always reaches the diagonal.
    return factors if onp.isfinite(onp.diagonal(factors, axis1=-1, axis2=-2)).all() else None


def _cholesky_and_jitter(matrix: Any) -> tuple[Any, Any]:
    """The factors, and how much of each one's mean diagonal had to be added; inf where nothing helped."""
    batch, size = matrix.shape[:-2], matrix.shape[-1]
    factors = _factors_or_none(matrix)
    if factors is not None:
        return factors, onp.zeros(batch)
    factors, jitters = onp.empty(matrix.shape), onp.empty(batch)
    for place in onp.ndindex(*batch):
        factors[place], jitters[place] = onp.diag(onp.full(size, onp.inf)), onp.inf
        scale = abs(onp.diagonal(matrix[place]).mean())
        for jitter in JITTERS if onp.isfinite(scale) else ():
            factor = _factors_or_none(matrix[place] + jitter * scale * onp.eye(size))
            if factor is not None:
                factors[place], jitters[place] = factor, jitter
                break
    return factors, jitters


@primitive  # type: ignore[untyped-decorator]
def cholesky(matrix: Array) -> Array:
    """Lower L (..., N, N) with L Lᵀ = `matrix`; only the lower triangle of `matrix` is read.

    Where that fails, the diagonal is raised by the smallest of `JITTERS` that helps. Where none does,
    the factor is inf on the diagonal and 0 elsewhere: a normal density with it is -inf, never NaN.
    """
    return _cholesky_and_jitter(onp.asarray(matrix, float))[0]


def cholesky_jitter(matrix: Any) -> Any:
    """What `cholesky` adds to each diagonal, relative to its mean (...); inf where it gave up."""
    return _cholesky_and_jitter(onp.asarray(matrix, float))[1]


def _cholesky_vjp(factor: Array, _matrix: Array) -> Any:
    # Murray, Differentiation of the Cholesky decomposition (2016), eq. 10. The jitter counts as a constant.
    works = np.isfinite(factor[..., :1, :1])
    factor = np.where(works, factor, np.eye(factor.shape[-1]))

    def vjp(g: Array) -> Array:
        inner = np.tril(np.matmul(_transpose(factor), np.where(works, g, 0.0)))
        inner = inner * (1 - 0.5 * onp.eye(inner.shape[-1]))
        left = solve_lower(factor, inner, transposed=True)
        outer = _transpose(solve_lower(factor, _transpose(left), transposed=True))
        return (outer + _transpose(outer)) / 2

    return vjp


defvjp(cholesky, _cholesky_vjp)


@primitive  # type: ignore[untyped-decorator]
def solve_lower(factor: Array, right: Array, transposed: bool = False) -> Array:
    """X (..., N, K) with L X = `right`, or Lᵀ X = `right`; reads only the lower triangle of L = `factor`."""
    factor, right = onp.asarray(factor, float), onp.asarray(right, float)
    batch = onp.broadcast_shapes(factor.shape[:-2], right.shape[:-2])
    rows, columns = right.shape[-2:]
    count = prod(batch)
    if count > 3 * rows and columns <= 32:
        return _substitute(factor, onp.broadcast_to(right, (*batch, rows, columns)), transposed)
    from scipy.linalg.blas import dtrsm

    factors = onp.broadcast_to(factor, (*batch, rows, rows)).reshape(count, rows, rows)
    rights = onp.broadcast_to(right, (*batch, rows, columns)).reshape(count, rows, columns)
    solution = onp.empty((count, rows, columns))
    if solution.size:
        for i in range(count):  # BLAS stores by columns, so it sees every matrix transposed: Xᵀ Lᵀ = Bᵀ
            solution[i] = dtrsm(1.0, factors[i].T, rights[i].T, side=1, trans_a=transposed).T
    return solution.reshape(*batch, rows, columns)


def _substitute(factor: Any, right: Any, transposed: bool) -> Any:
    rows = right.shape[-2]
    solution = right.copy()
    for i in reversed(range(rows)) if transposed else range(rows):
        known = slice(i + 1, rows) if transposed else slice(0, i)
        weights = factor[..., known, i] if transposed else factor[..., i, known]
        solution[..., i, :] -= onp.matmul(weights[..., None, :], solution[..., known, :])[..., 0, :]
        solution[..., i, :] /= factor[..., i, i, None]
    return solution


def _solve_vjp_factor(solution: Array, factor: Array, _right: Array, transposed: bool = False) -> Any:
    def vjp(g: Array) -> Array:
        back = solve_lower(factor, g, transposed=not transposed)
        pair = (solution, back) if transposed else (back, solution)
        return -np.tril(np.matmul(pair[0], _transpose(pair[1])))

    return unbroadcast_f(factor, vjp)


def _solve_vjp_right(_solution: Array, factor: Array, right: Array, transposed: bool = False) -> Any:
    return unbroadcast_f(right, lambda g: solve_lower(factor, g, transposed=not transposed))


defvjp(solve_lower, _solve_vjp_factor, _solve_vjp_right)


def solve_positive(matrix: Array, right: Array) -> Array:
    """X (..., N, K) with A X = `right` for the positive definite A = `matrix`."""
    factor = cholesky(matrix)
    return solve_lower(factor, solve_lower(factor, right), transposed=True)


@primitive  # type: ignore[untyped-decorator]
def inverse_positive(matrix: Array) -> Array:
    """A⁻¹ (..., N, N) of positive definite A = `matrix`; 0 where `cholesky` gives up."""
    factors = cholesky(matrix)
    size = factors.shape[-1]
    works = onp.isfinite(factors[..., :1, :1])
    if size <= FEW:
        factors = onp.where(works, factors, onp.eye(size))
        roots = solve_lower(factors, onp.broadcast_to(onp.eye(size), factors.shape))
        return onp.where(works, onp.matmul(_transpose(roots), roots), 0.0)
    from scipy.linalg.lapack import dpotri

    inverse = onp.zeros(factors.shape)
    for place in onp.ndindex(*factors.shape[:-2]):
        if works[place]:  # LAPACK sees the upper factor, and fills in the upper triangle only
            upper = onp.triu(dpotri(factors[place].T)[0])
            inverse[place] = upper + onp.triu(upper, 1).T
    return inverse


def _inverse_vjp(inverse: Array, _matrix: Array) -> Any:
    return lambda g: -np.matmul(np.matmul(inverse, g), inverse)


defvjp(inverse_positive, _inverse_vjp)


@primitive  # type: ignore[untyped-decorator]
def normal_energy(matrix: Array, right: Array) -> Array:
    """bᵀ A⁻¹ b / 2 + log det A / 2 for positive definite A and columns b of `right` (..., N, K) -> (..., K).

    What `solve_lower` and `half_logdet` of the Cholesky factor give; as one primitive, because its slope,
    (A⁻¹ - A⁻¹ b bᵀ A⁻¹) / 2, costs less than half of what the slope of the factorisation does.
    """
    factor = cholesky(matrix)
    white = solve_lower(factor, right)
    return onp.sum(white * white, axis=-2) / 2 + half_logdet(factor)[..., None]


def _energy_vjp_matrix(_energy: Array, matrix: Array, right: Array) -> Any:
    def vjp(g: Array) -> Array:
        inverse = inverse_positive(matrix)
        solution = np.matmul(inverse, right)
        total = np.sum(g, axis=-1)[..., None, None]
        return (total * inverse - np.matmul(g[..., None, :] * solution, _transpose(solution))) / 2

    return unbroadcast_f(matrix, vjp)


def _energy_vjp_right(_energy: Array, matrix: Array, right: Array) -> Any:
    return unbroadcast_f(right, lambda g: g[..., None, :] * np.matmul(inverse_positive(matrix), right))


defvjp(normal_energy, _energy_vjp_matrix, _energy_vjp_right)


def diagonal(matrix: Array) -> Array:
    """The diagonals, (..., N)."""
    return np.diagonal(matrix, axis1=-1, axis2=-2)


def half_logdet(factor: Array) -> Array:
    """log det L = log det(L Lᵀ) / 2 of triangular factors with positive diagonals, (...)."""
    return np.sum(np.log(diagonal(factor)), axis=-1)


@primitive  # type: ignore[untyped-decorator]
def lower_triangle(entries: Array, size: int, strict: bool = False) -> Array:
    """Matrices (..., size, size) with `entries` in their lower triangles; `strict`: below the diagonal."""
    matrix = onp.zeros((*entries.shape[:-1], size, size))
    matrix[(..., *onp.tril_indices(size, -int(strict)))] = entries
    return matrix


@primitive  # type: ignore[untyped-decorator]
def lower_entries(matrix: Array, strict: bool = False) -> Array:
    """The lower triangles (..., N, N) as vectors: the inverse and the adjoint of `lower_triangle`."""
    return matrix[(..., *onp.tril_indices(matrix.shape[-1], -int(strict)))]


def triangle_size(entries: int, strict: bool = False) -> int:
    """How many rows a triangle of so many entries has."""
    rows = (isqrt(8 * entries + 1) - 1) // 2
    return rows + 1 if strict else rows


# Written out, because autograd's rule for indexing with arrays adds up element by element.
defvjp(lower_triangle, lambda _, _entries, _size, strict=False: lambda g: lower_entries(g, strict))
defvjp(lower_entries, lambda _, matrix, strict=False: lambda g: lower_triangle(g, matrix.shape[-1], strict))
