"""StudentT(df, loc, scale)

The bell with tails like |x|^-(df + 1): Cauchy for df = 1, Normal as df grows.
log p(x) = log Gamma((df + 1) / 2) - log Gamma(df / 2) - log(pi df) / 2 - log scale
           - (df + 1) / 2 log(1 + ((x - loc) / scale)² / df)
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 28.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gamma_ratios import log_gamma_half_step
from ppl.numerics.incomplete_beta import log_student_cdf
from ppl.numerics.saddle_point import HALF_LOG_2PI
from ppl.numerics.student import student_kernel
from ppl.supports.continuous import positive, real


def log_prob(x: Array, df: Array, loc: Array, scale: Array) -> Array:
    """Log density."""
    height = log_gamma_half_step(0.5 * df) - (np.log(scale) + HALF_LOG_2PI)
    return height - student_kernel((x - loc) / scale, df)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, loc: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return loc + scale * rng.standard_t(df, shape)


def log_cdf(x: Array, df: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return log_student_cdf((x - loc) / scale, df)


def log_sf(x: Array, df: Array, loc: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return log_student_cdf((loc - x) / scale, df)


def oracle(x: Any, df: Any, loc: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    log_height = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2 - mp.log(scale)
    return log_height - (df + 1) / 2 * mp.log(1 + ((x - loc) / scale) ** 2 / df)


def mean(df: Array, loc: Array, scale: Array) -> Array:
    """`loc`, and NaN where there is none."""
    return np.where(df > 1, loc + 0.0 * scale, np.nan)


def variance(df: Array, loc: Array, scale: Array) -> Array:
    """Infinite for 1 < df <= 2, NaN for df <= 1."""
    heavy = np.where(df > 1, np.inf, np.nan)
    return np.where(df > 2, scale**2 * (df / np.where(df > 2, df - 2.0, 1.0)), heavy) + 0.0 * loc


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("loc", real), Parameter("scale", positive)),),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"df": 4.0, "loc": 0.0, "scale": 1.0},
        {"df": onp.array([[0.7], [2.5], [30.0], [1e8]]), "loc": 3.0, "scale": onp.array([0.5, 20.0])},
    ),
)
