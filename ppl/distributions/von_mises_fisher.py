"""VonMisesFisher(direction, concentration)

Directions in K dimensions, vectors of length 1 around `direction`: uniform for concentration 0, and where that is large
like a Gaussian of standard deviation 1 / sqrt(concentration) on the tangent plane. VonMises in the plane, as a vector.
log p(x) = concentration direction·x + (K/2 - 1) log concentration - K/2 log(2 pi) - log I_(K/2 - 1)(concentration), per
area of the sphere
Source: Mardia & Jupp, Directional Statistics (2000), sec. 9.3.2; draws by Wood (1994), Communications in Statistics:
Simulation and Computation 23.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.special import from_scipy
from ppl.numerics.sphere import log_mean_fall, mean_cosine
from ppl.supports.continuous import nonnegative
from ppl.supports.vectors import unit_vector

LOG_2 = 0.6931471805599453
LOG_PI = 1.1447298858494002


def _log_area(size: int) -> float:
    return LOG_2 + 0.5 * size * LOG_PI - float(from_scipy("gammaln", 0.5 * size))


def log_prob(x: Array, direction: Array, concentration: Array) -> Array:
    """Log density, x (..., K) -> (...)."""
    size = np.shape(x)[-1]
    gap = x - direction  # 1 - direction·x is half its square, without the cancellation
    fall = 0.5 * np.sum(gap * gap, axis=-1)
    value = -concentration * fall - log_mean_fall(0.5 * size - 1.0, concentration) - _log_area(size)
    return np.where(unit_vector.contains(x), value, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], direction: Array, concentration: Array) -> Any:
    """Draws of the given shape: a cosine by rejection, any direction across, and a reflection."""
    size, batch = shape[-1], shape[:-1]
    k = onp.broadcast_to(onp.asarray(concentration, dtype=float), batch)
    b = (size - 1.0) / (2.0 * k + onp.hypot(2.0 * k, size - 1.0))
    peak = (1.0 - b) / (1.0 + b)
    top = k * peak + (size - 1.0) * onp.log1p(-(peak**2))
    cosine, open_ones = onp.zeros(batch), onp.ones(batch, dtype=bool)
    while open_ones.any():
        z = rng.beta(0.5 * (size - 1.0), 0.5 * (size - 1.0), batch)
        w = (1.0 - (1.0 + b) * z) / (1.0 - (1.0 - b) * z)
        weight = k * w + (size - 1.0) * onp.log1p(-peak * w) - top
        accepted = open_ones & (weight >= -rng.standard_exponential(batch))
        cosine = onp.where(accepted, w, cosine)
        open_ones = open_ones & ~accepted
    across = rng.standard_normal((*batch, size - 1))
    across = across / onp.linalg.norm(across, axis=-1, keepdims=True)
    rest = onp.sqrt(onp.maximum(1.0 - cosine**2, 0.0))[..., None] * across
    x = onp.concatenate([cosine[..., None], rest], axis=-1)
    # The reflection that takes the first axis to the direction.
    mirror = onp.eye(size)[0] - direction
    square = onp.sum(mirror * mirror, axis=-1, keepdims=True)
    along = onp.sum(mirror * x, axis=-1, keepdims=True) / onp.where(square > 0, square, 1.0)
    x = x - 2.0 * along * mirror
    return x / onp.linalg.norm(x, axis=-1, keepdims=True)


def mean(direction: Array, concentration: Array) -> Array:
    """The direction, shortened to the mean cosine."""
    size = np.shape(direction)[-1]
    return np.expand_dims(mean_cosine(0.5 * size - 1.0, concentration), -1) * direction


def oracle(x: Any, direction: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    half = mp.mpf(len(x)) / 2
    cosine = mp.fsum(a * b for a, b in zip(x, direction, strict=True))
    log_bessel = mp.log(mp.besseli(half - 1, concentration))
    power = (half - 1) * mp.log(concentration)
    return concentration * cosine + power - half * mp.log(2 * mp.pi) - log_bessel


distribution = Distribution(
    forms=((Parameter("direction", unit_vector, 1), Parameter("concentration", nonnegative)),),
    support=unit_vector,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    oracle=oracle,
    examples=(
        {"direction": onp.array([0.6, 0.0, -0.8]), "concentration": 4.0},
        {"direction": onp.array([[1.0, 0.0], [0.8, 0.6]]), "concentration": onp.array([[0.3], [90.0]])},
        {"direction": onp.array([0.5, -0.5, 0.5, 0.5]), "concentration": 20.0},
    ),
)
