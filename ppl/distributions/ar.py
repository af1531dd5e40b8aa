"""AR(coefficients, scale)

An autoregression about 0, x_t = sum over k of coefficients_k x_(t - k) + Normal(0, scale), started from rest: what
would lie before the first value counts as 0.
log p(x) = sum over t of log Normal(x_t | sum over k <= t - 1 of coefficients_k x_(t - k), scale)
Source: Hamilton, Time Series Analysis (1994), sec. 5.3; Stan Users Guide, "Autoregressive models".
`coefficients` have an axis of their own, of as many lags as there are: `dim lag = 2`, `phi[lag] ~ Normal(0, 0.5)`,
`x[time] ~ AR(phi, sigma)`.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss
from ppl.supports.continuous import positive
from ppl.supports.vectors import real_vector


def log_prob(x: Array, coefficients: Array, scale: Array) -> Array:
    """Log density, x (..., T) -> (...)."""
    length, lags = np.shape(x)[-1], np.shape(coefficients)[-1]
    centre = 0.0 * x
    for lag in range(1, min(lags, length - 1) + 1):
        rest = np.zeros((*np.shape(x)[:-1], lag))
        past = np.concatenate([rest, x[..., :-lag]], axis=-1)
        centre = centre + coefficients[..., lag - 1 : lag] * past
    return np.sum(log_gauss(x, centre, np.expand_dims(scale, -1)), axis=-1)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], coefficients: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    x = rng.standard_normal(shape) * onp.expand_dims(scale, -1)
    lags = onp.shape(coefficients)[-1]
    for t in range(1, shape[-1]):
        for lag in range(1, min(t, lags) + 1):
            x[..., t] += coefficients[..., lag - 1] * x[..., t - lag]
    return x


def oracle(x: Any, coefficients: Any, scale: Any) -> Any:
    """The product of its steps, in mpmath."""
    import mpmath as mp

    def log_step(t: int) -> Any:
        centre = mp.fsum(c * x[t - k] for k, c in enumerate(coefficients, start=1) if k <= t)
        return -(((x[t] - centre) / scale) ** 2) / 2 - mp.log(scale * mp.sqrt(2 * mp.pi))

    return mp.fsum(log_step(t) for t in range(len(x)))


distribution = Distribution(
    forms=((Parameter("coefficients", real_vector, 1, along=(None,)), Parameter("scale", positive)),),
    support=real_vector,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    location_scale=(LocationScale(None, "scale"),),
    examples=(
        {"coefficients": onp.array([0.7, -0.2, 0.1]), "scale": 2.0},
        {"coefficients": onp.array([[0.5, 0.4], [1.1, -0.9]]), "scale": onp.array([0.1, 30.0])},
    ),
)
