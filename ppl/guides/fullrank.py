"""fullrank: one Gaussian with a covariance of its own over all unconstrained coordinates.

z = mean + C noise with C lower triangular; params = [mean, log of C's diagonal, C's rows below the
diagonal], D + D (D + 1) / 2 numbers. It is exact where the posterior is Gaussian.
Sources: Kucukelbir et al., Automatic differentiation variational inference, JMLR 18 (2017),
section 2.4; the step C (tril(B, -1) + diag(exp(B))) is that of Lin, Nielsen, Khan & Schmidt,
Tractable structured natural-gradient descent, ICML 2021.
"""

from __future__ import annotations

import math

import autograd.numpy as np
from autograd.extend import defvjp, primitive

from ppl.guides import HALF_LOG_2_PI, Array, Guide
from ppl.layout import Layout


@primitive  # type: ignore[untyped-decorator]
def unpack(below: Array, D: int) -> Array:
    """The strictly lower triangular (D, D) matrix with these entries, row by row."""
    matrix = np.zeros((D, D))
    matrix[np.tril_indices(D, -1)] = below
    return matrix


@primitive  # type: ignore[untyped-decorator]
def pack(matrix: Array) -> Array:
    """The entries of a matrix below its diagonal, row by row."""
    return matrix[np.tril_indices(matrix.shape[0], -1)]


# The two are each other's adjoint, so they can be differentiated as often as one likes.
defvjp(unpack, lambda _ans, _below, _D: pack, argnums=(0,))
defvjp(pack, lambda _ans, matrix: lambda g: unpack(g, matrix.shape[0]))


def size_of(params: Array) -> int:
    """D, from the number of params D (D + 3) / 2."""
    return (math.isqrt(9 + 8 * params.shape[0]) - 3) // 2


def split(params: Array) -> tuple[Array, Array, Array]:
    """(mean (D,), log of the diagonal (D,), strictly lower part (D, D))."""
    D = size_of(params)
    return params[:D], params[D : 2 * D], unpack(params[2 * D :], D)


def init(layout: Layout, mean: Array, sd: Array) -> Array:
    """No correlations to begin with."""
    D = layout.size
    diagonal = np.log(np.broadcast_to(sd, (D,)))
    return np.concatenate([np.broadcast_to(mean, (D,)), diagonal, np.zeros(D * (D - 1) // 2)])


def upon(mean: Array, C: Array) -> Array:
    """That Gaussian itself."""
    return np.concatenate([mean, np.log(np.diag(C)), pack(C)])


def factor(params: Array) -> tuple[Array, Array, Array]:
    """(mean, C, log of C's diagonal)."""
    mean, log_diagonal, below = split(params)
    return mean, below + np.diag(np.exp(log_diagonal)), log_diagonal


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D)."""
    mean, C, _ = factor(params)
    return mean + np.dot(noise, C.T)


def log_prob(params: Array, z: Array) -> Array:
    """z (S, D) -> (S,)."""
    mean, C, log_diagonal = factor(params)
    r = np.linalg.solve(C, (z - mean).T)
    return -0.5 * np.sum(r**2, axis=0) - np.sum(log_diagonal) - mean.shape[0] * HALF_LOG_2_PI


def entropy(params: Array) -> Array:
    """log det C + D/2 (1 + log 2 pi)."""
    D = size_of(params)
    return np.sum(params[D : 2 * D]) + D * (0.5 + HALF_LOG_2_PI)


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z: the sds are the marginal ones."""
    mean, C, _ = factor(params)
    return mean, np.sqrt(np.sum(C**2, axis=1))


def move(params: Array, step: Array) -> Array:
    """mean + C a, and C (tril(B, -1) + diag(exp b))."""
    # For C <- C (I + B) the Fisher information of B is 1 below the diagonal and 2 on it.
    mean, C, log_diagonal = factor(params)
    a, b, B = split(step)
    grown = b / np.sqrt(2.0)
    moved = np.dot(C, B + np.diag(np.exp(grown)))
    return np.concatenate([mean + np.dot(C, a), log_diagonal + grown, pack(moved)])


def fixed_draws(D: int) -> int:
    """Enough to whiten, and a quarter more."""
    return max(64, 2 * math.ceil(1.25 * D)) if D else 2


# Below S / 2 = D the mirrored draws leave directions without noise, along which C can shrink for ever.
guide = Guide(
    init,
    transport,
    log_prob,
    entropy,
    moments,
    move,
    fixed_draws,
    lambda D: max(2, 2 * D),
    upon=upon,
    is_gaussian=True,
)
