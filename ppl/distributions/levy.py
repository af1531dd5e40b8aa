"""Levy(loc, scale)

The time at which Brownian motion without drift first reaches a level; so heavy a tail that it has no mean.
log p(x) = log(scale / (2 pi)) / 2 - 3/2 log(x - loc) - scale / (2 (x - loc)), for x > loc
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), sec. 12.4.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.normal import log_erf, log_phi
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import greater_than, positive, real

LOG_2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476


def _inside(x: Array, loc: Array) -> tuple[Array, Array]:
    inside = x > loc
    return inside, np.where(inside, x - loc, 1.0)


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    inside, d = _inside(x, loc)
    density = 0.5 * np.log(scale) - HALF_LOG_2PI - 1.5 * np.log(d) - 0.5 * scale / d
    return np.where(inside, density, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale / rng.standard_normal(shape) ** 2


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    inside, d = _inside(x, loc)
    return np.where(inside, LOG_2 + log_phi(-np.sqrt(scale / d)), -np.inf)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    inside, d = _inside(x, loc)
    return np.where(inside, log_erf(ROOT_HALF * np.sqrt(scale / d)), 0.0)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    if x <= loc:
        return -mp.inf
    return mp.log(scale / (2 * mp.pi)) / 2 - scale / (2 * (x - loc)) - mp.log(x - loc) * 3 / 2


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=greater_than,
    ends=lambda loc, scale: (loc,),
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: onp.inf + 0.0 * loc + 0.0 * scale,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.1, 0.5, 15.0])},
    ),
)
