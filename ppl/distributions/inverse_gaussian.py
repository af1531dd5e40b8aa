"""InverseGaussian(mean, shape)

The time at which Brownian motion with drift first reaches a level (also: Wald); variance mean³ / shape.
log p(x) = log(shape / (2 pi x³)) / 2 - shape (x - mean)² / (2 mean² x), for x > 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 15.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.mills import log_tail_difference, mills
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.supports.continuous import positive


def log_prob(x: Array, mean: Array, shape: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        deviation = (x - mean) / mean
        return (
            0.5 * (np.log(shape) - 3.0 * np.log(x)) - HALF_LOG_2PI - 0.5 * shape / x * deviation * deviation
        )

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, mean: Array, shape: Array) -> Any:
    """Draws of the given shape."""
    return rng.wald(mean, shape, size)


def _ends(x: Array, mean: Array, shape: Array) -> tuple[Array, Array]:
    root = np.sqrt(shape / x)
    return root * (x - mean) / mean, root * (x + mean) / mean


def _log_lower(a: Array, b: Array) -> Array:
    # Phi(a) + exp(2 shape / mean) Phi(-b) with a < 0, and phi(b) exp(2 shape / mean) = phi(a).
    a = np.where(a < 0, a, -1.0)
    return np.log(mills(-a) + mills(b)) - 0.5 * a * a - HALF_LOG_2PI


def _log_upper(a: Array, b: Array) -> Array:
    right = a >= 0
    return log_tail_difference(np.where(right, a, 0.0), np.where(right, b, 1.0))


def log_cdf(x: Array, mean: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""

    def tail(x: Array) -> Array:
        a, b = _ends(x, mean, shape)
        return np.where(a < 0, _log_lower(a, b), log1mexp(_log_upper(a, b)))

    return minus_inf_outside(x > 0, x, 1.0, tail)


def log_sf(x: Array, mean: Array, shape: Array) -> Array:
    """Log of P(X > x)."""

    def tail(x: Array) -> Array:
        a, b = _ends(x, mean, shape)
        return np.where(a < 0, log1mexp(_log_lower(a, b)), _log_upper(a, b))

    return zero_outside(x > 0, x, 1.0, tail)


def oracle(x: Any, mean: Any, shape: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(shape / (2 * mp.pi * x**3)) / 2 - shape * (x - mean) ** 2 / (2 * mean**2 * x)


distribution = Distribution(
    forms=((Parameter("mean", positive), Parameter("shape", positive)),),
    support=positive,
    log_prob=log_prob,
    sample=sample,
    mean=lambda mean, shape: mean + 0.0 * shape,
    variance=lambda mean, shape: mean**3 / shape,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"mean": 1.0, "shape": 2.0},
        {"mean": onp.array([[0.1], [1.0], [30.0]]), "shape": onp.array([0.5, 4.0, 300.0])},
    ),
)
