"""ZeroSumNormal(scale)

Gaussian effects that sum to 0: Normal(0, scale) vectors less their own mean; variance scale² (1 - 1 / K).
log p(x) = -sum of (x_k / scale)² / 2 - (K - 1) (log scale + log(2 pi) / 2), a density on the K - 1 dimensional plane
Source: Stan Users Guide, "Sum-to-zero vector"; PyMC, "ZeroSumNormal".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive
from ppl.supports.vectors import sum_to_zero


def log_prob(x: Array, scale: Array) -> Array:
    """Log density, x (..., K) -> (...)."""
    inside = sum_to_zero.contains(x)
    free = np.shape(x)[-1] - 1
    r = np.where(inside[..., None], x, 0.0) / np.expand_dims(scale, -1)
    value = -0.5 * np.sum(r * r, axis=-1) - free * (np.log(scale) + HALF_LOG_2PI)
    return np.where(inside, value, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array) -> Any:
    """Draws of the given shape."""
    noise = rng.standard_normal(shape)
    return onp.expand_dims(scale, -1) * (noise - onp.mean(noise, axis=-1, keepdims=True))


def oracle(x: Any, scale: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    return -mp.fsum((xk / scale) ** 2 for xk in x) / 2 - (len(x) - 1) * mp.log(scale * mp.sqrt(2 * mp.pi))


distribution = Distribution(
    forms=((Parameter("scale", positive),),),
    support=sum_to_zero,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    location_scale=(LocationScale(None, "scale"),),
    examples=(
        {"scale": 2.0},
        {"scale": onp.array([0.01, 1.0, 300.0])},
    ),
)
