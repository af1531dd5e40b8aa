"""What the saddle point leaves over of a difference of two Poisson counts: log of an integral that varies like a log.

With s = a + b for the counts a and b expected once the difference k = a - b is known,
    G(s, k) = log (1 / 2 pi) integral over (-pi, pi) of exp(-s (1 - cos t)) cos(k (t - sin t)) dt
            = log I_k(z) - s + k log((s + k) / z) with z² = s² - k².
Near 0 by the trapezoidal rule, which converges exponentially on a whole period; far out as -log(2 pi s) / 2 and the
uniform expansion of the Bessel function, in powers of 1 / s with polynomials in (k / s)² (Abramowitz & Stegun 9.7.7).
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.pieces import polynomial

FAR = 60.0
NODES = 51  # of half a period: 100 steps alias with differences that are 10 sds and more away where s < FAR
TERMS = 11
LOG_2PI = 1.8378770664093453


def _debye(terms: int) -> list[list[float]]:
    """The coefficients of u_j(t) / t^j by powers of t², for j = 1, 2, ... (Abramowitz & Stegun 9.3.10)."""
    u = [1.0]  # u_j by powers of t
    found = []
    for j in range(1, terms):
        after = [0.0] * (3 * j + 1)
        for power, c in enumerate(u):
            after[power + 1] += c * (power / 2 + 1 / (8 * (power + 1)))
            after[power + 3] -= c * (power / 2 + 5 / (8 * (power + 3)))
        u = after
        found.append(u[j::2])
    return found


_SERIES = _debye(TERMS)
_T = onp.linspace(0.0, onp.pi, NODES)
_FALL = 2.0 * onp.sin(0.5 * _T) ** 2
_LAG = _T - onp.sin(_T)
_WEIGHT = onp.full(NODES, 1.0 / (NODES - 1))
_WEIGHT[[0, -1]] *= 0.5


def _near(s: Array, k: Array, order: int) -> Array:
    """The integral's logarithm, or its derivatives by s: cumulants of the fall."""
    wave = onp.cos(k[..., None] * _LAG) * _WEIGHT
    decay = -s[..., None] * _FALL
    if order == 0:  # 1 and what is missing from it, so that a small shortfall keeps its digits where k is 0
        missing = onp.where(k == 0, 0.0, onp.sum(wave, axis=-1) - 1.0)
        return onp.log1p(onp.sum(onp.expm1(decay) * wave, axis=-1) + missing)
    terms = onp.exp(decay) * wave
    total = onp.sum(terms, axis=-1)
    first = onp.sum(terms * _FALL, axis=-1) / total
    return -first if order == 1 else onp.sum(terms * _FALL**2, axis=-1) / total - first**2


def _far(s: Array, k: Array, order: int) -> Array:
    share = (k / s) ** 2
    powers = range(1, TERMS)
    parts = [polynomial(c, share) / s**j for j, c in zip(powers, _SERIES, strict=True)]
    rest = sum(parts)
    if order == 0:
        return onp.log1p(rest) - 0.5 * (onp.log(s) + LOG_2PI)
    # t moves too, by dt/ds = -t / s: every power of s and of t² brings its own factor down.
    moved, again = 0.0, 0.0
    for j, c in zip(powers, _SERIES, strict=True):
        slopes = [-(j + 2 * m) * one for m, one in enumerate(c)]
        moved = moved + polynomial(slopes, share) / s ** (j + 1)
        bends = [(j + 2 * m) * (j + 2 * m + 1) * one for m, one in enumerate(c)]
        again = again + polynomial(bends, share) / s ** (j + 2)
    slope = moved / (1.0 + rest)
    return slope - 0.5 / s if order == 1 else again / (1.0 + rest) - slope**2 + 0.5 / s**2


def _left_over(s: Array, k: Array, order: int = 0) -> Array:
    s, k = onp.broadcast_arrays(onp.asarray(s, dtype=float), onp.asarray(k, dtype=float))
    out = onp.empty(s.shape)
    far = s >= FAR
    out[far] = _far(s[far], k[far], order)
    out[~far] = _near(s[~far], k[~far], order)
    return out[()]


def _next_order(_ans: Array, s: Array, k: Array, order: int = 0) -> Array:
    return left_over(s, k, order + 1)


left_over: Elementwise = elementwise(_left_over, _next_order, None, None)
"""G(s, k) for s >= |k|, or its first or second derivative by s."""


def expected(k: Array, rate1: Array, rate2: Array) -> tuple[Array, Array, Array]:
    """s = a + b, a and b, with a - b = k and a b = rate1 rate2: the counts that make up a difference k."""
    k = onp.asarray(k, dtype=float)
    product = rate1 * rate2
    s = np.sqrt(k * k + 4.0 * product)
    larger = 0.5 * (np.abs(k) + s)
    smaller = product / np.where(larger == 0, 1.0, larger)
    return s, np.where(k >= 0, larger, smaller), np.where(k >= 0, smaller, larger)
