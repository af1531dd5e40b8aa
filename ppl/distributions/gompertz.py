"""Gompertz(shape, rate)

Lifetimes whose hazard, shape rate exp(rate x), grows exponentially.
log p(x) = log shape + log rate + rate x - shape (exp(rate x) - 1), for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), sec. 22.8;
Pollard & Valkovics (1992), Genus 48.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.special import from_scipy
from ppl.supports.continuous import nonnegative, positive


def log_prob(x: Array, shape: Array, rate: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        return np.log(shape) + np.log(rate) + (rate * x - shape * np.expm1(rate * x))

    return minus_inf_outside(x >= 0, x, 1.0, density)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, shape: Array, rate: Array) -> Any:
    """Draws of the given shape."""
    return onp.log1p(rng.standard_exponential(size) / shape) / rate


def log_cdf(x: Array, shape: Array, rate: Array) -> Array:
    """Log of P(X <= x)."""

    def tail(x: Array) -> Array:
        growth = rate * x
        log_growth = np.where(growth > 30, growth, np.log(np.expm1(np.where(growth > 30, 1.0, growth))))
        return log1mexpexp(np.log(shape) + log_growth)

    return minus_inf_outside(x > 0, x, 1.0, tail)


def log_sf(x: Array, shape: Array, rate: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: -shape * np.expm1(rate * x))


def oracle(x: Any, shape: Any, rate: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    return mp.log(shape * rate) + shape + rate * x - shape * mp.exp(rate * x)


def mean(shape: Array, rate: Array) -> Array:
    """exp(shape) E1(shape) / rate."""
    return from_scipy("hyperu", 1.0, 1.0, shape) / rate


distribution = Distribution(
    forms=((Parameter("shape", positive), Parameter("rate", positive)),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"shape": 0.3, "rate": 1.0},
        {"shape": onp.array([[0.01], [2.0]]), "rate": onp.array([0.01, 0.5, 20.0])},
    ),
)
