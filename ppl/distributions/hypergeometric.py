"""Hypergeometric(n, good, bad)

How many of `n` things drawn without putting back are among the `good`, of good + bad in all.
log p(x) = log(good choose x) + log(bad choose n - x) - log(good + bad choose n),
for x = max(0, n - bad), ..., min(n, good)
Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), ch. 6.
Evaluated in saddle-point form, by the deviance of the table ((x, n - x), (good - x, bad - n + x)): Loader (2000).
The distribution function is a sum of at most n + 1 probabilities.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.contingency import log_gamma_cross, table_deviance
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.running_sums import log_sum_above, log_sum_below
from ppl.numerics.saddle_point import HALF_LOG_2PI, stirling_remainder
from ppl.supports.discrete import integer_interval, nonnegative_integer


def _ends(n: Array, good: Array, bad: Array) -> tuple[Array, Array]:
    return np.maximum(0, n - bad), np.minimum(n, good)


def _log_mass(x: Array, n: Array, good: Array, bad: Array) -> Array:
    x, n, good, bad = onp.broadcast_arrays(*(onp.asarray(v, dtype=float) for v in (x, n, good, bad)))
    with onp.errstate(all="ignore"):
        cells = (x, n - x, good - x, bad - n + x)
        rest = good + bad - n
        # Half the logarithms of all factorials' arguments, of which most would cancel, as that of one quotient.
        quotient = (good / cells[0]) * (n / cells[2]) * (bad / cells[1]) * (rest / cells[3]) / (good + bad)
        margins = (n, rest, good, bad)
        remainders = sum(stirling_remainder(m) for m in margins) - stirling_remainder(good + bad)
        remainders = remainders - sum(stirling_remainder(cell) for cell in cells)
        usual = 0.5 * onp.log(quotient) - HALF_LOG_2PI + remainders - table_deviance(*cells)
        # With an empty cell what is left is a product of ratios, from the cell across and its neighbours.
        across, beside = cells[::-1], ((cells[1], cells[2]), (cells[0], cells[3]))
        for place, cell in enumerate(cells):
            sides = beside[0] if place in (0, 3) else beside[1]
            usual = onp.where(cell == 0, -log_gamma_cross(across[place] + 1.0, *sides), usual)
        return usual


def log_prob(x: Array, n: Array, good: Array, bad: Array) -> Array:
    """Log probability of x."""
    lower, upper = _ends(n, good, bad)
    inside = integer_interval.contains(x, lower, upper)
    return minus_inf_outside(inside, x, lower, lambda x: _log_mass(x, n, good, bad))


def sample(rng: onp.random.Generator, shape: tuple[int, ...], n: Array, good: Array, bad: Array) -> Any:
    """Draws of the given shape."""
    drawn, found, others = (onp.asarray(v, dtype=int) for v in (n, good, bad))
    return rng.hypergeometric(found, others, drawn, shape)


def log_cdf(x: Array, n: Array, good: Array, bad: Array) -> Array:
    """Log of P(X <= x)."""
    some = log_sum_below(log_prob, np.minimum(x, n), n=n, good=good, bad=bad)
    return np.where(x >= np.minimum(n, good), 0.0, some)


def log_sf(x: Array, n: Array, good: Array, bad: Array) -> Array:
    """Log of P(X > x)."""
    return np.where(x < 0, 0.0, log_sum_above(log_prob, x, n, n=n, good=good, bad=bad))


def oracle(x: Any, n: Any, good: Any, bad: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    def log_choose(n: Any, k: Any) -> Any:
        return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)

    return log_choose(good, x) + log_choose(bad, n - x) - log_choose(good + bad, n)


def variance(n: Array, good: Array, bad: Array) -> Array:
    """n share (1 - share), less for what has been drawn already."""
    total = good + bad
    return n * (good / total) * (bad / total) * ((total - n) / np.maximum(total - 1.0, 1.0))


distribution = Distribution(
    forms=(tuple(Parameter(name, nonnegative_integer) for name in ("n", "good", "bad")),),
    support=integer_interval,
    ends=_ends,
    log_prob=log_prob,
    sample=sample,
    mean=lambda n, good, bad: n * (good / (good + bad)),
    variance=variance,
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"n": 10, "good": 7, "bad": 20},
        {"n": onp.array([[1], [20]]), "good": onp.array([3, 40, 400]), "bad": onp.array([30, 9, 200])},
    ),
)
