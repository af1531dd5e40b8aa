"""LogitNormal(loc, scale)

A probability whose log odds are Normal(loc, scale).
log p(x) = -((logit x - loc) / scale)² / 2 - log x - log(1 - x) - log scale - log(2 pi) / 2, for 0 < x < 1
Source: Johnson (1949), Biometrika 36, system S_B; Atchison & Shen (1980), Biometrika 67.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss
from ppl.numerics.logistic import expit, logit
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.normal import log_phi
from ppl.supports.continuous import positive, real, unit_interval


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    return minus_inf_outside(
        (x > 0) & (x < 1), x, 0.5, lambda x: log_gauss(logit(x), loc, scale) - np.log(x) - np.log1p(-x)
    )


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return expit(loc + scale * rng.standard_normal(shape))


def _log_below(x: Array, loc: Array, scale: Array, sign: float, at_0: float, at_1: float) -> Array:
    inside = (x > 0) & (x < 1)
    value = log_phi(sign * (logit(np.where(inside, x, 0.5)) - loc) / scale)
    return np.where(inside, value, np.where(x > 0, at_1, at_0))


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_below(x, loc, scale, 1.0, -onp.inf, 0.0)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return _log_below(x, loc, scale, -1.0, 0.0, -onp.inf)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    if not 0 < x < 1:
        return -mp.inf
    r = (mp.log(x / (1 - x)) - loc) / scale
    return -(r**2) / 2 - mp.log(x * (1 - x)) - mp.log(scale) - mp.log(2 * mp.pi) / 2


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=unit_interval,
    log_prob=log_prob,
    sample=sample,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.1, 0.5, 1.5])},
    ),
)
