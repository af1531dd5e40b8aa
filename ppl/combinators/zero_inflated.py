"""ZeroInflated(prob, distribution)

A count that is 0 for a reason of its own with probability `prob`, else a draw of the distribution (which may be 0 too).
p(0) = prob + (1 - prob) p_base(0);  p(x) = (1 - prob) p_base(x) for x > 0
Source: Lambert (1992), Technometrics 34, 1-14.
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
PROB = Parameter("prob", continuous.unit_interval)


def safe_log(p: Array) -> Array:
    """log p, -inf where p is 0, with gradient 0 there."""
    return choose(p > 0, np.log(choose(p > 0, p, 1.0)), -np.inf)


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The zero-inflated form of a distribution of counts."""

    def log_prob(x: Array, prob: Array, **rest: Array) -> Array:
        log_base = safe_log(1.0 - prob) + inner.log_prob(x, **inner_arguments(rest))
        log_zero = safe_log(prob)
        peak = np.maximum(log_base, log_zero)
        safe = choose(peak > -np.inf, peak, 0.0)
        both = np.log(np.exp(log_base - safe) + np.exp(log_zero - safe)) + safe
        return choose(x == 0, both, log_base)

    def sample(rng: Any, shape: tuple[int, ...], prob: Array, **rest: Array) -> Array:
        assert inner.sample is not None
        return onp.where(rng.random(shape) < prob, 0, inner.sample(rng, shape, **inner_arguments(rest)))

    def mean(prob: Array, **rest: Array) -> Array:
        assert inner.mean is not None
        return (1.0 - prob) * inner.mean(**inner_arguments(rest))

    return Distribution(
        forms=((PROB, *inner_parameters(inner)),),
        support=inner.support,
        log_prob=log_prob,
        sample=None if inner.sample is None else sample,
        ends=lambda prob, **rest: inner.ends(**inner_arguments(rest)),
        mean=None if inner.mean is None else mean,
    )


combinator = Combinator((PROB,), position=1, wrap=wrap, of_numbers=True, of_counts=True)
