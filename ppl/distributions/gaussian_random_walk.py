"""GaussianRandomWalk(scale) | GaussianRandomWalk(scale, init_scale=)

A path with Gaussian steps: the first value is Normal(0, init_scale), or Normal(0, scale), and each next one is
Normal(the one before, scale).
log p(x) = sum of log Normal(x_t | x_(t - 1), scale), and log Normal(x_1 | 0, init_scale)
Source: Durbin & Koopman, Time Series Analysis by State Space Methods (2012), sec. 2.1.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss
from ppl.supports.continuous import positive
from ppl.supports.vectors import real_vector


def log_prob(x: Array, scale: Array, init_scale: Array = None) -> Array:
    """Log density, x (..., T) -> (...)."""
    first = log_gauss(x[..., 0], 0.0, scale if init_scale is None else init_scale)
    steps = log_gauss(x[..., 1:], x[..., :-1], np.expand_dims(scale, -1))
    return first + np.sum(steps, axis=-1)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], scale: Array, init_scale: Array = None) -> Any:
    """Draws of the given shape."""
    steps = rng.standard_normal(shape) * onp.expand_dims(scale, -1)
    if init_scale is not None:
        steps[..., 0] = steps[..., 0] / scale * init_scale
    return onp.cumsum(steps, axis=-1)


def oracle(x: Any, scale: Any, init_scale: Any = None) -> Any:
    """The product of its steps, in mpmath."""
    import mpmath as mp

    def log_normal(d: Any, s: Any) -> Any:
        return -((d / s) ** 2) / 2 - mp.log(s * mp.sqrt(2 * mp.pi))

    first = log_normal(x[0], scale if init_scale is None else init_scale)
    return first + mp.fsum(log_normal(b - a, scale) for a, b in pairwise(x))


distribution = Distribution(
    forms=(
        (Parameter("scale", positive),),
        (Parameter("scale", positive), Parameter("init_scale", positive)),
    ),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    location_scale=(LocationScale(None, "scale"),),
    examples=(
        {"scale": 2.0},
        {"scale": 0.1, "init_scale": 5.0},
        {"scale": onp.array([[0.01], [3.0]]), "init_scale": onp.array([1.0, 20.0])},
    ),
)
