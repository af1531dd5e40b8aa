"""InverseWishart(df, scale)

Its inverse is Wishart(df, scale⁻¹); mean scale / (df - K - 1), for df > K - 1.
log p(X) = df / 2 log det scale - (df + K + 1) / 2 log det X - tr(scale X⁻¹) / 2 - df K / 2 log 2 - log Gamma_K(df / 2)
Source: Gelman et al., Bayesian Data Analysis (2013), app. A.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.distributions.wishart import bartlett, usable
from ppl.numerics.choose import choose
from ppl.numerics.linalg import cholesky, diagonal, half_logdet, solve_lower
from ppl.numerics.multigamma import log_multigamma
from ppl.supports.continuous import positive
from ppl.supports.matrices import positive_definite

LOG_2 = 0.6931471805599453


def log_prob(x: Array, df: Array, scale: Array) -> Array:
    """Log density, X (..., K, K) -> (...)."""
    size = np.shape(x)[-1]
    inside, factor, df = usable(cholesky(x), df + 0.0 * x[..., 0, 0])
    root = cholesky(scale)
    ratio = solve_lower(factor, root)
    height = df * (0.5 * size * LOG_2 - half_logdet(root)) + log_multigamma(0.5 * df, size)
    value = -(df + size + 1.0) * half_logdet(factor) - 0.5 * np.sum(ratio * ratio, axis=(-1, -2)) - height
    return choose(inside, value, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, scale: Array) -> Any:
    """Draws of the given shape: with scale = L Lᵀ and a factor A of a Wishart of scale 1, (A⁻¹ Lᵀ)ᵀ (A⁻¹ Lᵀ)."""
    root = onp.broadcast_to(onp.swapaxes(cholesky(scale), -1, -2), shape)
    half = solve_lower(bartlett(rng, shape, df), root)
    return onp.matmul(onp.swapaxes(half, -1, -2), half)


def _column(df: Array) -> Array:
    return np.reshape(df, (*np.shape(df), 1, 1))


def mean(df: Array, scale: Array) -> Array:
    """scale / (df - K - 1), and NaN for df <= K + 1."""
    spare = _column(df) - np.shape(scale)[-1] - 1.0
    return np.where(spare > 0, scale / np.where(spare > 0, spare, 1.0), np.nan)


def variance(df: Array, scale: Array) -> Array:
    """Entry by entry, and NaN for df <= K + 3."""
    spare = _column(df) - np.shape(scale)[-1]
    light, sizes = spare > 3, diagonal(scale)
    safe = np.where(light, spare, 4.0)
    squares = (safe + 1.0) * scale**2 + (safe - 1.0) * sizes[..., :, None] * sizes[..., None, :]
    return np.where(light, squares / (safe * (safe - 1.0) ** 2 * (safe - 3.0)), np.nan)


def oracle(x: Any, df: Any, scale: Any) -> Any:
    """The book's formula by a general inverse and determinant, in mpmath."""
    import mpmath as mp

    size = len(x)
    inner, given = (mp.matrix([list(row) for row in matrix]) for matrix in (x, scale))
    product = given * mp.inverse(inner)
    trace = mp.fsum(product[k, k] for k in range(size))
    gammas = mp.log(mp.pi) * size * (size - 1) / 4 + mp.fsum(mp.loggamma((df - j) / 2) for j in range(size))
    height = df * size / 2 * mp.log(2) - df / 2 * mp.log(mp.det(given)) + gammas
    return -(df + size + 1) / 2 * mp.log(mp.det(inner)) - trace / 2 - height


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("scale", positive_definite, 2)),),
    support=positive_definite,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    examples=(
        {"df": 12.0, "scale": onp.array([[2.0, 0.6], [0.6, 0.5]])},
        {
            "df": onp.array([6.0, 40.0]),
            "scale": onp.array([[1.0, 0.2, 0.0], [0.2, 3.0, -0.4], [0.0, -0.4, 0.5]]),
        },
    ),
)
