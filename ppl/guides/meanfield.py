"""meanfield: independent Gaussians, one per unconstrained coordinate.

z = mean + exp(log_sd) * noise, params = [mean, log_sd], 2 D numbers.
Cheap and robust in thousands of dimensions; it cannot see correlations, and where there are some
its sds are too small (those of the conditionals, not of the marginals).
Source: Kucukelbir, Tran, Ranganath, Gelman & Blei, Automatic differentiation variational
inference, JMLR 18 (2017), section 2.4.
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.guides import HALF_LOG_2_PI, Array, Guide
from ppl.layout import Layout


def init(layout: Layout, mean: Array, sd: Array) -> Array:
    """The start itself is in the family."""
    D = layout.size
    return np.concatenate([np.broadcast_to(mean, (D,)), np.log(np.broadcast_to(sd, (D,)))])


def split(params: Array) -> tuple[Array, Array]:
    """(mean (D,), log_sd (D,))."""
    D = params.shape[0] // 2
    return params[:D], params[D:]


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D)."""
    mean, log_sd = split(params)
    return mean + np.exp(log_sd) * noise


def log_prob(params: Array, z: Array) -> Array:
    """z (S, D) -> (S,)."""
    mean, log_sd = split(params)
    r = (z - mean) / np.exp(log_sd)
    return -0.5 * np.sum(r**2, axis=1) - np.sum(log_sd) - log_sd.shape[0] * HALF_LOG_2_PI


def entropy(params: Array) -> Array:
    """The sum of log sd, + D/2 (1 + log 2 pi)."""
    _, log_sd = split(params)
    return np.sum(log_sd) + log_sd.shape[0] * (0.5 + HALF_LOG_2_PI)


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z."""
    mean, log_sd = split(params)
    return mean, np.exp(log_sd)


def move(params: Array, step: Array) -> Array:
    """mean + sd a, log sd + b."""
    # The Fisher information is 1/sd² for the mean and 2 for log sd.
    mean, log_sd = split(params)
    a, b = split(step)
    return np.concatenate([mean + np.exp(log_sd) * a, log_sd + b / np.sqrt(2.0)])


guide = Guide(
    init,
    transport,
    log_prob,
    entropy,
    moments,
    move,
    lambda D: 32 if D else 2,
    lambda _D: 2,
    is_gaussian=True,
)
