"""GeneralizedPareto(loc, scale, shape)

What lies beyond a high threshold `loc`: power tails for shape > 0, exponential for 0, and for shape < 0
nothing beyond loc - scale / shape.
log p(x) = -(1 + 1 / shape) log(1 + shape z) - log scale with z = (x - loc) / scale >= 0
Source: Coles, An Introduction to Statistical Modeling of Extreme Values (2001), sec. 4.2.
Smooth through shape = 0.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.power_tail import log1p_over
from ppl.supports.continuous import half_line_or_interval, positive, real


def _upper_end(loc: Array, scale: Array, shape: Array) -> Array:
    bounded = shape < 0
    return np.where(bounded, loc - scale / np.where(bounded, shape, 1.0), np.inf)


def _exponent(x: Array, loc: Array, scale: Array, shape: Array) -> tuple[Array, Array, Array]:
    """log(1 + shape z) / shape, and where x is below, and beyond, what is possible."""
    z = (x - loc) / scale
    below, beyond = z < 0, (1.0 + shape * z <= 0) & (z > 0)
    return log1p_over(shape, np.where(below | beyond, 0.0, z)), below, beyond


def log_prob(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log density."""
    exponent, below, beyond = _exponent(x, loc, scale, shape)
    return np.where(below | beyond, -np.inf, -(1.0 + shape) * exponent - np.log(scale))


def sample(
    rng: onp.random.Generator, size: tuple[int, ...], /, loc: Array, scale: Array, shape: Array
) -> Any:
    """Draws of the given shape."""
    e = rng.standard_exponential(size)
    none = onp.asarray(shape) == 0
    return loc + scale * onp.where(none, e, onp.expm1(shape * e) / onp.where(none, 1.0, shape))


def log_cdf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    exponent, below, beyond = _exponent(x, loc, scale, shape)
    inside = (exponent > 0) & ~below & ~beyond
    return np.where(inside, log1mexp(np.where(inside, exponent, 1.0)), np.where(beyond, 0.0, -np.inf))


def log_sf(x: Array, loc: Array, scale: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    exponent, below, beyond = _exponent(x, loc, scale, shape)
    return np.where(beyond, -np.inf, np.where(below, 0.0, -exponent))


def oracle(x: Any, loc: Any, scale: Any, shape: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    z = (x - loc) / scale
    if z < 0 or 1 + shape * z <= 0:
        return -mp.inf
    return (-(1 + 1 / shape) * mp.log1p(shape * z) if shape else -z) - mp.log(scale)


def mean(loc: Array, scale: Array, shape: Array) -> Array:
    """Infinite for shape >= 1."""
    return np.where(shape < 1, loc + scale / np.where(shape < 1, 1.0 - shape, 1.0), np.inf)


def variance(loc: Array, scale: Array, shape: Array) -> Array:
    """Infinite for 1/2 <= shape < 1, NaN beyond."""
    light = shape < 0.5
    safe = np.where(light, shape, 0.0)
    square = (scale / (1.0 - safe)) ** 2 / (1.0 - 2.0 * safe) + 0.0 * loc
    return np.where(light, square, np.where(shape < 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive), Parameter("shape", real)),),
    support=half_line_or_interval,
    ends=lambda loc, scale, shape: (loc, _upper_end(loc, scale, shape)),
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
