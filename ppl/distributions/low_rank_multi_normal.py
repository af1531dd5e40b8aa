"""LowRankMultiNormal(loc, factor, variance)

The Gaussian vector of a factor model with the factors integrated out: covariance factor factorᵀ + diag(variance), where
`factor` has an axis of its own for the factors: `f[item, k]`, `y[item] ~ LowRankMultiNormal(0, f, psi)`.
log p(x) = -dᵀ (D⁻¹ - D⁻¹ W C⁻¹ Wᵀ D⁻¹) d / 2 - log det C / 2 - log det D / 2 - N/2 log(2 pi), with d = x - loc, W and D
the factor and the diagonal, and C = I + Wᵀ D⁻¹ W
Source: Woodbury's identity and the matrix determinant lemma; Bartholomew, Knott & Moustaki, Latent Variable Models and
Factor Analysis (2011), ch. 3.
The cost is N K² + K³ for K factors, and the covariance of all N entries is never formed.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.linalg import cholesky, half_logdet, solve_lower
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive
from ppl.supports.matrices import real_matrix
from ppl.supports.vectors import real_vector


def log_prob(x: Array, loc: Array, factor: Array, variance: Array) -> Array:
    """Log density, x (..., N) -> (...)."""
    deviation = x - loc
    root = np.sqrt(variance)
    # In units of the diagonal's roots: d -> z, W -> V, C = I + Vᵀ V, and Woodbury's square is |z|² - |L⁻¹ Vᵀ z|².
    z, V = deviation / root, factor / root[..., :, None]
    turned = np.swapaxes(V, -1, -2)
    inner = cholesky(np.matmul(turned, V) + onp.eye(np.shape(V)[-1]))
    found = solve_lower(inner, np.matmul(turned, z[..., None]))
    # The residual of the regression of z on V, which is what |z|² - |...|² is without the cancellation.
    scores = solve_lower(inner, found, transposed=True)
    rest = z - np.matmul(V, scores)[..., 0]
    square = np.sum(rest * z, axis=-1)
    spread = np.sum(np.log(root) + 0.0 * z, axis=-1)
    return -0.5 * square - half_logdet(inner) - spread - np.shape(z)[-1] * HALF_LOG_2PI


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, factor: Array, variance: Array
) -> Any:
    """Draws of the given shape: factors, and noise of each entry's own."""
    scores = rng.standard_normal((*shape[:-1], onp.shape(factor)[-1]))
    return (
        loc + onp.matmul(factor, scores[..., None])[..., 0] + onp.sqrt(variance) * rng.standard_normal(shape)
    )


def oracle(x: Any, loc: Any, factor: Any, variance: Any) -> Any:
    """The Gaussian with the whole covariance, in mpmath."""
    import mpmath as mp

    W = mp.matrix([list(row) for row in factor])
    whole = W * W.T
    for k, own in enumerate(variance):
        whole[k, k] += own
    off = mp.matrix([a - b for a, b in zip(x, loc, strict=True)])
    square = (off.T * mp.inverse(whole) * off)[0]
    return -(square + mp.log(mp.det(whole)) + len(x) * mp.log(2 * mp.pi)) / 2


def total_variance(loc: Array, factor: Array, variance: Array) -> Array:
    """The diagonal of the covariance."""
    return np.sum(factor**2, axis=-1) + variance + 0.0 * loc


distribution = Distribution(
    forms=(
        (
            Parameter("loc", real_vector, 1),
            Parameter("factor", real_matrix, 2, along=(0, None)),
            Parameter("variance", positive, 1),
        ),
    ),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, factor, variance: loc + 0.0 * total_variance(loc, factor, variance),
    variance=total_variance,
    oracle=oracle,
    examples=(
        {
            "loc": onp.array([1.0, 0.0, -2.0]),
            "factor": onp.array([[0.5, 0.1], [-1.0, 0.7], [0.3, 0.0]]),
            "variance": onp.array([0.4, 1.0, 2.0]),
        },
        {
            "loc": onp.zeros(2),
            "factor": onp.array([[[3.0], [2.0]], [[0.1], [-0.2]]]),
            "variance": onp.array([0.05, 0.3]),
        },
    ),
)
