"""The series and continued fractions behind the incomplete gamma and beta functions, at complex parameters.

Abramowitz & Stegun 6.5.29, 6.5.31 and 26.5.8. Evaluated at a + ih with a tiny h, the imaginary part over h is
the slope by a, exact to the last bits since nothing is subtracted (Squire & Trapp 1998).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ppl.numerics.elementwise import Array

STEP = 1e-30
_MOST_TERMS = 20_000  # the number needed grows like the root of the parameters


def _settled(change: Array, total: Array) -> bool:
    small = np.abs(change) <= 3e-16 * np.abs(total)
    small &= np.abs(change.imag) <= 1e-14 * np.abs(total.imag)
    return bool((small | ~np.isfinite(total)).all())


def _lentz(start: Array, steps: Callable[[int], tuple[Array, Array]]) -> Array:
    """1 / (start + p1 / (q1 + p2 / (q2 + ...))) with (pk, qk) = steps(k), by Lentz's method."""
    c = np.full(np.shape(start), 1e300, dtype=complex)
    d = total = 1.0 / start
    for k in range(1, _MOST_TERMS):
        p, q = steps(k)
        d = q + p * d
        c = q + p / c
        d = 1.0 / np.where(d == 0, 1e-300, d)
        c = np.where(c == 0, 1e-300, c)
        change = total * (c * d - 1.0)
        total = total + change
        if _settled(change, total):
            break
    return total


def lower_gamma_series(a: Array, x: Array) -> Array:
    """Sum of x^k / ((a + 1) ... (a + k)); quick for x < a + 1."""
    term = total = np.ones(np.broadcast(a, x).shape, dtype=complex)
    for k in range(1, _MOST_TERMS):
        term = term * (x / (a + k))
        total = total + term
        if _settled(term, total):
            break
    return total


def upper_gamma_fraction(a: Array, x: Array) -> Array:
    """Gamma(a, x) exp(x) / x^a; quick for x > a + 1."""
    start = x + 1.0 - a + 0j
    return _lentz(start, lambda k: (-k * (k - a), start + 2 * k))


def beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """I_x(a, b) a B(a, b) / (x^a (1 - x)^b); quick for x < (a + 1) / (a + b + 2)."""

    def steps(k: int) -> tuple[Array, Array]:
        m = k // 2
        if k % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    return _lentz(np.ones(np.broadcast(a, b, x).shape, dtype=complex), steps)
