"""DiscreteWeibull(prob, shape)

Whole lifetimes with P(X >= x) = prob^(x^shape): geometric for shape = 1.
log p(x) = log(prob^(x^shape) - prob^((x + 1)^shape)), for x = 0, 1, 2, ...
Source: Nakagawa & Osaki (1975), IEEE Transactions on Reliability R-24; Johnson, Kemp & Kotz (2005), sec. 11.2.12.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.numerics.double_exponential import log1mexpexp
from ppl.numerics.masks import minus_inf_outside
from ppl.supports.continuous import positive, unit_interval
from ppl.supports.discrete import nonnegative_integer


def log_prob(x: Array, prob: Array, shape: Array) -> Array:
    """Log probability of x."""
    possible = (prob > 0) & (prob < 1)
    safe = choose(possible, prob, 0.5)
    rate = -np.log(safe)

    def inside(x: Array) -> Array:
        first = x == 0
        some = choose(first, 1.0, x)
        # The hazard's growth from x to x + 1, (x + 1)^shape - x^shape, by what comes on top of the first.
        growth = shape * np.log1p(1.0 / some)
        steep = growth > 30
        on_top = choose(steep, growth, np.log(np.expm1(choose(steep, 1.0, growth))))
        log_hazard = np.log(rate) + shape * np.log(some) + on_top
        later = log1mexpexp(log_hazard) - np.exp(np.log(rate) + choose(first, 0.0, shape * np.log(some)))
        value = choose(first, np.log1p(-safe), later)
        return choose(possible, value, choose(first & (prob == 0), 0.0, -np.inf))

    return minus_inf_outside(nonnegative_integer.contains(x), x, 0, inside)


def sample(rng: onp.random.Generator, size: tuple[int, ...], /, prob: Array, shape: Array) -> Any:
    """Draws of the given shape."""
    return onp.floor((rng.standard_exponential(size) / -onp.log(prob)) ** (1.0 / onp.asarray(shape)))


def _log_hazard(x: Array, prob: Array, shape: Array) -> Array:
    return np.log(-np.log(prob)) + shape * np.log(np.floor(choose(x < 0, 0, x)) + 1.0)


def log_cdf(x: Array, prob: Array, shape: Array) -> Array:
    """Log of P(X <= x)."""
    return choose(x < 0, -np.inf, log1mexpexp(_log_hazard(x, prob, shape)))


def log_sf(x: Array, prob: Array, shape: Array) -> Array:
    """Log of P(X > x)."""
    return choose(x < 0, 0.0, -np.exp(_log_hazard(x, prob, shape)))


def oracle(x: Any, prob: Any, shape: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    rate = -mp.log(prob)
    with mp.workdps(3 * mp.mp.dps):
        steps = x**shape * mp.expm1(shape * mp.log1p(1 / x)) if x else 1
        last = rate * steps > 10_000  # then nobody lives on, to thousands of digits
        return -rate * x**shape + (0 if last else mp.log(-mp.expm1(-rate * steps)))


distribution = Distribution(
    forms=((Parameter("prob", unit_interval), Parameter("shape", positive)),),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"prob": 0.7, "shape": 1.5},
        {"prob": onp.array([[0.3], [0.95]]), "shape": onp.array([0.8, 1.0, 2.5])},
    ),
)
