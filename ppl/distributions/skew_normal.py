"""SkewNormal(loc, scale, shape)

The Gaussian leaning to one side: to the right for shape > 0, Normal(loc, scale) for shape = 0.
log p(x) = log 2 + log phi(r) + log Phi(shape r) - log scale with r = (x - loc) / scale
Source: Azzalini (1985), Scandinavian Journal of Statistics 12; Stan Functions Reference, "Skew normal".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gauss import log_gauss
from ppl.numerics.normal import log_phi
from ppl.numerics.skew import log_skew_cdf
from ppl.supports.continuous import positive, real

LOG_2 = 0.6931471805599453
ROOT_2_OVER_PI = 0.7978845608028654


def log_prob(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log density."""
    return log_gauss(x, loc, scale) + (LOG_2 + log_phi(shape * ((x - loc) / scale)))


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, loc: Array, scale: Array, shape: Array
) -> Any:
    """Draws of the given shape: a Gaussian and, with its share, the absolute value of another."""
    length = onp.hypot(1.0, shape)
    both = onp.abs(rng.standard_normal(size)) * (shape / length) + rng.standard_normal(size) / length
    return loc + scale * both


def log_cdf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    return log_skew_cdf((x - loc) / scale, shape)


def log_sf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    return log_skew_cdf((loc - x) / scale, -shape)


def oracle(x: Any, loc: Any, scale: Any, shape: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    r = (x - loc) / scale
    log_phi = -(r**2) / 2 - mp.log(2 * mp.pi) / 2
    return mp.log(2) + log_phi + mp.log(mp.erfc(-shape * r / mp.sqrt(2)) / 2) - mp.log(scale)


def _lean(shape: Array) -> Array:
    return shape / np.sqrt(1.0 + shape**2)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive), Parameter("shape", real)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale, shape: loc + scale * _lean(shape) * ROOT_2_OVER_PI,
    variance=lambda loc, scale, shape: scale**2 * (1.0 - 2.0 / onp.pi * _lean(shape) ** 2) + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0, "shape": 3.0},
        {"loc": 2.0, "scale": onp.array([[0.1], [30.0]]), "shape": onp.array([-4.0, 0.5, 0.0])},
    ),
)
