"""What Stirling's formula leaves over of log Gamma: remainders that vary like a logarithm at most.

Far out by the asymptotic series (Abramowitz & Stegun 6.1.41), exact to the last bit from LARGE on; near 0
from log Gamma itself; in between as the logarithm, taken last, of a quotient near 1.
"""

from __future__ import annotations

import math

import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.special import from_scipy

HALF_LOG_2PI = 0.9189385332046727
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
LARGE = 9.0


def _stirling(x: Array, order: int) -> Array:
    """The `order`-th derivative of the sum of B_2k / (2k (2k - 1) x^(2k - 1))."""
    inverse_square = 1.0 / (x * x)
    total = onp.zeros(onp.shape(x))
    for k in range(len(BERNOULLI), 0, -1):
        power = 2 * k - 1
        rising = (-1) ** order * math.prod(range(power, power + order))
        total = total * inverse_square + BERNOULLI[k - 1] * rising / (2 * k * power)
    return total / x / x**order


def _stirling_remainder(x: Array, order: int = 0) -> Array:
    x = onp.asarray(x, dtype=float)
    with onp.errstate(all="ignore"):
        large = _stirling(onp.maximum(x, LARGE), order)
        if (x >= LARGE).all():
            return large
        return onp.where(x >= LARGE, large, _small_remainder(onp.minimum(x, LARGE), order))


def _small_remainder(x: Array, order: int) -> Array:
    if order == 0:
        # In the middle the logarithm is taken last, of a quotient near 1; by 0 it would lose its own digits.
        middle = onp.log(from_scipy("gamma", x) * onp.exp(x) / x**x * onp.sqrt(x)) - HALF_LOG_2PI
        tiny = from_scipy("gammaln", x) - (x - 0.5) * onp.log(x) + x - HALF_LOG_2PI
        return onp.where(x > 0.5, middle, tiny)
    if order == 1:
        return from_scipy("digamma", x) - onp.log(x) + 0.5 / x
    sign = (-1) ** order
    powers = sign * math.factorial(order - 2) * x ** (1.0 - order)
    return from_scipy("polygamma", order - 1, x) - powers - sign * 0.5 * math.factorial(order - 1) / x**order


stirling_remainder: Elementwise = elementwise(
    _stirling_remainder,
    lambda _ans, x, order=0: stirling_remainder(x, order + 1),
    None,
)
"""log Gamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2], or its `order`-th derivative."""


def _factorial_remainder(x: Array, order: int = 0) -> Array:
    x = onp.asarray(x, dtype=float)
    with onp.errstate(all="ignore"):
        safe = onp.maximum(x, LARGE)
        log_part = 0.5 * onp.log(safe) + HALF_LOG_2PI if order == 0 else _half_log_slope(safe, order)
        large = _stirling(safe, order) + log_part
        if (x >= LARGE).all():
            return large
        return onp.where(x >= LARGE, large, _small_factorial(onp.minimum(x, LARGE), order))


def _half_log_slope(x: Array, order: int) -> Array:
    return 0.5 * (-1) ** (order - 1) * math.factorial(order - 1) / x**order


def _small_factorial(x: Array, order: int) -> Array:
    if order == 0:
        middle = onp.log(from_scipy("gamma", x + 1.0) * onp.exp(x) / x**x)
        tiny = from_scipy("gammaln", x + 1.0) - onp.where(x == 0, 0.0, x * onp.log(x)) + x
        return onp.where(x > 0.5, middle, tiny)
    if order == 1:
        return from_scipy("digamma", x + 1.0) - onp.log(x)
    power = (-1) ** order * math.factorial(order - 2) * x ** (1.0 - order)
    return from_scipy("polygamma", order - 1, x + 1.0) - power


factorial_remainder: Elementwise = elementwise(
    _factorial_remainder,
    lambda _ans, x, order=0: factorial_remainder(x, order + 1),
    None,
)
"""log Gamma(x + 1) - x log x + x, or its `order`-th derivative; 0 at 0, about log(2 pi x) / 2 far out."""
