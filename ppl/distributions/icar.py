"""ICAR(W)

The intrinsic conditional autoregression, CAR with alpha = 1: areas are like their neighbours, and nothing is said of
their common level. It is improper, a density only up to a constant: let the data, or a sum-to-zero statement
(`factor log_prob(Normal(0, 0.001), sum(x))`), fix the level. `W` is the symmetric matrix of weights.
log p(x) = -1/2 sum over pairs i < j of W_ij (x_i - x_j)²
Source: Besag & Kooperberg (1995), Biometrika 82; Morris et al. (2019), Spatial and Spatio-temporal Epidemiology 31.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.supports.matrices import adjacency
from ppl.supports.vectors import real_vector


def log_prob(x: Array, W: Array) -> Array:
    """Log density up to a constant, x (..., K) -> (...)."""
    # W x = sum over neighbours; the differences are formed first, so that a common level cancels exactly.
    gaps = x[..., :, None] - x[..., None, :]
    return -0.25 * np.sum(W * gaps * gaps, axis=(-1, -2))


def oracle(x: Any, W: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    pairs = ((i, j) for i in range(len(x)) for j in range(i))
    return -mp.fsum(W[i][j] * (x[i] - x[j]) ** 2 for i, j in pairs) / 2


distribution = Distribution(
    forms=((Parameter("W", adjacency, 2),),),
    support=real_vector,
    log_prob=log_prob,
    oracle=oracle,
    proper=False,
    examples=({"W": onp.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])},),
)
