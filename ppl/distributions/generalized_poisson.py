"""GeneralizedPoisson(rate, dispersion)

Sizes of families: `rate` founders, each member with `dispersion` < 1 children on average; Poisson for dispersion 0.
log p(x) = log rate + (x - 1) log m - m - log x! with m = rate + dispersion x, for x = 0, 1, 2, ...
Source: Consul, Generalized Poisson Distributions (1989); Johnson, Kemp & Kotz (2005), sec. 7.2.6.
Evaluated in saddle-point form, by the deviance of x from m: Loader (2000). The distribution function is a sum.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.count_deviance import count_deviance
from ppl.numerics.elementwise import elementwise
from ppl.numerics.logistic import log1mexp
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.running_sums import log_sum_below
from ppl.numerics.saddle_point import factorial_remainder
from ppl.supports.continuous import positive, unit_interval
from ppl.supports.discrete import nonnegative_integer

GENERATIONS = 5_000  # after which the dispersion is too close to 1 to wait for the end


def _log_mass(x: Array, rate: Array, dispersion: Array) -> Array:
    with onp.errstate(all="ignore"):
        m = rate + dispersion * x
        d = rate - (1.0 - onp.asarray(dispersion)) * x
        usual = -onp.log1p(dispersion * x / rate) - count_deviance(x, m, d) - factorial_remainder(x)
        return onp.where(onp.asarray(x) == 0, -rate * onp.ones(onp.shape(usual)), usual)


def _by_rate(_ans: Array, x: Array, rate: Array, dispersion: Array) -> Array:
    m = rate + dispersion * x
    return np.where(x == 0, -1.0, dispersion * x / (rate * m) + ((1.0 - dispersion) * x - rate) / m)


def _by_dispersion(_ans: Array, x: Array, rate: Array, dispersion: Array) -> Array:
    return x * ((1.0 - dispersion) * x - rate - 1.0) / (rate + dispersion * x)


log_mass = elementwise(_log_mass, None, _by_rate, _by_dispersion)


def log_prob(x: Array, rate: Array, dispersion: Array) -> Array:
    """Log probability of x."""
    return minus_inf_outside(nonnegative_integer.contains(x), x, 0, lambda x: log_mass(x, rate, dispersion))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], rate: Array, dispersion: Array) -> Any:
    """Draws of the given shape: generation by generation, until all families have died out."""
    born = rng.poisson(rate, shape)
    total = onp.array(born)
    for _generation in range(GENERATIONS):
        if not onp.any(born):
            return total[()]
        born = rng.poisson(dispersion * born)
        total = total + born
    raise ValueError("families with a dispersion next to 1 take too long to die out")


def log_cdf(x: Array, rate: Array, dispersion: Array) -> Array:
    """Log of P(X <= x)."""
    return log_sum_below(log_prob, x, rate=rate, dispersion=dispersion)


def log_sf(x: Array, rate: Array, dispersion: Array) -> Array:
    """Log of P(X > x)."""
    return log1mexp(log_cdf(x, rate, dispersion))


def oracle(x: Any, rate: Any, dispersion: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    m = rate + dispersion * x
    return mp.log(rate) + (x - 1) * mp.log(m) - m - mp.loggamma(x + 1)


distribution = Distribution(
    forms=((Parameter("rate", positive), Parameter("dispersion", unit_interval)),),
    support=nonnegative_integer,
    log_prob=log_prob,
    sample=sample,
    mean=lambda rate, dispersion: rate / (1.0 - dispersion),
    variance=lambda rate, dispersion: rate / (1.0 - dispersion) ** 3,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"rate": 3.0, "dispersion": 0.2},
        {"rate": onp.array([[0.3], [20.0]]), "dispersion": onp.array([0.05, 0.5])},
    ),
)
