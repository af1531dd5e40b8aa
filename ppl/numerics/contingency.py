"""Tables of two by two: their deviance from independence, and the log-gammas that go with their margins.

Beta-binomial, beta-negative-binomial and hypergeometric probabilities are products of gammas of the cells and
margins of such a table. In saddle-point form (Loader 2000) what is left of their x log x is the table's deviance,
made of one number: how far each cell is from its expected value. Where a cell is 0 the probability may be next to
1, and is had from a difference of differences of log-gammas that is itself free of cancellation.
"""

from __future__ import annotations

import numpy as onp

from ppl.numerics.count_deviance import count_deviance
from ppl.numerics.elementwise import Array, Elementwise, elementwise
from ppl.numerics.gamma_ratios import digamma_difference
from ppl.numerics.special import polygamma
from ppl.numerics.stirling import BERNOULLI, LARGE


def table_deviance(a: Array, b: Array, c: Array, d: Array) -> Array:
    """Sum over the cells of the table ((a, b), (c, d)) of cell log(cell / expected); plain numpy."""
    a, b, c, d = (onp.asarray(v, dtype=float) for v in (a, b, c, d))
    n = a + b + c + d
    # Products of counts are exact in 64 bits, and so is their difference, where 53 would not do.
    wide = [v.astype(onp.longdouble) for v in (a, b, c, d)]
    gap = onp.asarray((wide[1] * wide[2] - wide[0] * wide[3]) / n, dtype=float)
    total = count_deviance(a, (a + b) * ((a + c) / n), gap) + count_deviance(d, (c + d) * ((b + d) / n), gap)
    return total + (
        count_deviance(b, (a + b) * ((b + d) / n), -gap) + count_deviance(c, (c + d) * ((a + c) / n), -gap)
    )


def _crossed_power(m: int, a: Array, p: Array, q: Array, crossed: Array) -> Array:
    """a^-m + (a + r + b)^-m - (a + r)^-m - (a + b)^-m, a sum of positive terms."""
    corner = onp.expm1(-m * p) * onp.expm1(-m * q)
    return (corner + onp.exp(-m * (p + q)) * onp.expm1(m * crossed)) / a**m


def _shifted(a: Array, r: Array, b: Array, step: object) -> tuple[Array, Array, tuple[Array, Array, Array]]:
    a, r, b = onp.broadcast_arrays(*(onp.asarray(v, dtype=float) for v in (a, r, b)))
    total = onp.zeros(a.shape)
    while (small := a < LARGE).any():
        total = total + onp.where(small, step(a, r, b), 0.0)  # type: ignore[operator]
        a = onp.where(small, a + 1.0, a)
    return total, a, (onp.log1p(r / a), onp.log1p(b / a), onp.log1p(r / a * (b / (a + r + b))))


def _log_gamma_cross(a: Array, r: Array, b: Array) -> Array:
    with onp.errstate(all="ignore"):
        total, a, (p, q, crossed) = _shifted(a, r, b, lambda a, r, b: onp.log1p(r / a * (b / (a + r + b))))
        total = total + r * onp.log1p(b / (a + r)) + b * onp.log1p(r / (a + b)) - (a - 0.5) * crossed
        for k, bernoulli in enumerate(BERNOULLI, start=1):
            total = total + bernoulli / (2 * k * (2 * k - 1)) * _crossed_power(2 * k - 1, a, p, q, crossed)
        return total


def _digamma_cross(a: Array, r: Array, b: Array) -> Array:
    def step(a: Array, r: Array, b: Array) -> Array:
        return -(r / a) * (b / (a + b)) * ((2.0 * a + r + b) / (a + r + b)) / (a + r)

    with onp.errstate(all="ignore"):
        total, a, (p, q, crossed) = _shifted(a, r, b, step)
        total = total - crossed - 0.5 * _crossed_power(1, a, p, q, crossed)
        for k, bernoulli in enumerate(BERNOULLI, start=1):
            total = total - bernoulli / (2 * k) * _crossed_power(2 * k, a, p, q, crossed)
        return total


digamma_cross: Elementwise = elementwise(
    _digamma_cross,
    lambda _ans, a, r, b: (
        polygamma(1, a + r + b) + polygamma(1, a) - polygamma(1, a + r) - polygamma(1, a + b)
    ),
    lambda _ans, a, r, b: polygamma(1, a + r + b) - polygamma(1, a + r),
    lambda _ans, a, r, b: polygamma(1, a + r + b) - polygamma(1, a + b),
)
"""digamma(a + r + b) + digamma(a) - digamma(a + r) - digamma(a + b), for a > 0 and r, b >= 0."""

log_gamma_cross: Elementwise = elementwise(
    _log_gamma_cross,
    lambda _ans, a, r, b: digamma_cross(a, r, b),
    lambda _ans, a, r, b: digamma_difference(a + r, b),
    lambda _ans, a, r, b: digamma_difference(a + b, r),
)
"""log Gamma(a + r + b) + log Gamma(a) - log Gamma(a + r) - log Gamma(a + b), for a > 0 and r, b >= 0."""
