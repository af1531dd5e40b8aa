"""lowrank: one Gaussian with a diagonal covariance and a few factors beside it, `lowrank(5)` of five of them.

z = mean + s e + F f, e (D,) and f (k,) independent standard normals, so that the covariance is diag(s²) + F F'.
params = [mean, log s, F row by row], D (k + 2) numbers: five factors where nothing is said. Between `meanfield` and
`fullrank`: it can hold a few directions in which the posterior is wide or correlated, whatever its graph, at a cost
that is proportional to D. Where the model's graph is sparse, `structured` holds all that there is.
Density and entropy are computed in k dimensions (Woodbury's identity and the determinant lemma).
Sources: Ong, Nott & Smith, Gaussian variational approximation with a factor covariance structure, J. Comput. Graph.
Stat. 27 (2018); Harville, Matrix algebra from a statistician's perspective (1997), theorems 18.1.1 and 18.2.8.
"""

from __future__ import annotations

import math
from functools import partial

import autograd.numpy as np
import numpy as onp

from ppl.guides import HALF_LOG_2_PI, Array, Guide, Setting
from ppl.layout import Layout
from ppl.numerics.elimination import ROOT
from ppl.numerics.linalg import cholesky, half_logdet, solve_positive
from ppl.numerics.paths import Paths

FACTORS = 5
SHARE = 0.1  # of a coordinate's sd that a fit begins with in its factors: from 0 they would not move
WHOLE = 200  # unknowns up to which there are draws enough to make all noise uncorrelated
FEWEST = 128
LEAST = 0.5  # share of a coordinate that its own noise is taken to have when its step is measured
LARGEST = 1e13  # of a coordinate's variance by factors, in units of its own


def split(params: Array, k: int) -> tuple[Array, Array, Array]:
    """(mean (D,), log s (D,), F (D, k))."""
    D = params.shape[0] // (k + 2)
    return params[:D], params[D : 2 * D], np.reshape(params[2 * D :], (D, k))


def init(layout: Layout, mean: Array, sd: Array, k: int) -> Array:
    """The sds that are asked for, a small part of them by factors in different directions."""
    D = layout.size
    sd = np.broadcast_to(sd, (D,))
    directions = onp.random.default_rng(0).normal(size=(D, k))
    directions *= SHARE / onp.sqrt(onp.sum(directions**2, axis=1, keepdims=True))
    log_own = np.log(sd) + 0.5 * math.log1p(-(SHARE**2))
    return np.concatenate([np.broadcast_to(mean, (D,)), log_own, np.ravel(sd[:, None] * directions)])


def transport(params: Array, noise: Array, k: int) -> Array:
    """noise (S, D + k) -> z (S, D)."""
    mean, log_own, F = split(params, k)
    D = mean.shape[0]
    return mean + np.exp(log_own) * noise[:, :D] + np.dot(noise[:, D:], F.T)


def inner(params: Array, k: int) -> tuple[Array, Array]:
    """(V = F / s, I + V'V)."""
    _, log_own, F = split(params, k)
    V = F * np.exp(-log_own)[:, None]
    return V, np.eye(k) + np.dot(V.T, V)


def half_log_det(B: Array) -> Array:
    """log det B / 2; NaN where the 1 in B is lost to rounding, so that no fit goes there."""
    return np.where(np.max(np.diag(B), initial=1.0) < LARGEST, half_logdet(cholesky(B)), np.nan)


def log_prob(params: Array, z: Array, k: int) -> Array:
    """z (S, D) -> (S,)."""
    mean, log_own, _ = split(params, k)
    V, B = inner(params, k)
    r = (z - mean) * np.exp(-log_own)
    # The factors that explain r best, at their own cost: the same number as Woodbury's difference, as a sum of squares.
    f = solve_positive(B, np.dot(V.T, r.T)).T
    squares = np.sum((r - np.dot(f, V.T)) ** 2, axis=1) + np.sum(f**2, axis=1)
    return -0.5 * squares - np.sum(log_own) - half_log_det(B) - mean.shape[0] * HALF_LOG_2_PI


def entropy(params: Array, k: int) -> Array:
    """Half the log determinant of the covariance, + D/2 (1 + log 2 pi)."""
    _, log_own, _ = split(params, k)
    whole = np.sum(log_own) + half_log_det(inner(params, k)[1])
    return whole + log_own.shape[0] * (0.5 + HALF_LOG_2_PI)


def moments(params: Array, k: int) -> tuple[Array, Array]:
    """(mean, sd) of z."""
    mean, log_own, F = split(params, k)
    return mean, np.sqrt(np.exp(2 * log_own) + np.sum(F**2, axis=1))


def move(params: Array, step: Array, k: int) -> Array:
    """mean + R a and F + R A, with R R' the covariance; log s by its own information.

    The Fisher metric of the mean is exactly the identity, and so is the diagonal of that of log s as long as a
    coordinate's own noise is not a small part of it. A step of the factors has at most twice the squared length that it
    is measured by, or none: factors turned among themselves are the same density.
    """
    mean, log_own, F = split(params, k)
    a, b, A = split(step, k)
    own = np.exp(log_own)
    V, B = inner(params, k)
    # (I + V X V')² = I + V V' for X = 1 / (1 + sqrt B), as B and V'V have the same eigenvectors.
    values, vectors = np.linalg.eigh(B)
    X = np.dot(vectors / (1 + np.sqrt(values)), vectors.T)
    both = np.concatenate([a[:, None], A], axis=1)
    moved = own[:, None] * (both + np.dot(V, np.dot(X, np.dot(V.T, both))))
    information = 1 - np.sum(np.dot(V, np.dot(vectors / values, vectors.T)) * V, axis=1)
    grown = b / (math.sqrt(2.0) * np.maximum(information, LEAST))
    return np.concatenate([mean + moved[:, 0], log_own + grown, np.ravel(F + moved[:, 1:])])


def regular(half: Array, k: int) -> Array:
    """Factors uncorrelated with each other, and each coordinate's own noise with them."""
    D = half.shape[1] - k
    return Paths(onp.concatenate([onp.full(D, D + k - 1), [ROOT], onp.arange(D, D + k - 1)])).evened(half)


def fixed_draws(D: int, k: int) -> int:
    """Enough to make all noise uncorrelated, and a quarter more; in many dimensions fewer."""
    if not D:
        return 2
    return max(64, 2 * math.ceil(1.25 * (D + k))) if D <= WHOLE else max(FEWEST, 4 * k)


def of(k: int) -> Guide:
    """The guide with k factors."""
    return Guide(
        partial(init, k=k),
        partial(transport, k=k),
        partial(log_prob, k=k),
        partial(entropy, k=k),
        partial(moments, k=k),
        partial(move, k=k),
        partial(fixed_draws, k=k),
        # A coordinate has k + 1 numbers that its draws determine.
        lambda D: 2 * (k + 1) if D else 2,
        noise_size=lambda D: D + k,
        within=within,
        numbers=(FACTORS,),
        regular=partial(regular, k=k),
        is_unique=False,
        is_gaussian=True,
    )


def within(setting: Setting) -> Guide:
    """With as many factors as the user says."""
    return of(setting.numbers[0])


guide = of(FACTORS)
