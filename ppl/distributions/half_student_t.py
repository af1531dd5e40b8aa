"""HalfStudentT(df, scale)

The absolute value of a StudentT(df, 0, scale).
log p(x) = log 2 + log p of StudentT(df, 0, scale) at x, for x >= 0
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2 (1995), ch. 28;
as a prior for scales: Gelman (2006), Bayesian Analysis 1(3).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.gamma_ratios import log_gamma_half_step
from ppl.numerics.incomplete_beta import log_half_student_cdf, log_student_cdf
from ppl.numerics.masks import minus_inf_outside, zero_outside
from ppl.numerics.student import student_kernel
from ppl.supports.continuous import nonnegative, positive

LOG_ROOT_2_OVER_PI = -0.2257913526447274
LOG_2 = 0.6931471805599453


def log_prob(x: Array, df: Array, scale: Array) -> Array:
    """Log density."""
    height = log_gamma_half_step(0.5 * df) - (np.log(scale) - LOG_ROOT_2_OVER_PI)
    return minus_inf_outside(x >= 0, x, 1.0, lambda x: height - student_kernel(x / scale, df))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return scale * onp.abs(rng.standard_t(df, shape))


def log_cdf(x: Array, df: Array, scale: Array) -> Array:
    """Log of P(X <= x)."""
    return minus_inf_outside(x > 0, x, 1.0, lambda x: log_half_student_cdf(x / scale, df))


def log_sf(x: Array, df: Array, scale: Array) -> Array:
    """Log of P(X > x)."""
    return zero_outside(x > 0, x, 1.0, lambda x: LOG_2 + log_student_cdf(-x / scale, df))


def oracle(x: Any, df: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    log_height = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2 - mp.log(scale)
    return mp.log(2) + log_height - (df + 1) / 2 * mp.log(1 + (x / scale) ** 2 / df)


def mean(df: Array, scale: Array) -> Array:
    """Infinite for df <= 1."""
    ratio = np.exp(log_gamma_half_step(0.5 * df) + LOG_ROOT_2_OVER_PI)
    return np.where(df > 1, scale * ratio * (df / np.where(df > 1, df - 1.0, 1.0)), np.inf)


def variance(df: Array, scale: Array) -> Array:
    """Infinite for 1 < df <= 2, NaN for df <= 1."""
    light = df > 2
    square = scale**2 * (df / np.where(light, df - 2.0, 1.0))
    centre = np.where(light, mean(np.where(light, df, 3.0), scale), 0.0)
    return np.where(light, square - centre**2, np.where(df > 1, np.inf, np.nan))


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("scale", positive)),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"df": 4.0, "scale": 1.0},
        {"df": onp.array([[0.7], [2.5], [30.0]]), "scale": onp.array([0.5, 20.0])},
    ),
)
