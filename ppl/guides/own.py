"""own: the guides that the program itself gives, `guide z[...] ~ Normal(..., ...)`.

z = noise: the program's guides are a change of variables z -> loc + scale * z that the log joint already holds, so
that the standard normal, which has nothing to fit, is the guide as written. What is fitted are the model's params,
those inside the guide among them (an amortised guide; Kingma & Welling, Auto-encoding variational Bayes, 2014).
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.guides import HALF_LOG_2_PI, Array, Guide
from ppl.layout import Layout


def init(layout: Layout, mean: Array, sd: Array) -> Array:  # noqa: ARG001 - a guide without a start of its own
    """D zeros, which stay as they are."""
    return np.zeros(layout.size)


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D)."""
    return noise + 0.0 * params


def log_prob(params: Array, z: Array) -> Array:
    """z (S, D) -> (S,)."""
    return -0.5 * np.sum(z**2, axis=1) - params.shape[0] * HALF_LOG_2_PI


def entropy(params: Array) -> Array:
    """D/2 (1 + log 2 pi)."""
    return params.shape[0] * (0.5 + HALF_LOG_2_PI) + 0.0 * np.sum(params)


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z: 0 and 1."""
    return np.zeros(params.shape), np.ones(params.shape)


def move(params: Array, step: Array) -> Array:
    """Nowhere."""
    return params + 0.0 * step


guide = Guide(init, transport, log_prob, entropy, moments, move, lambda D: 16 if D else 2, lambda _D: 2, True)
