"""Censored(distribution, low, high)

A draw that is only known to lie at or beyond an end where it equals that end, as in
`t ~ Censored(Weibull(k, s), high = limit)`.
log p(x) = log F(low) where x <= low; log(1 - F(high)) where x >= high (of counts log P(X >= high)); else the density's
Source: Klein & Moeschberger, Survival Analysis (2003), sec. 3.5.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.distributions import Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.supports import continuous

Array = Any
LOW = Parameter("low", continuous.real)
HIGH = Parameter("high", continuous.real)


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The censored form of an inner distribution; `given` says which ends there are."""
    log_cdf, log_sf = inner.log_cdf, inner.log_sf

    def log_prob(x: Array, **parameters: Array) -> Array:
        base = inner_arguments(parameters)
        value = inner.log_prob(x, **base)
        if "low" in given:
            assert log_cdf is not None
            low = parameters["low"]
            value = choose(x <= low, log_cdf(low, **base), value)
        if "high" in given:
            assert log_sf is not None
            high = parameters["high"]
            beyond = log_sf(high, **base)
            if inner.discrete:
                beyond = np.logaddexp(beyond, inner.log_prob(high, **base))
            value = choose(x >= high, beyond, value)
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
