"""Kumaraswamy(a, b)

Shares, much like Beta(a, b), with a plain distribution function: P(X <= x) = 1 - (1 - x^a)^b.
log p(x) = log a + log b + (a - 1) log x + (b - 1) log(1 - x^a), for x in [0, 1]
Source: Jones (2009), Statistical Methodology 6(1), "Kumaraswamy's distribution".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.logistic import log1mexp
from ppl.numerics.products import xlogy
from ppl.supports.continuous import positive, unit_interval


def _inside(x: Array) -> tuple[Array, Array]:
    inside = (x > 0) & (x < 1)
    return inside, np.where(inside, x, 0.5)


def log_prob(x: Array, a: Array, b: Array) -> Array:
    """Log density."""
    inside, within = _inside(x)
    log_x = np.log(within)
    height = np.log(a) + np.log(b)
    density = height + (a - 1.0) * log_x + (b - 1.0) * log1mexp(a * log_x)
    at_an_end = (x == 0) | (x == 1)
    edge = height + xlogy(a - 1.0, np.where(x == 0, 0.0, 1.0)) + xlogy(b - 1.0, np.where(x == 1, 0.0, 1.0))
    return np.where(inside, density, np.where(at_an_end, edge, -np.inf))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], a: Array, b: Array) -> Any:
    """Draws of the given shape."""
    return (-onp.expm1(-rng.standard_exponential(shape) / b)) ** (1.0 / onp.asarray(a))


def log_cdf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    inside, within = _inside(x)
    value = log1mexpexp(np.log(b) + np.log(-log1mexp(a * np.log(within))))
    # Where x^a is beyond the last bit of 1, so is its share of the exponent.
    power = a * np.log(within)
    tiny = power < -700.0
    value = np.where(tiny, np.log(b) + power, np.where(tiny, 0.0, value))
    return np.where(inside, value, np.where(x > 0, 0.0, -np.inf))


def log_sf(x: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    inside, within = _inside(x)
    return np.where(inside, b * log1mexp(a * np.log(within)), np.where(x > 0, -np.inf, 0.0))


def oracle(x: Any, a: Any, b: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    return mp.log(a) + mp.log(b) + (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-(x**a))


def _moment(a: Array, b: Array, order: float) -> Array:
    return np.exp(np.log(b) + lbeta(1.0 + order / a, b))


distribution = Distribution(
    forms=((Parameter("a", positive), Parameter("b", positive)),),
    support=unit_interval,
    log_prob=log_prob,
    sample=sample,
    mean=lambda a, b: _moment(a, b, 1.0),
    variance=lambda a, b: _moment(a, b, 2.0) - _moment(a, b, 1.0) ** 2,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"a": 2.0, "b": 3.0},
        {"a": onp.array([[0.5], [1.0], [30.0]]), "b": onp.array([0.7, 1.0, 20.0])},
    ),
)
