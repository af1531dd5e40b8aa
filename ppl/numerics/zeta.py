"""The zeta function of Hurwitz, sum over k >= 0 of (k + q)^-s, by Euler's and Maclaurin's sum (DLMF 25.11.28).

The slope by s is the imaginary part at s + ih, as in `fractions`.
"""

from __future__ import annotations

import math

import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.fractions import STEP
from ppl.numerics.stirling import BERNOULLI

_FIRST = 12  # terms before the integral


def _scaled(s: Array, q: Array) -> Array:
    """q^s zeta(s, q) - 1, for complex s."""
    total = onp.zeros(onp.broadcast(s, q).shape, dtype=complex)
    for k in range(1, _FIRST):
        total = total + onp.exp(-s * onp.log1p(k / q))
    far = q + _FIRST
    last = onp.exp(-s * onp.log1p(_FIRST / q))
    total = total + last * (far / (s - 1.0) + 0.5)
    rising = s / far
    for k, bernoulli in enumerate(BERNOULLI, start=1):
        total = total + last * rising * (bernoulli / math.factorial(2 * k))
        rising = rising * ((s + 2 * k - 1) * (s + 2 * k) / far**2)
    return total


def _log_zeta(s: Array, q: Array) -> Array:
    s, q = onp.asarray(s, dtype=float), onp.asarray(q, dtype=float)
    return onp.log1p(_scaled(s, q).real) - s * onp.log(q)


def _by_s_value(s: Array, q: Array) -> Array:
    s, q = onp.asarray(s, dtype=float), onp.asarray(q, dtype=float)
    sums = _scaled(s + 1j * STEP, q)
    return sums.imag / STEP / (1.0 + sums.real) - onp.log(q)


def _curvature(_ans: Array, s: Array, q: Array) -> Array:
    h = 1e-5 * (s - 1.0)
    return (_by_s(s + h, q) - _by_s(s - h, q)) / (2.0 * h)


_by_s: Elementwise = elementwise(_by_s_value, _curvature, None, name="log_zeta_slope")

log_zeta: Elementwise = elementwise(_log_zeta, lambda _ans, s, q: _by_s(s, q), None)
"""log zeta(s, q) for s > 1 and q >= 1; the slope by q, which stands for counts, is left out."""
