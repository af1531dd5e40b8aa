"""AsymmetricLaplace(loc, scale, asymmetry) | AsymmetricLaplace(loc, scale, quantile=)

Two exponentials back to back, of mean scale asymmetry to the left and scale / asymmetry to the right of `loc`;
or, by `quantile`, the likelihood of quantile regression: P(X <= loc) = quantile, with means
scale / (2 (1 - quantile)) to the left and scale / (2 quantile) to the right.
log p(x) = -|x - loc| / side - log(left + right), side being the mean of the side that x is on
Source: Kotz, Kozubowski & Podgórski, The Laplace Distribution and Generalizations (2001), ch. 3;
Stan Functions Reference, "Skew double exponential".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.choose import choose
from ppl.supports.continuous import positive, real, unit_interval


def _sides(scale: Array, asymmetry: Array, quantile: Array) -> tuple[Array, Array]:
    """Means to the left and to the right."""
    if quantile is None:
        return scale * asymmetry, scale / asymmetry
    return 0.5 * scale / (1.0 - quantile), 0.5 * scale / quantile


def log_prob(x: Array, loc: Array, scale: Array, asymmetry: Array = None, quantile: Array = None) -> Array:
    """Log density."""
    left, right = _sides(scale, asymmetry, quantile)
    below = x < loc
    away = choose(below, loc - x, x - loc)
    return -away / choose(below, left, right) - np.log(left + right)


def sample(
    rng: onp.random.Generator,
    shape: tuple[int, ...],
    loc: Array,
    scale: Array,
    asymmetry: Array = None,
    quantile: Array = None,
) -> Any:
    """Draws of the given shape: the difference of two exponential variables."""
    left, right = _sides(scale, asymmetry, quantile)
    return loc + right * rng.standard_exponential(shape) - left * rng.standard_exponential(shape)


def _log_tail(away: Array, side: Array, other: Array) -> Array:
    """Log of the mass further than `away` from loc on one side (beyond loc, where it is negative)."""
    inside = away >= 0
    near = np.log(side / (side + other)) - choose(inside, away, 0.0) / side
    far = np.log1p(-other / (side + other) * np.exp(choose(inside, 0.0, away) / other))
    return choose(inside, near, far)


def log_cdf(x: Array, loc: Array, scale: Array, asymmetry: Array = None, quantile: Array = None) -> Array:
    """Log of P(X <= x)."""
    left, right = _sides(scale, asymmetry, quantile)
    return _log_tail(loc - x, left, right)


def log_sf(x: Array, loc: Array, scale: Array, asymmetry: Array = None, quantile: Array = None) -> Array:
    """Log of P(X > x)."""
    left, right = _sides(scale, asymmetry, quantile)
    return _log_tail(x - loc, right, left)


def mean(loc: Array, scale: Array, asymmetry: Array = None, quantile: Array = None) -> Array:
    """loc and the difference of both sides."""
    left, right = _sides(scale, asymmetry, quantile)
    return loc + right - left


def variance(loc: Array, scale: Array, asymmetry: Array = None, quantile: Array = None) -> Array:
    """Both sides' squares."""
    left, right = _sides(scale, asymmetry, quantile)
    return left**2 + right**2 + 0.0 * loc


def oracle(x: Any, loc: Any, scale: Any, asymmetry: Any = None, quantile: Any = None) -> Any:
    """The formulas of the sources, in mpmath."""
    import mpmath as mp

    if quantile is None:
        side = 1 / asymmetry if x < loc else -asymmetry
        return side * (x - loc) / scale - mp.log(scale * (asymmetry + 1 / asymmetry))
    loss = (1 - quantile) * (loc - x) if x < loc else quantile * (x - loc)
    return mp.log(2 * quantile * (1 - quantile) / scale) - 2 / scale * loss


distribution = Distribution(
    forms=(
        (Parameter("loc", real), Parameter("scale", positive), Parameter("asymmetry", positive)),
        (Parameter("loc", real), Parameter("scale", positive), Parameter("quantile", unit_interval)),
    ),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),) * 2,
    examples=(
        {"loc": 0.0, "scale": 1.0, "asymmetry": 2.0},
        {"loc": 0.0, "scale": 1.0, "quantile": 0.9},
        {"loc": 2.0, "scale": onp.array([[0.1], [30.0]]), "asymmetry": onp.array([0.2, 1.0, 5.0])},
    ),
)
