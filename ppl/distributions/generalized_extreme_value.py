"""GeneralizedExtremeValue(loc, scale, shape)

The largest of many, whatever their tails: Frechet's with a lower end for shape > 0, Gumbel's for 0, and Weibull's with
an upper end for shape < 0; the end is loc - scale / shape.
log p(x) = -(1 + shape) y - exp(-y) - log scale with y = log(1 + shape z) / shape and z = (x - loc) / scale
Source: Coles, An Introduction to Statistical Modeling of Extreme Values (2001), sec. 3.1.3.
Smooth through shape = 0, where y = z.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.power_tail import log1p_over
from ppl.numerics.special import gammaln
from ppl.supports.continuous import any_interval, positive, real

EULER = 0.5772156649015329
_NEAR = 1e-4  # shapes as small as this have Gumbel's moments to eight digits


def _ends(loc: Array, scale: Array, shape: Array) -> tuple[Array, Array]:
    end = loc - scale / np.where(shape == 0, 1.0, shape)
    return np.where(shape > 0, end, -np.inf), np.where(shape < 0, end, np.inf)


def _reduced(x: Array, loc: Array, scale: Array, shape: Array) -> tuple[Array, Array, Array]:
    """y, and where x is below, and beyond, what is possible."""
    z = (x - loc) / scale
    outside = 1.0 + shape * z <= 0
    return log1p_over(shape, np.where(outside, 0.0, z)), outside & (shape > 0), outside & (shape < 0)


def log_prob(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log density."""
    y, below, beyond = _reduced(x, loc, scale, shape)
    return np.where(below | beyond, -np.inf, -(1.0 + shape) * y - np.exp(-y) - np.log(scale))


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, loc: Array, scale: Array, shape: Array
) -> Any:
    """Draws of the given shape."""
    y = -onp.log(rng.standard_exponential(size))
    none = onp.asarray(shape) == 0
    return loc + scale * onp.where(none, y, onp.expm1(shape * y) / onp.where(none, 1.0, shape))


def log_cdf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    y, below, beyond = _reduced(x, loc, scale, shape)
    return np.where(below, -np.inf, np.where(beyond, 0.0, -np.exp(-y)))


def log_sf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    y, below, beyond = _reduced(x, loc, scale, shape)
    return np.where(beyond, -np.inf, np.where(below, 0.0, log1mexpexp(-y)))


def oracle(x: Any, loc: Any, scale: Any, shape: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    z = (x - loc) / scale
    if 1 + shape * z <= 0:
        return -mp.inf
    y = mp.log1p(shape * z) / shape if shape else z
    return -(1 + shape) * y - mp.exp(-y) - mp.log(scale)


def _gamma(shape: Array, order: float) -> Array:
    return np.exp(gammaln(1.0 - order * shape))


def mean(loc: Array, scale: Array, shape: Array) -> Array:
    """Infinite for shape >= 1."""
    light, near = shape < 1, np.abs(shape) < _NEAR
    safe = np.where(light & ~near, shape, -1.0)
    middle = np.where(
        near, EULER + shape * (EULER**2 + onp.pi**2 / 6.0) / 2.0, (_gamma(safe, 1.0) - 1.0) / safe
    )
    return np.where(light, loc + scale * middle, np.inf)


def variance(loc: Array, scale: Array, shape: Array) -> Array:
    """Infinite for shape >= 1/2, and NaN where there is no mean."""
    light, near = shape < 0.5, np.abs(shape) < _NEAR
    safe = np.where(light & ~near, shape, -1.0)
    square = np.where(near, onp.pi**2 / 6.0, (_gamma(safe, 2.0) - _gamma(safe, 1.0) ** 2) / safe**2)
    return np.where(light, scale**2 * square, np.where(shape < 1, np.inf, np.nan)) + 0.0 * loc


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive), Parameter("shape", real)),),
    support=any_interval,
    ends=_ends,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"loc": 0.0, "scale": 1.0, "shape": 0.2},
        {"loc": 2.0, "scale": onp.array([[0.1], [30.0]]), "shape": onp.array([-0.4, 0.0, 0.7, 1e-9])},
    ),
)
