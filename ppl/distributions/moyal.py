"""Moyal(loc, scale)

Energy lost by ionisation, an approximation of Landau's law: steep on the left, exponential on the right.
log p(x) = -(r + exp(-r)) / 2 - log scale - log(2 pi) / 2 with r = (x - loc) / scale
Source: Moyal (1955), Philosophical Magazine 46; Walck, Hand-book on Statistical Distributions (2007), ch. 26.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.normal import log_erf, log_phi
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive, real

LOG_2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    r = (x - loc) / scale
    return -0.5 * (r + np.exp(-r)) - (np.log(scale) + HALF_LOG_2PI)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape: minus the logarithm of a squared Gaussian."""
    return loc - 2.0 * scale * onp.log(onp.abs(rng.standard_normal(shape)))


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return LOG_2 + log_phi(-np.exp(0.5 * (loc - x) / scale))


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    log_size = 0.5 * (loc - x) / scale
    far = log_size < -40  # erf is a straight line there, and exp may be beyond all numbers
    near = log_erf(ROOT_HALF * np.exp(np.where(far, 0.0, log_size)))
    return np.where(far, log_size + (0.5 * LOG_2 - 0.5723649429247001), near)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    r = (x - loc) / scale
    return -(r + mp.exp(-r)) / 2 - mp.log(scale) - mp.log(2 * mp.pi) / 2


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + scale * (onp.euler_gamma + LOG_2),
    variance=lambda loc, scale: (onp.pi * scale) ** 2 / 2.0 + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 1.0, 30.0])},
    ),
)
