"""skewed: a full-rank Gaussian whose coordinates are bent, each with a skewness and tails of its own.

With u = C noise and sd_i the length of row i of C, x_i = u_i / sd_i is a standard normal, and

    z_i = mean_i + sd_i (sinh(t_i asinh x_i + a_i) - sinh a_i) / (t_i cosh a_i),   t_i = exp(b_i):

a sinh-arcsinh margin, scaled so that bending it moves neither its median nor its density there. a > 0 has the long tail
on the right; b > 0 has heavier tails than the Gaussian. Dependence is that of the Gaussian copula.
params = [those of fullrank, a, b], D (D + 7) / 2 numbers; a = b = 0 is `fullrank`.
Sources: Jones & Pewsey, Sinh-arcsinh distributions, Biometrika 96 (2009); Smith, Loaiza-Maya & Nott,
High-dimensional copula variational approximation through transformation, J. Comput. Graph. Stat. 29 (2020).
"""

from __future__ import annotations

import math

import autograd.numpy as np
import numpy as onp

from ppl.guides import HALF_LOG_2_PI, Array, Guide, fullrank
from ppl.layout import Layout

# Scores of a and b at a = b = 0, under the standard normal: what they share with those of the mean (1 nat per
# squared sd) and of log sd (2), and the Fisher information that is left without that.
SHIFT, STRETCH = 0.35453079, 0.46145534
SKEW, TAIL = math.sqrt(0.50956686), math.sqrt(0.22665532)
NODES, WEIGHTS = onp.polynomial.hermite_e.hermegauss(61)
WEIGHTS = WEIGHTS / onp.sum(WEIGHTS)


def size_of(params: Array) -> int:
    """D, from the number of params D (D + 7) / 2."""
    return (math.isqrt(49 + 8 * params.shape[0]) - 7) // 2


def split(params: Array) -> tuple[Array, Array, Array]:
    """(params of the Gaussian, a (D,), b (D,))."""
    D = size_of(params)
    end = params.shape[0] - 2 * D
    return params[:end], params[end : end + D], params[end + D :]


def init(layout: Layout, mean: Array, sd: Array) -> Array:
    """Not bent, and no correlations."""
    return np.concatenate([fullrank.init(layout, mean, sd), np.zeros(2 * layout.size)])


def upon(mean: Array, C: Array) -> Array:
    """Not bent."""
    return np.concatenate([fullrank.upon(mean, C), np.zeros(2 * len(mean))])


def bend(x: Array, a: Array, b: Array) -> Array:
    """The margin in its own units: 0 stays, with slope 1."""
    t = np.exp(b)
    return (np.sinh(t * np.arcsinh(x) + a) - np.sinh(a)) / (t * np.cosh(a))


def unbend(y: Array, a: Array, b: Array) -> Array:
    """x, of y = bend(x)."""
    t = np.exp(b)
    return np.sinh((np.arcsinh(t * np.cosh(a) * y + np.sinh(a)) - a) / t)


def log_slope(x: Array, a: Array, b: Array) -> Array:
    """The log derivative of `bend`."""
    h = np.abs(np.exp(b) * np.arcsinh(x) + a)
    # log cosh without overflow.
    return h + np.log1p(np.exp(-2 * h)) - math.log(2) - np.log(np.cosh(a)) - 0.5 * np.log1p(x**2)


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D)."""
    gaussian, a, b = split(params)
    mean, C, _ = fullrank.factor(gaussian)
    sd = np.sqrt(np.sum(C**2, axis=1))
    return mean + sd * bend(np.dot(noise, C.T) / sd, a, b)


def log_prob(params: Array, z: Array) -> Array:
    """z (S, D) -> (S,)."""
    gaussian, a, b = split(params)
    mean, C, log_diagonal = fullrank.factor(gaussian)
    sd = np.sqrt(np.sum(C**2, axis=1))
    x = unbend((z - mean) / sd, a, b)
    r = np.linalg.solve(C, (x * sd).T)
    whole = -np.sum(log_diagonal) - mean.shape[0] * HALF_LOG_2_PI
    return whole - 0.5 * np.sum(r**2, axis=0) - np.sum(log_slope(x, a, b), axis=1)


def entropy(params: Array) -> Array:
    """The Gaussian's, and of each margin the mean log slope, by Gauss-Hermite quadrature."""
    gaussian, a, b = split(params)
    return fullrank.entropy(gaussian) + np.sum(np.dot(WEIGHTS, log_slope(NODES[:, None], a, b)))


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z."""
    gaussian, a, b = split(params)
    median, sd = fullrank.moments(gaussian)
    y = bend(NODES[:, None], a, b)
    mean = np.dot(WEIGHTS, y)
    return median + sd * mean, sd * np.sqrt(np.dot(WEIGHTS, (y - mean) ** 2))


def move(params: Array, step: Array) -> Array:
    """That of the Gaussian, and a and b in units of their information where nothing is bent.

    Bending right also moves the mass right, and heavier tails widen it: both are taken back, so that the steps are
    nearly orthogonal.
    """
    gaussian, a, b = split(params)
    first, second, third = split(step)
    da, db = second / SKEW, third / TAIL
    mean, C, _ = fullrank.factor(fullrank.move(gaussian, first))
    sd = np.sqrt(np.sum(C**2, axis=1))
    return np.concatenate(
        [upon(mean - SHIFT * sd * da, C * np.exp(-STRETCH * db)[:, None])[: -2 * len(a)], a + da, b + db]
    )


def fixed_draws(D: int) -> int:
    """Whitened draws fix a Gaussian's numbers, and not those of tails: these need many."""
    return max(512, 2 * fullrank.fixed_draws(D)) if D else 2


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
)
