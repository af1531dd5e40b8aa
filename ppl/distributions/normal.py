"""Normal(loc, scale)

The Gaussian with mean `loc` and standard deviation `scale`.
log p(x) = -((x - loc) / scale)² / 2 - log scale - log(2 pi) / 2
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 13.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss, pull_gauss
from ppl.numerics.normal import log_phi
from ppl.supports.continuous import positive, real


def log_prob(x: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    return log_gauss(x, loc, scale)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.standard_normal(shape)


def log_cdf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return log_phi((x - loc) / scale)


def log_sf(x: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return log_phi((loc - x) / scale)


def oracle(x: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return -(((x - loc) / scale) ** 2) / 2 - mp.log(scale) - mp.log(2 * mp.pi) / 2


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale: loc + 0.0 * scale,
    variance=lambda loc, scale: scale**2 + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    pullbacks={("loc", "scale"): pull_gauss},
    examples=(
        {"loc": 0.0, "scale": 1.0},
        {"loc": -300.0, "scale": 0.02},
        {"loc": onp.array([[1.0], [-2.0]]), "scale": onp.array([0.5, 1.0, 30.0])},
    ),
)
