"""ExponentiallyModifiedGaussian(loc, scale, rate)

Normal(loc, scale) plus Exponential(rate): reaction times, peaks with a tail to the right.
log p(x) = log rate + v²/2 - v r + log Phi(r - v) with r = (x - loc) / scale and v = rate scale
Source: Grushka (1972), Analytical Chemistry 44; Stan Functions Reference, "Exponentially modified normal".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import log1mexp
from ppl.numerics.mills import log_phi_shifted, log_tail_difference, log_weighted_phi_shifted
from ppl.numerics.normal import log_phi
from ppl.supports.continuous import positive, real


def log_prob(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    """Log density."""
    r, v = (x - loc) / scale, rate * scale
    # log rate is log v - log scale: of the three the two that don't cancel.
    narrow = v < 1
    exponential = np.log(rate) + log_phi_shifted(r, np.where(narrow, v, 1.0))
    return np.where(
        narrow, exponential, log_weighted_phi_shifted(r, np.where(narrow, 1.0, v)) - np.log(scale)
    )


def sample(rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array, rate: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.standard_normal(shape) + rng.standard_exponential(shape) / rate


def _log_upper(r: Array, v: Array) -> Array:
    return np.logaddexp(log_phi(-r), log_phi_shifted(r, v))


def log_cdf(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    """Log of P(X <= x)."""
    r, v = (x - loc) / scale, rate * scale
    left = r < 0
    near = np.where(left, r, -1.0)
    return np.where(
        left, log_tail_difference(-near, v - near), log1mexp(_log_upper(np.where(left, 0.0, r), v))
    )


def log_sf(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    """Log of P(X > x)."""
    r, v = (x - loc) / scale, rate * scale
    left = r < 0
    near = np.where(left, r, -1.0)
    below = log1mexp(log_tail_difference(-near, v - near))
    return np.where(left, below, _log_upper(np.where(left, 0.0, r), v))


def oracle(x: Any, loc: Any, scale: Any, rate: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    tail = mp.erfc((loc + rate * scale**2 - x) / (mp.sqrt(2) * scale))
    return mp.log(rate / 2) + rate / 2 * (2 * loc + rate * scale**2 - 2 * x) + mp.log(tail)


distribution = Distribution(
    forms=((Parameter("loc", real), Parameter("scale", positive), Parameter("rate", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=lambda loc, scale, rate: loc + 1.0 / rate + 0.0 * scale,
    variance=lambda loc, scale, rate: scale**2 + 1.0 / rate**2 + 0.0 * loc,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"loc": 0.0, "scale": 1.0, "rate": 1.0},
        {"loc": 2.0, "scale": onp.array([[0.1], [3.0]]), "rate": onp.array([0.05, 1.0, 20.0])},
    ),
)
