"""SkewStudentT(loc, scale, a, b)

A bell whose tails fall like |x|^-(2 a + 1) to the left and x^-(2 b + 1) to the right: StudentT(2 a, loc, scale) for
a = b. Its place on the line, p = (1 + t / sqrt(a + b + t²)) / 2, is Beta(a, b), with t = (x - loc) / scale.
log p(x) = (a + 1/2) log(2 p) + (b + 1/2) log(2 (1 - p)) - (a + b - 1) log 2 - log B(a, b) - log(a + b) / 2 - log scale
Source: Jones & Faddy (2003), Journal of the Royal Statistical Society B 65, 159-174.
Evaluated in saddle-point form, with the deviance of the pair (a, b) from p: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, LocationScale, Parameter
from ppl.numerics.gamma_ratios import lbeta
from ppl.numerics.incomplete_beta import log_betainc_of_odds
from ppl.numerics.saddle_point import HALF_LOG_2PI, deviance, stirling_remainder
from ppl.supports.continuous import positive, real

LOG_2 = 0.6931471805599453


def _odds(x: Array, loc: Array, scale: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """p / (1 - p), which is (s + sqrt(1 + s²))² for s = t / sqrt(a + b), and sqrt(1 + s²)."""
    s = (x - loc) / (scale * np.sqrt(a + b))
    size = np.abs(s)
    length = np.sqrt(1.0 + size * size)
    half = size + length
    return np.where(s < 0, half**-2.0, half**2.0), length


def log_prob(x: Array, loc: Array, scale: Array, a: Array, b: Array) -> Array:
    """Log density."""
    odds, length = _odds(x, loc, scale, a, b)
    n = a + b
    remainders = stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(n)
    deviances = deviance(a, n / (1.0 + 1.0 / odds)) + deviance(b, n / (1.0 + odds))
    height = 0.5 * (np.log(a) + np.log(b)) - np.log(n) - np.log(scale) + LOG_2 - HALF_LOG_2PI
    return height - np.log(length) - remainders - deviances


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], loc: Array, scale: Array, a: Array, b: Array
) -> Any:
    """Draws of the given shape, by the odds of a beta variable."""
    up, down = rng.standard_gamma(a, shape), rng.standard_gamma(b, shape)
    return loc + scale * 0.5 * onp.sqrt(onp.asarray(a) + b) * (up - down) / onp.sqrt(up * down)


def log_cdf(x: Array, loc: Array, scale: Array, a: Array, b: Array) -> Array:
    """Log of P(X <= x)."""
    return log_betainc_of_odds(a, b, _odds(x, loc, scale, a, b)[0])


def log_sf(x: Array, loc: Array, scale: Array, a: Array, b: Array) -> Array:
    """Log of P(X > x)."""
    return log_betainc_of_odds(b, a, _odds(-x, -loc, scale, a, b)[0])


def mean(loc: Array, scale: Array, a: Array, b: Array) -> Array:
    """NaN where a tail is too heavy: for a or b <= 1/2."""
    light = (a > 0.5) & (b > 0.5)
    safe_a, safe_b = np.where(light, a, 1.0), np.where(light, b, 1.0)
    ratio = np.exp(lbeta(safe_a - 0.5, safe_b - 0.5) - lbeta(safe_a, safe_b))
    # B(a - 1/2, b - 1/2) / B(a, b) (a - b) / (a + b - 1) times sqrt(a + b) / 2
    lean = (safe_a - safe_b) / (safe_a + safe_b - 1.0)
    return np.where(light, loc + scale * 0.5 * np.sqrt(safe_a + safe_b) * ratio * lean, np.nan)


def oracle(x: Any, loc: Any, scale: Any, a: Any, b: Any) -> Any:
    """The formula of the source, in mpmath."""
    import mpmath as mp

    t = (x - loc) / scale
    far = 1 + abs(t) / mp.sqrt(a + b + t**2)
    near = (a + b) / ((a + b + t**2) * far)  # 1 - |t| / sqrt(a + b + t²)
    left, right = (far, near) if t > 0 else (near, far)
    tails = (a + mp.mpf(1) / 2) * mp.log(left) + (b + mp.mpf(1) / 2) * mp.log(right)
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    return tails - (a + b - 1) * mp.log(2) - log_beta - mp.log(a + b) / 2 - mp.log(scale)


distribution = Distribution(
    forms=(
        (
            Parameter("loc", real),
            Parameter("scale", positive),
            Parameter("a", positive),
            Parameter("b", positive),
        ),
    ),
    support=real,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    location_scale=(LocationScale("loc", "scale"),),
    examples=(
        {"loc": 0.0, "scale": 1.0, "a": 2.0, "b": 3.0},
        {
            "loc": 3.0,
            "scale": onp.array([0.5, 20.0]),
            "a": onp.array([[4.0], [0.7]]),
            "b": onp.array([2.0, 5.0]),
        },
    ),
)
