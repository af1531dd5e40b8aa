"""What Stirling's formula leaves over of log Gamma: remainders that vary like a logarithm at most.

Far out by the asymptotic series (Abramowitz & Stegun 6.1.41), exact to the last bit from LARGE on; near 0
from log Gamma itself; in between as the logarithm, taken last, of a quotient near 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as onp

from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.pieces import by_pieces, polynomial
from ppl.numerics.special import from_scipy

HALF_LOG_2PI = 0.9189385332046727
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
LARGE = 9.0

Formula = Callable[[Array], Array]


def _series(x: Array, order: int) -> Array:
    """The `order`-th derivative of the sum of B_2k / (2k (2k - 1) x^(2k - 1))."""
    sign = (-1) ** order
    coefficients = [
        sign * bernoulli * math.prod(range(2 * k - 1, 2 * k - 1 + order)) / (2 * k * (2 * k - 1))
        for k, bernoulli in enumerate(BERNOULLI, start=1)
    ]
    return polynomial(coefficients, 1.0 / (x * x)) / x ** (1 + order)


def _log_slope(x: Array, order: int) -> Array:
    """The `order`-th derivative of the logarithm."""
    return (-1) ** (order - 1) * math.factorial(order - 1) / x**order


def _three_pieces(x: Array, large: Formula, middle: Formula, tiny: Formula) -> Array:
    x = onp.asarray(x, dtype=float)
    is_large, is_tiny = x >= LARGE, x < 0.5
    with onp.errstate(all="ignore"):
        return by_pieces((x,), (is_large, large), (is_tiny, tiny), ((x >= 0.5) & ~is_large, middle))


def _stirling_remainder(x: Array, order: int = 0) -> Array:
    if order == 0:
        return _three_pieces(
            x,
            lambda x: _series(x, 0),
            lambda x: onp.log(from_scipy("gamma", x) * onp.exp(x) / x**x * onp.sqrt(x)) - HALF_LOG_2PI,
            lambda x: from_scipy("gammaln", x) - (x - 0.5) * onp.log(x) + x - HALF_LOG_2PI,
        )

    def near(x: Array) -> Array:
        if order == 1:
            return from_scipy("digamma", x) - onp.log(x) + 0.5 / x
        curved = from_scipy("polygamma", order - 1, x)
        return curved - _log_slope(x, order - 1) + 0.5 * _log_slope(x, order)

    return _three_pieces(x, lambda x: _series(x, order), near, near)


stirling_remainder: Elementwise = elementwise(
    _stirling_remainder,
    lambda _ans, x, order=0: stirling_remainder(x, order + 1),
    None,
)
"""log Gamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2], or its `order`-th derivative."""


def _factorial_remainder(x: Array, order: int = 0) -> Array:
    if order == 0:
        return _three_pieces(
            x,
            lambda x: _series(x, 0) + (0.5 * onp.log(x) + HALF_LOG_2PI),
            lambda x: onp.log(from_scipy("gamma", x + 1.0) * onp.exp(x) / x**x),
            lambda x: from_scipy("gammaln", x + 1.0) - onp.where(x == 0, 0.0, x * onp.log(x)) + x,
        )

    def near(x: Array) -> Array:
        if order == 1:
            return from_scipy("digamma", x + 1.0) - onp.log(x)
        return from_scipy("polygamma", order - 1, x + 1.0) - _log_slope(x, order - 1)

    return _three_pieces(x, lambda x: _series(x, order) + 0.5 * _log_slope(x, order), near, near)


factorial_remainder: Elementwise = elementwise(
    _factorial_remainder,
    lambda _ans, x, order=0: factorial_remainder(x, order + 1),
    None,
)
"""log Gamma(x + 1) - x log x + x, or its `order`-th derivative; 0 at 0, about log(2 pi x) / 2 far out."""
