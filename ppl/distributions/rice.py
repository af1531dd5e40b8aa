"""Rice(distance, scale)

The length of a vector of two Gaussians of standard deviation `scale` about a point at `distance` from the origin:
amplitudes of a signal in noise. Rayleigh(scale) for distance 0.
log p(x) = log x - 2 log scale - (x - distance)² / (2 scale²) + log(exp(-t) I0(t)) with t = x distance / scale²
Source: Rice (1945), Bell System Technical Journal 24; Johnson, Kotz & Balakrishnan, Continuous Univariate
Distributions 1 (1994), sec. 18.10 (Rayleigh, generalized).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.bessel import i0e, i1e
from ppl.numerics.circular import log_i0e
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.saddle_point import log_ratio
from ppl.supports.continuous import nonnegative, positive

ROOT_HALF_PI = 1.2533141373155003


def log_prob(x: Array, distance: Array, scale: Array) -> Array:
    """Log density."""

    def density(x: Array) -> Array:
        r = (x - distance) / scale
        return log_ratio(x, scale) - np.log(scale) - 0.5 * (r * r) + log_i0e((x / scale) * (distance / scale))

    return minus_inf_outside(x > 0, x, 1.0, density)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], distance: Array, scale: Array) -> Any:
    """Draws of the given shape."""
    return onp.hypot(distance + scale * rng.standard_normal(shape), scale * rng.standard_normal(shape))


def mean(distance: Array, scale: Array) -> Array:
    """scale sqrt(pi / 2) [(1 + 2 h) I0(h) + 2 h I1(h)] exp(-h) with h = distance² / (4 scale²)."""
    h = (0.5 * distance / scale) ** 2
    return scale * ROOT_HALF_PI * ((1.0 + 2.0 * h) * i0e(h) + 2.0 * h * i1e(h))


def oracle(x: Any, distance: Any, scale: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    t = x * distance / scale**2
    if t > 10**6:  # Hankel's series (Abramowitz & Stegun 9.7.1), which mpmath would not reach by summing
        term, total = mp.mpf(1), mp.mpf(1)
        for k in range(1, 40):
            term *= mp.mpf(2 * k - 1) ** 2 / (8 * k * t)
            total += term
        log_i0 = t - mp.log(2 * mp.pi * t) / 2 + mp.log(total)
    else:
        log_i0 = mp.log(mp.besseli(0, t))
    return mp.log(x) - 2 * mp.log(scale) - (x**2 + distance**2) / (2 * scale**2) + log_i0


distribution = Distribution(
    forms=((Parameter("distance", nonnegative), Parameter("scale", positive)),),
    support=nonnegative,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=lambda distance, scale: 2.0 * scale**2 + distance**2 - mean(distance, scale) ** 2,
    oracle=oracle,
    examples=(
        {"distance": 2.0, "scale": 1.0},
        {"distance": onp.array([[0.1], [30.0]]), "scale": onp.array([0.5, 4.0, 20.0])},
    ),
)
