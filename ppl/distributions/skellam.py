"""Skellam(rate1, rate2)

The difference of two independent Poisson counts: goals for less goals against, changes of a count; mean rate1 - rate2.
log p(x) = -rate1 - rate2 + x/2 log(rate1 / rate2) + log I_|x|(2 sqrt(rate1 rate2)), for x = ..., -1, 0, 1, ...
Source: Skellam (1946), Journal of the Royal Statistical Society 109; Johnson, Kemp & Kotz, Univariate Discrete
Distributions (2005), sec. 4.12.3.
Evaluated in saddle-point form: by the deviances from the rates of the two counts that are expected once their
difference is known. Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.elementwise import elementwise
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import deviance
from ppl.numerics.skellam import expected, left_over
from ppl.supports.continuous import positive
from ppl.supports.discrete import integer


def _log_mass(x: Array, rate1: Array, rate2: Array) -> Array:
    total, first, second = expected(x, rate1, rate2)
    return left_over(total, x) - (deviance(first, rate1) + deviance(second, rate2))


# Along x = first - second the deviances are level, so the rates' own slopes are all that they have.
def _by_rate1(_ans: Array, x: Array, rate1: Array, rate2: Array) -> Array:
    total, first, _ = expected(x, rate1, rate2)
    return (first - rate1) / rate1 + _by_total(total, x) * (2.0 * rate2)


def _by_rate2(_ans: Array, x: Array, rate1: Array, rate2: Array) -> Array:
    total, _, second = expected(x, rate1, rate2)
    return (second - rate2) / rate2 + _by_total(total, x) * (2.0 * rate1)


def _by_total(total: Array, x: Array) -> Array:
    return left_over(total, x, 1) / total


log_mass = elementwise(_log_mass, None, _by_rate1, _by_rate2)


def log_prob(x: Array, rate1: Array, rate2: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(integer.contains(x), x, 0, lambda x: log_mass(x, rate1, rate2))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], rate1: Array, rate2: Array) -> Any:
    """Draws of the given shape."""
    return rng.poisson(rate1, shape) - rng.poisson(rate2, shape)


def oracle(x: Any, rate1: Any, rate2: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    order, half = abs(x), mp.sqrt(rate1 * rate2)
    # I_k(2 h) = h^k / k! 0F1(k + 1; h²), which mpmath sums for any k.
    log_bessel = (order * mp.log(half) if order else 0) - mp.loggamma(order + 1)
    log_bessel += mp.log(mp.hyp0f1(order + 1, half**2))
    return -rate1 - rate2 + x * mp.log(rate1 / rate2) / 2 + log_bessel


distribution = Distribution(
    forms=((Parameter("rate1", positive), Parameter("rate2", positive)),),
    support=integer,
    log_prob=log_prob,
    sample=sample,
    mean=lambda rate1, rate2: rate1 - rate2,
    variance=lambda rate1, rate2: rate1 + rate2 + np.zeros(np.shape(rate1)),
    oracle=oracle,
    examples=(
        {"rate1": 3.0, "rate2": 1.5},
        {"rate1": onp.array([[0.2], [8.0], [400.0]]), "rate2": onp.array([0.05, 5.0, 500.0])},
    ),
)
