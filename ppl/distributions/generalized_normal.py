"""GeneralizedNormal(loc, scale, power)

Tails like exp(-|x|^power): Laplace for power = 1, Gaussian for 2, and ever more of a box beyond.
log p(x) = -|(x - loc) / scale|^power + log power - log(2 scale) - log Gamma(1 / power)
Source: Nadarajah (2005), Journal of Applied Statistics 32(7).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.incomplete import log_gammaincc
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive, real

LOG_2 = 0.6931471805599453


def _power(r: Array, power: Array) -> Array:
    """|r|^power, whose slope at 0 is 0."""
    flat = r == 0
    return np.where(flat, 0.0, np.exp(power * np.log(np.where(flat, 1.0, np.abs(r)))))


def log_prob(x: Array, loc: Array, scale: Array, power: Array) -> Array:
    """Log density."""
    # power / Gamma(1 / power) is 1 / Gamma(1 + 1 / power), which is close to 1 for large powers.
    height = gammaln(1.0 + 1.0 / power) + (np.log(scale) + LOG_2)
    return -_power((x - loc) / scale, power) - height


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array, power: Array) -> Any:
    """Draws of the given shape."""
    size = rng.standard_gamma(1.0 / onp.asarray(power), shape) ** (1.0 / onp.asarray(power))
    return loc + scale * size * rng.choice([-1.0, 1.0], shape)


def _log_tail(r: Array, power: Array) -> Array:
    beyond = log_gammaincc(1.0 / power, _power(r, power)) - LOG_2
    left = r < 0
    return np.where(left, beyond, np.log1p(-np.exp(np.where(left, -1.0, beyond))))


def log_cdf(x: Array, loc: Array, scale: Array, power: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_tail((x - loc) / scale, power)


def log_sf(x: Array, loc: Array, scale: Array, power: Array) -> Array:
    """Log of P(X > x)."""
    return _log_tail((loc - x) / scale, power)


def oracle(x: Any, loc: Any, scale: Any, power: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    return mp.log(power / (2 * scale)) - mp.loggamma(1 / power) - abs((x - loc) / scale) ** power


def variance(loc: Array, scale: Array, power: Array) -> Array:
    """scale² Gamma(3 / power) / Gamma(1 / power)."""
    return scale**2 * np.exp(gammaln(3.0 / power) - gammaln(1.0 / power)) + 0.0 * loc


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive), Parameter("power", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale, power: loc + 0.0 * scale * power,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0, "power": 1.5},
        {"loc": 2.0, "scale": onp.array([[0.1], [30.0]]), "power": onp.array([0.7, 2.0, 9.0])},
    ),
)
