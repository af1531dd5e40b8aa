"""VonMises(loc, concentration)

Directions: angles in [-pi, pi] around `loc`, uniform for concentration 0, with sd about 1 / sqrt(concentration)
where that is large.
log p(x) = concentration cos(x - loc) - log(2 pi I0(concentration))
Source: Mardia & Jupp, Directional Statistics (2000), sec. 3.5.4.
Evaluated as -2 concentration sin²((x - loc) / 2) beside the scaled Bessel function, so that nothing cancels.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.circular import log_i0e, log_von_mises_cdf
from ppl.supports.continuous import interval, nonnegative, real

LOG_2PI = 1.8378770664093453
PI = float(onp.pi)


def log_prob(x: Array, loc: Array, concentration: Array) -> Array:
    """Log density."""
    inside = (x >= -PI) & (x <= PI)
    half = np.sin(0.5 * (np.where(inside, x, 0.0) - loc))
    return np.where(
        inside, -2.0 * concentration * (half * half) - (log_i0e(concentration) + LOG_2PI), -np.inf
    )


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, concentration: Array) -> Any:
    """Draws of the given shape."""
    away = rng.vonmises(0.0, concentration, shape)
    return onp.clip(onp.remainder(loc + away + PI, 2.0 * PI) - PI, -PI, PI)


def log_cdf(x: Array, loc: Array, concentration: Array) -> Array:
    """Log of P(X <= x)."""
    return log_von_mises_cdf(x, loc, concentration)


def log_sf(x: Array, loc: Array, concentration: Array) -> Array:
    """Log of P(X > x)."""
    return log_von_mises_cdf(-x, -loc, concentration)


def oracle(x: Any, loc: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return concentration * mp.cos(x - loc) - mp.log(2 * mp.pi * mp.besseli(0, concentration))


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("concentration", nonnegative)),),
    support=interval,
    ends=lambda **_parameters: (-PI, PI),
    log_prob=log_prob,
    sample=sample,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"loc": 0.0, "concentration": 1.0},
        {"loc": onp.array([[1.0], [-2.5]]), "concentration": onp.array([0.1, 4.0, 3000.0])},
    ),
)
