"""Gaussian grids of covariance `columns` ⊗ `rows` + variance I, by the spectra of the two factors.

A grid X (..., N, M) has cov(X_ij, X_kl) = rows_ik columns_jl, and `variance` more where both places are one. With
rows = U diag(a) Uᵀ and columns = V diag(b) Vᵀ the entries of Uᵀ X V are independent, of variances a_i b_j + variance:
N³ + M³ operations instead of (N M)³. Source: Saatçi, Scalable Inference for Structured Gaussian Process Models
(2011), ch. 5; Rakitsch et al., Advances in Neural Information Processing Systems 26 (2013).

The slopes are those of functions of the whole spectrum: they are written by solutions and partial traces, and no
difference of two eigenvalues is divided by, so that matrices with equal ones (every kernel, to working precision)
do no harm. The slopes can be differentiated again.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from ppl.numerics.linalg import diagonal

Array = Any
TOLERANCE = (
    1e-8  # how negative an eigenvalue may be, relative to the largest, before the matrix is no covariance
)


def _transpose(matrix: Array) -> Array:
    return np.swapaxes(matrix, -1, -2)


def _symmetric(matrix: Array) -> Array:
    return (matrix + _transpose(matrix)) / 2


@primitive  # type: ignore[untyped-decorator]
def spectrum(matrix: Array) -> Array:
    """Eigenvalues (first row) above eigenvectors (columns), (..., N + 1, N), of a covariance; values NaN if it is none.

    It has no slope of its own: those of what is made of it are written out here.
    """
    matrix = onp.asarray(matrix, float)
    finite = onp.isfinite(matrix).all(axis=(-1, -2), keepdims=True)
    values, vectors = onp.linalg.eigh(onp.where(finite, matrix, onp.eye(matrix.shape[-1])))
    largest = onp.abs(values).max(axis=-1, keepdims=True)
    works = finite[..., 0] & (values[..., :1] >= -TOLERANCE * largest)
    values = onp.where(works, onp.maximum(values, 0.0), onp.nan)
    return onp.concatenate([values[..., None, :], vectors], axis=-2)


defvjp(spectrum, None)


def _grid(left: Array, right: Array, variance: Array) -> tuple[Array, Array, Array, Array, Array]:
    """a (..., N, 1), U, b (..., 1, M), V, and 1 / (a b + variance); ones where there is no spectrum."""
    a, b = left[..., 0, :, None], right[..., 0, None, :]
    a, b = np.where(np.isnan(a), 1.0, a), np.where(np.isnan(b), 1.0, b)
    return a, left[..., 1:, :], b, right[..., 1:, :], 1.0 / (a * b + _spread(variance))


def _spread(number: Array) -> Array:
    return np.reshape(number, (*np.shape(number), 1, 1))


def _turned(vectors: Array, inner: Array, others: Array) -> Array:
    return np.matmul(np.matmul(vectors, inner), _transpose(others))


@primitive  # type: ignore[untyped-decorator]
def solve_grid(
    _rows: Array, _columns: Array, variance: Array, grid: Array, left: Array, right: Array
) -> Array:
    """The A (..., N, M) with rows A columns + variance A = `grid`; `left` and `right` are the spectra."""
    _, U, _, V, weight = _grid(left, right, variance)
    return _turned(U, weight * _turned(_transpose(U), grid, _transpose(V)), V)


def _solve_vjps() -> tuple[Any, ...]:
    def back(g: Array, args: tuple[Array, ...]) -> Array:
        rows, columns, variance, _, left, right = args
        return solve_grid(rows, columns, variance, g, left, right)

    return (
        lambda ans, *args: unbroadcast_f(
            args[0],
            lambda g: -_symmetric(np.matmul(back(g, args), _transpose(np.matmul(ans, args[1])))),
        ),
        lambda ans, *args: unbroadcast_f(
            args[1],
            lambda g: -_symmetric(np.matmul(_transpose(np.matmul(args[0], ans)), back(g, args))),
        ),
        lambda ans, *args: unbroadcast_f(args[2], lambda g: -np.sum(back(g, args) * ans, axis=(-1, -2))),
        lambda _ans, *args: unbroadcast_f(args[3], lambda g: back(g, args)),
        None,
        None,
    )


defvjp(solve_grid, *_solve_vjps())


@primitive  # type: ignore[untyped-decorator]
def partial_trace(
    _rows: Array, _columns: Array, variance: Array, left: Array, right: Array, power: int
) -> Array:
    """The sum over j of b_j^power (b_j rows + variance I)⁻¹, (..., N, N); `power` is 0 or 1."""
    _, U, b, _, weight = _grid(left, right, variance)
    return _turned(U * np.sum(b**power * weight, axis=-1)[..., None, :], onp.eye(U.shape[-1]), U)


def _trace_vjps() -> tuple[Any, ...]:
    def parts(g: Array, args: tuple[Array, ...]) -> tuple[Array, ...]:
        variance, left, right = args[2], args[3], args[4]
        a, U, b, V, weight = _grid(left, right, variance)
        inner = _turned(_transpose(U), _symmetric(g), _transpose(U))
        return a, U, b, V, weight, inner, diagonal(inner)[..., :, None]

    def by_rows(g: Array, args: tuple[Array, ...]) -> Array:
        _, U, b, _, weight, inner, _ = parts(g, args)
        pairs = np.matmul(weight * b ** (args[5] + 1), _transpose(weight))
        return -_turned(U, inner * pairs, U)

    def by_columns(g: Array, args: tuple[Array, ...]) -> Array:
        a, _, _, V, weight, _, own = parts(g, args)
        slope = _spread(args[2]) * weight**2 if args[5] else -a * weight**2
        return np.matmul(V * np.sum(own * slope, axis=-2)[..., None, :], _transpose(V))

    def by_variance(g: Array, args: tuple[Array, ...]) -> Array:
        _, _, b, _, weight, _, own = parts(g, args)
        return -np.sum(own * b ** args[5] * weight**2, axis=(-1, -2))

    return (
        lambda _ans, *args: unbroadcast_f(args[0], lambda g: by_rows(g, args)),
        lambda _ans, *args: unbroadcast_f(args[1], lambda g: by_columns(g, args)),
        lambda _ans, *args: unbroadcast_f(args[2], lambda g: by_variance(g, args)),
        None,
        None,
        None,
    )


defvjp(partial_trace, *_trace_vjps())


@primitive  # type: ignore[untyped-decorator]
def _energy(_rows: Array, _columns: Array, variance: Array, grid: Array, left: Array, right: Array) -> Array:
    _, U, _, V, weight = _grid(left, right, variance)
    turned = _turned(_transpose(U), grid, _transpose(V))
    energy = onp.sum(weight * turned**2 - onp.log(weight), axis=(-1, -2)) / 2
    works = onp.isfinite(left[..., 0, 0]) & onp.isfinite(right[..., 0, 0])
    return onp.where(works, energy, onp.inf)


def _energy_vjps() -> tuple[Any, ...]:
    def solved(args: tuple[Array, ...]) -> Array:
        return solve_grid(*args)

    def weighted(ans: Array, g: Array) -> Array:
        return np.where(np.isfinite(ans), g, 0.0)[..., None, None]

    def by_rows(ans: Array, g: Array, args: tuple[Array, ...]) -> Array:
        rows, columns, variance, _, left, right = args
        solution = solved(args)
        pull = np.matmul(np.matmul(solution, columns), _transpose(solution))
        return weighted(ans, g) * (partial_trace(rows, columns, variance, left, right, 1) - pull) / 2

    def by_columns(ans: Array, g: Array, args: tuple[Array, ...]) -> Array:
        rows, columns, variance, _, left, right = args
        solution = solved(args)
        pull = np.matmul(np.matmul(_transpose(solution), rows), solution)
        return weighted(ans, g) * (partial_trace(columns, rows, variance, right, left, 1) - pull) / 2

    def by_variance(ans: Array, g: Array, args: tuple[Array, ...]) -> Array:
        rows, columns, variance, _, left, right = args
        own = np.sum(diagonal(partial_trace(rows, columns, variance, left, right, 0)), axis=-1)
        return weighted(ans, g)[..., 0, 0] * (own - np.sum(solved(args) ** 2, axis=(-1, -2))) / 2

    return (
        lambda ans, *args: unbroadcast_f(args[0], lambda g: by_rows(ans, g, args)),
        lambda ans, *args: unbroadcast_f(args[1], lambda g: by_columns(ans, g, args)),
        lambda ans, *args: unbroadcast_f(args[2], lambda g: by_variance(ans, g, args)),
        lambda ans, *args: unbroadcast_f(args[3], lambda g: weighted(ans, g) * solved(args)),
        None,
        None,
    )


defvjp(_energy, *_energy_vjps())


def grid_energy(rows: Array, columns: Array, variance: Array, grid: Array) -> Array:
    """xᵀ K⁻¹ x / 2 + log det K / 2 with K = columns ⊗ rows + variance I and x the entries of `grid` (..., N, M).

    `rows` (..., N, N), `columns` (..., M, M), `variance` (...) -> (...); inf where a matrix is no covariance.
    """
    return _energy(rows, columns, 1.0 * variance, grid, spectrum(rows), spectrum(columns))
