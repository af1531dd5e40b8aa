"""The rest of the shelf of vectors and matrices, as the books have it; matrices are lists of rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from book import NEVER, Book, Number, names
from mpmath import mp, mpf

Vector = Sequence[Number]
Matrix = Sequence[Sequence[Number]]


def _matrix(rows: Matrix) -> Any:
    return mp.matrix([list(row) for row in rows])


def _column(values: Vector) -> Any:
    return mp.matrix([[v] for v in values])


def _log_normal(x: Number, loc: Number, scale: Number) -> Number:
    return -(((x - loc) / scale) ** 2) / 2 - mp.log(scale) - mp.log(2 * mp.pi) / 2


def _gaussian(off: Any, covariance: Any) -> Number:
    """Of a deviation with a covariance: by general inverse and determinant."""
    square = (off.T * mp.inverse(covariance) * off)[0]
    return -(square + mp.log(mp.det(covariance)) + off.rows * mp.log(2 * mp.pi)) / 2


def _ar(x: Vector, coefficients: Vector, scale: Number) -> Number:
    total = mpf(0)
    for t, value in enumerate(x):
        known = [c * x[t - k] for k, c in enumerate(coefficients, start=1) if t - k >= 0]
        total += _log_normal(value, mp.fsum(known), scale)
    return total


def _walk(x: Vector, scale: Number, init: Number) -> Number:
    steps = [_log_normal(b, a, scale) for a, b in itertools.pairwise(x)]
    return _log_normal(x[0], 0, init) + mp.fsum(steps)


def _car(x: Vector, loc: Vector, tau: Number, alpha: Number, W: Matrix) -> Number:
    n = len(x)
    precision = mp.matrix(n)
    for i in range(n):
        for j in range(n):
            precision[i, j] = tau * ((mp.fsum(W[i]) if i == j else 0) - alpha * W[i][j])
    return _gaussian(_column([a - b for a, b in zip(x, loc, strict=True)]), mp.inverse(precision))


def _icar(x: Vector, W: Matrix) -> Number:
    pairs = [(i, j) for i in range(len(x)) for j in range(i)]
    return -mp.fsum(W[i][j] * (x[i] - x[j]) ** 2 for i, j in pairs) / 2


def _multinomial(x: Vector, n: Number, probs: Vector) -> Number:
    if sum(x) != n:
        return NEVER
    ways = mp.loggamma(n + 1) - mp.fsum(mp.loggamma(k + 1) for k in x)
    return ways + mp.fsum(k * mp.log(p) for k, p in zip(x, probs, strict=True))


def _softmax(n: Number, logits: Vector) -> Sequence[Any]:
    weights = [mp.exp(e) for e in logits]
    return n, [w / mp.fsum(weights) for w in weights]


def _dirichlet_multinomial(x: Vector, n: Number, a: Vector) -> Number:
    if sum(x) != n:
        return NEVER
    total = mp.fsum(a)
    head = mp.loggamma(n + 1) + mp.loggamma(total) - mp.loggamma(n + total)
    rows = (mp.loggamma(k + ak) - mp.loggamma(ak) - mp.loggamma(k + 1) for k, ak in zip(x, a, strict=True))
    return head + mp.fsum(rows)


def _log_multigamma(a: Number, size: int) -> Number:
    return size * (size - 1) * mp.log(mp.pi) / 4 + mp.fsum(mp.loggamma(a - mpf(j) / 2) for j in range(size))


def _trace(matrix: Any) -> Number:
    return mp.fsum(matrix[k, k] for k in range(matrix.rows))


def _wishart(x: Any, df: Number, scale: Any) -> Number:
    if df <= x.rows - 1:
        return NEVER
    size = x.rows
    inside = (df - size - 1) / 2 * mp.log(mp.det(x)) - _trace(mp.inverse(scale) * x) / 2
    height = df * size / 2 * mp.log(2) + df / 2 * mp.log(mp.det(scale)) + _log_multigamma(df / 2, size)
    return inside - height


def _inverse_wishart(x: Any, df: Number, scale: Any) -> Number:
    """The density of the inverse, and |d X⁻¹ / d X| = det X^-(K + 1)."""
    return _wishart(mp.inverse(x), df, mp.inverse(scale)) - (x.rows + 1) * mp.log(mp.det(x))


def _wishart_cholesky(x: Any, df: Number, chol: Any) -> Number:
    """The Wishart's density at L Lᵀ, and |d (L Lᵀ) / d L| = 2^K prod of L_kk^(K - k + 1)."""
    size = x.rows
    jacobian = size * mp.log(2) + mp.fsum((size - k) * mp.log(x[k, k]) for k in range(size))
    return _wishart(x * x.T, df, chol * chol.T) + jacobian


def _lkj(x: Any, c: Number) -> Number:
    """Lewandowski, Kurowicka & Joe (2009), eq. 16, for correlations below the diagonal."""
    size = x.rows
    normaliser = mpf(0)
    for k in range(1, size):
        b = c + mpf(size - 1 - k) / 2
        normaliser += (2 * c - 2 + size - k) * (size - k) * mp.log(2)
        normaliser += (size - k) * (2 * mp.loggamma(b) - mp.loggamma(2 * b))
    return (c - 1) * mp.log(mp.det(x)) - normaliser


def _multi_student(x: Vector, df: Number, loc: Vector, scale: Any) -> Number:
    size = len(x)
    off = _column([a - b for a, b in zip(x, loc, strict=True)])
    square = (off.T * mp.inverse(scale) * off)[0]
    height = mp.loggamma((df + size) / 2) - mp.loggamma(df / 2) - size * mp.log(df * mp.pi) / 2
    return height - mp.log(mp.det(scale)) / 2 - (df + size) / 2 * mp.log(1 + square / df)


def _matrix_normal(x: Matrix, loc: Matrix, rows: Any, columns: Any, noise: Number) -> Number:
    """The Gaussian of all cells, whose covariance is written out."""
    cells = [(i, j) for i in range(rows.rows) for j in range(columns.rows)]
    whole = mp.matrix(len(cells))
    for p, (i, j) in enumerate(cells):
        for q, (k, m) in enumerate(cells):
            whole[p, q] = rows[i, k] * columns[j, m] + (noise**2 if p == q else 0)
    return _gaussian(_column([x[i][j] - loc[i][j] for i, j in cells]), whole)


def _low_rank(x: Vector, loc: Vector, factor: Matrix, variance: Vector) -> Number:
    W = _matrix(factor)
    whole = W * W.T
    for k, own in enumerate(variance):
        whole[k, k] += own
    return _gaussian(_column([a - b for a, b in zip(x, loc, strict=True)]), whole)


def _stick_breaking(x: Vector, concentration: Number) -> Number:
    """Beta(1, concentration) shares of what is left, and the Jacobian of the breaking."""
    total, left = mpf(0), mp.fsum(x)
    for weight in x[:-1]:
        total += mp.log(concentration) + (concentration - 1) * mp.log(1 - weight / left) - mp.log(left)
        left -= weight
    return total


def _von_mises_fisher(x: Vector, direction: Vector, concentration: Number) -> Number:
    half = mpf(len(x)) / 2
    cosine = mp.fsum(a * b for a, b in zip(x, direction, strict=True))
    height = (half - 1) * mp.log(concentration) - half * mp.log(2 * mp.pi)
    return height - mp.log(mp.besseli(half - 1, concentration)) + concentration * cosine


def _zero_sum(x: Vector, scale: Number) -> Number:
    square = mp.fsum(v**2 for v in x) / scale**2
    return -square / 2 - (len(x) - 1) * mp.log(scale * mp.sqrt(2 * mp.pi))


def _square(chol: Matrix) -> Any:
    return _matrix(chol) * _matrix(chol).T


_GRID = {"loc": (0, 1), "rows": (0, 0), "columns": (1, 1), "row_chol": (0, 0), "col_chol": (1, 1)}
_FACTORS = (("loc", 2), ("rows", 2), ("columns", 2))

ARRAYS: dict[str, Book] = {
    "AR": Book(((("coefficients", 1), ("scale", 0)),), _ar, event_rank=1, along={"coefficients": (None,)}),
    "GaussianRandomWalk": Book(
        (names("scale"), names("scale", "init_scale")),
        lambda x, scale, init=None: _walk(x, scale, scale if init is None else init),
        event_rank=1,
    ),
    "CAR": Book(((("loc", 1), ("tau", 0), ("alpha", 0), ("W", 2)),), _car, event_rank=1),
    "ICAR": Book(((("W", 2),),), _icar, event_rank=1, proper=False),
    "Multinomial": Book(
        ((("n", 0), ("probs", 1)), (("n", 0), ("logits", 1))),
        _multinomial,
        event_rank=1,
        discrete=True,
        respelled={("n", "logits"): _softmax},
    ),
    "DirichletMultinomial": Book(
        ((("n", 0), ("concentration", 1)),), _dirichlet_multinomial, event_rank=1, discrete=True
    ),
    "MultiStudentT": Book(
        tuple((("df", 0), ("loc", 1), (form, 2)) for form in ("cov", "chol")),
        lambda x, df, loc, cov: _multi_student(x, df, loc, _matrix(cov)),
        event_rank=1,
        by_form={("df", "loc", "chol"): lambda x, df, loc, chol: _multi_student(x, df, loc, _square(chol))},
    ),
    "LowRankMultiNormal": Book(
        ((("loc", 1), ("factor", 2), ("variance", 1)),),
        _low_rank,
        event_rank=1,
        along={"factor": (0, None)},
    ),
    "StickBreaking": Book((names("concentration"),), _stick_breaking, event_rank=1),
    "VonMisesFisher": Book(((("direction", 1), ("concentration", 0)),), _von_mises_fisher, event_rank=1),
    "ZeroSumNormal": Book((names("scale"),), _zero_sum, event_rank=1),
    "Wishart": Book(
        ((("df", 0), ("scale", 2)),),
        lambda x, df, scale: _wishart(_matrix(x), df, _matrix(scale)),
        event_rank=2,
    ),
    "InverseWishart": Book(
        ((("df", 0), ("scale", 2)),),
        lambda x, df, scale: _inverse_wishart(_matrix(x), df, _matrix(scale)),
        event_rank=2,
    ),
    "WishartCholesky": Book(
        ((("df", 0), ("chol", 2)),),
        lambda x, df, chol: _wishart_cholesky(_matrix(x), df, _matrix(chol)),
        event_rank=2,
    ),
    "LKJ": Book((names("concentration"),), lambda x, c: _lkj(_matrix(x), c), event_rank=2),
    "MatrixNormal": Book(
        (_FACTORS, (*_FACTORS, ("noise", 0)), (("loc", 2), ("row_chol", 2), ("col_chol", 2))),
        lambda x, loc, rows, columns, noise=0: _matrix_normal(x, loc, _matrix(rows), _matrix(columns), noise),
        event_rank=2,
        by_form={
            ("loc", "row_chol", "col_chol"): lambda x, loc, rows, columns: _matrix_normal(
                x, loc, _square(rows), _square(columns), mpf(0)
            )
        },
        along=_GRID,
    ),
}
