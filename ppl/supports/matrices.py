"""Sets of matrices: all of them, Cholesky factors, and the positive definite matrices these stand for."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.linalg import cholesky, diagonal, lower_entries, lower_triangle, triangle_size
from ppl.supports import Array, Support

TOLERANCE = 1e-8  # relative, for equalities that files and rounding only keep approximately


def _upper_is_zero(x: Array) -> Array:
    return np.all(np.triu(x, 1) == 0, axis=(-1, -2))


def _below(rows: int) -> int:
    return rows * (rows - 1) // 2


real_matrix = Support(
    name="a matrix of finite numbers",
    contains=lambda x: np.all(np.isfinite(x), axis=(-1, -2)),
    event_rank=2,
    square=False,
    constrain=lambda z: z,
    unconstrain=lambda x: x,
    log_jacobian=lambda z: np.zeros(np.shape(z)[:-2]),
)


# Cholesky factors of correlation matrices: z holds the strict lower triangle row by row, tanh makes partial
# correlations of it, and those are scaled by what is left of their row's unit length, a product of sech(z).
# Source: Lewandowski, Kurowicka & Joe (2009); Stan Reference Manual, "Cholesky factors of correlation
# matrices".
def _log_sech(z: Array) -> Array:
    return onp.log(2) - np.logaddexp(z, -z)


def _correlation_constrain(z: Array) -> Array:
    rows = triangle_size(np.shape(z)[-1], strict=True)
    partial = lower_triangle(np.tanh(z), rows, strict=True) + onp.eye(rows)
    log_left = np.cumsum(lower_triangle(_log_sech(z), rows, strict=True)[..., :-1], axis=-1)
    log_left = np.concatenate([np.zeros((*np.shape(z)[:-1], rows, 1)), log_left], axis=-1)
    return partial * np.exp(log_left)


def _correlation_unconstrain(x: Array) -> Array:
    # tanh z = x / hypot(x, rest) where `rest` is the length of the row behind x, so sinh z = x / rest;
    # adding the rest up from the end keeps the digits that 1 - (sum before) would lose.
    rest = np.sqrt(np.cumsum(x[..., ::-1] ** 2, axis=-1)[..., ::-1])
    rest = np.concatenate([rest[..., 1:], np.ones((*np.shape(x)[:-1], 1))], axis=-1)
    rows = np.shape(x)[-1]
    return np.arcsinh(
        lower_entries(x, strict=True) / lower_entries(np.where(onp.tri(rows, k=-1), rest, 1.0), strict=True)
    )


def _correlation_log_jacobian(z: Array) -> Array:
    # The Jacobian is triangular in row order, with diagonal sech(z_ij)² times the sech of all z_im, m < j.
    rows = triangle_size(np.shape(z)[-1], strict=True)
    row, column = onp.tril_indices(rows, -1)
    return np.sum((row - column + 1) * _log_sech(z), axis=-1)


def _unit_rows(x: Array) -> Array:
    return np.all(np.abs(np.sum(x**2, axis=-1) - 1) <= TOLERANCE, axis=-1)


correlation_cholesky = Support(
    name="the lower Cholesky factor of a correlation matrix",
    contains=lambda x: _upper_is_zero(x) & np.all(diagonal(x) >= 0, axis=-1) & _unit_rows(x),
    event_rank=2,
    constrain=_correlation_constrain,
    unconstrain=_correlation_unconstrain,
    log_jacobian=_correlation_log_jacobian,
    unconstrained=lambda shape: (*shape[:-2], _below(shape[-1])),
)


# Cholesky factors: z holds the lower triangle row by row, with logarithms on the diagonal.
def _diagonal_mask(entries: int) -> Array:
    return lower_entries(onp.eye(triangle_size(entries))) == 1


def _factor_constrain(z: Array) -> Array:
    diagonal_mask = _diagonal_mask(np.shape(z)[-1])
    entries = np.where(diagonal_mask, np.exp(np.where(diagonal_mask, z, 0.0)), z)
    return lower_triangle(entries, triangle_size(np.shape(z)[-1]))


def _factor_unconstrain(x: Array) -> Array:
    entries = lower_entries(x)
    diagonal_mask = _diagonal_mask(np.shape(entries)[-1])
    return np.where(diagonal_mask, np.log(np.where(diagonal_mask, entries, 1.0)), entries)


cholesky_factor = Support(
    name="a lower triangular matrix with a positive diagonal",
    contains=lambda x: (
        np.all(np.isfinite(x), axis=(-1, -2)) & _upper_is_zero(x) & np.all(diagonal(x) > 0, axis=-1)
    ),
    event_rank=2,
    constrain=_factor_constrain,
    unconstrain=_factor_unconstrain,
    log_jacobian=lambda z: np.sum(_diagonal_mask(np.shape(z)[-1]) * z, axis=-1),
    unconstrained=lambda shape: (*shape[:-2], _below(shape[-1] + 1)),
)


def _is_positive_definite(x: Array) -> Array:
    # Kernel matrices are often singular to working precision, so a smallest eigenvalue of -tiny passes.
    finite = np.all(np.isfinite(x), axis=(-1, -2))
    safe = np.where(finite[..., None, None], x, onp.eye(np.shape(x)[-1]))
    turned = np.swapaxes(safe, -1, -2)
    scale = np.max(np.abs(safe), axis=(-1, -2))
    symmetric = np.all(np.abs(safe - turned) <= TOLERANCE * scale[..., None, None], axis=(-1, -2))
    smallest = onp.linalg.eigvalsh((safe + turned) / 2)[..., 0]
    return finite & symmetric & (smallest > -TOLERANCE * scale) & np.all(diagonal(safe) > 0, axis=-1)


def _square(factor: Array) -> Array:
    return np.matmul(factor, np.swapaxes(factor, -1, -2))


def _positive_definite_log_jacobian(z: Array) -> Array:
    # Muirhead, Aspects of Multivariate Statistical Theory (1982), Theorem 2.1.9: 2^K prod L_kk^(K - k + 1),
    # and one more factor L_kk because z holds log L_kk.
    rows = triangle_size(np.shape(z)[-1])
    powers = lower_entries(onp.diag(onp.arange(rows + 1.0, 1.0, -1.0)))
    return rows * onp.log(2) + np.sum(powers * z, axis=-1)


positive_definite = Support(
    name="a symmetric positive definite matrix",
    contains=_is_positive_definite,
    event_rank=2,
    constrain=lambda z: _square(_factor_constrain(z)),
    unconstrain=lambda x: _factor_unconstrain(cholesky(x)),
    log_jacobian=_positive_definite_log_jacobian,
    unconstrained=cholesky_factor.unconstrained,
)


def _is_correlation(x: Array) -> Array:
    ones = np.all(np.abs(diagonal(x) - 1) <= TOLERANCE, axis=-1)
    return ones & _is_positive_definite(x)


def _unit_square(factor: Array) -> Array:
    # The diagonal is 1 but for rounding, and then 1.
    product = _square(factor)
    eye = onp.eye(np.shape(factor)[-1])
    return product * (1.0 - eye) + eye


def _square_of_factor_log_jacobian(z: Array) -> Array:
    # From L to R = L Lᵀ, entries below the diagonal: prod over columns j of L_jj^(K - j), and L_jj is a product of
    # sech(z). Source: Lewandowski, Kurowicka & Joe (2009); Stan Reference Manual, "Correlation matrices".
    rows = triangle_size(np.shape(z)[-1], strict=True)
    row, _column = onp.tril_indices(rows, -1)
    return _correlation_log_jacobian(z) + np.sum((rows - 1 - row) * _log_sech(z), axis=-1)


correlation = Support(
    name="a correlation matrix",
    contains=_is_correlation,
    event_rank=2,
    constrain=lambda z: _unit_square(_correlation_constrain(z)),
    unconstrain=lambda x: _correlation_unconstrain(cholesky(x)),
    log_jacobian=_square_of_factor_log_jacobian,
    unconstrained=correlation_cholesky.unconstrained,
)


def _weights(x: Array) -> Array:
    finite = np.all(np.isfinite(x), axis=(-1, -2))
    safe = np.where(finite[..., None, None], x, 0.0)
    symmetric = np.all(safe == np.swapaxes(safe, -1, -2), axis=(-1, -2))
    return finite & symmetric & np.all(safe >= 0, axis=(-1, -2)) & np.all(diagonal(safe) == 0, axis=-1)


def _strict_square(z: Array) -> Array:
    below = lower_triangle(np.exp(z), triangle_size(np.shape(z)[-1], strict=True), strict=True)
    return below + np.swapaxes(below, -1, -2)


adjacency = Support(
    name="a symmetric matrix of weights, 0 on its diagonal",
    contains=_weights,
    event_rank=2,
    constrain=_strict_square,
    unconstrain=lambda x: np.log(lower_entries(x, strict=True)),
    log_jacobian=lambda z: np.sum(z, axis=-1),
    unconstrained=correlation_cholesky.unconstrained,
)
