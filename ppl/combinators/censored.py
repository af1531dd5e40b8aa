"""Censored(distribution, low, high)

A draw that is only known to lie at or beyond an end where it equals that end, as in
`t ~ Censored(Weibull(k, s), high = limit)`; with both ends, on either side. An end may differ from row to row, and is
`inf` (or `-inf`) for a row that it leaves alone: `limit[i] = if died then inf else t`.
log p(x) = log F(low) where x <= low; log(1 - F(high)) where x >= high (of counts log P(X >= high)); else the density's
Source: Klein & Moeschberger, Survival Analysis (2003), sec. 3.5.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.combinators.truncated import HIGH, LOW, log_mass
from ppl.distributions import Distribution
from ppl.numerics.choose import choose

Array = Any


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The censored form of an inner distribution; `given` says which ends there are."""

    def log_prob(x: Array, **parameters: Array) -> Array:
        base = inner_arguments(parameters)
        value = inner.log_prob(x, **base)
        if "low" in given:
            low = parameters["low"]
            value = choose(x <= low, log_mass(inner, None, low, base), value)
        if "high" in given:
            high = parameters["high"]
            value = choose(x >= high, log_mass(inner, high, None, base), value)
        return value

    def sample(rng: Any, shape: tuple[int, ...], **parameters: Array) -> Array:
        assert inner.sample is not None
        draws = inner.sample(rng, shape, **inner_arguments(parameters))
        return onp.clip(draws, parameters.get("low", -onp.inf), parameters.get("high", onp.inf))

    own = tuple(p for p in (LOW, HIGH) if p.name in given)
    return Distribution(
        forms=((*own, *inner_parameters(inner)),),
        support=inner.support,
        log_prob=log_prob,
        sample=None if inner.sample is None else sample,
        ends=lambda **parameters: inner.ends(**inner_arguments(parameters)),
    )


combinator = Combinator(
    (LOW, HIGH), position=0, wrap=wrap, optional=frozenset({"low", "high"}), needs_cdf=True
)
