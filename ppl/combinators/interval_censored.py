"""IntervalCensored(distribution, high)

A draw that is only known to lie between the value and `high`, as in `seen ~ IntervalCensored(Weibull(k, s), missed)`.
Both ends belong to the interval. Where `high` is `inf`, the draw is only known to be larger; where the value is `-inf`,
or the least that a draw can be, only to be smaller; where the two are equal, the draw is known.
log p(x) = log(F(high) - F(x)), the difference taken by the nearer tail; where high = x the density's
Source: Sun, The Statistical Analysis of Interval-Censored Failure Time Data (2006), sec. 1.2.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.combinators.truncated import HIGH, log_mass
from ppl.distributions import Distribution
from ppl.numerics.choose import choose
from ppl.supports import continuous, discrete

Array = Any


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The interval-censored form of an inner distribution, a density of the lower end."""

    def log_prob(x: Array, high: Array, **parameters: Array) -> Array:
        base = inner_arguments(parameters)
        wide = x <= high if inner.discrete else x < high
        mass = choose(wide, log_mass(inner, x, choose(wide, high, x), base), -np.inf)
        if inner.discrete:
            return mass
        known = np.isfinite(x) & (x == high)
        return choose(known, inner.log_prob(choose(known, x, _inner(x, high)), **base), mass)

    return Distribution(
        forms=((HIGH, *inner_parameters(inner)),),
        support=discrete.integer_less_than if inner.discrete else continuous.extended_less_than,
        log_prob=log_prob,
        ends=lambda high, **parameters: (high,),
        proper=False,
    )


def _inner(x: Array, high: Array) -> Array:
    """A finite number that stands in where an interval has one: what the density is there counts for nothing."""
    return choose(np.isfinite(x), x, choose(np.isfinite(high), high, 0.0))


combinator = Combinator((HIGH,), position=0, wrap=wrap, needs_cdf=True)
