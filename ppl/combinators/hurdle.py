"""Hurdle(prob, distribution)

0 with probability `prob`; else a draw of the distribution given that it is not 0 (of a positive quantity: a draw).
p(0) = prob;  p(x) = (1 - prob) p_base(x) / (1 - p_base(0)) for x != 0, where p_base(0) is 0 for continuous ones
Source: Mullahy (1986), Journal of Econometrics 33, 341-365.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.combinators.zero_inflated import PROB, safe_log
from ppl.distributions import Distribution
from ppl.numerics.choose import choose
from ppl.numerics.logistic import log1mexp
from ppl.supports import continuous

Array = Any


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The hurdle form of an inner distribution."""

    def log_prob(x: Array, prob: Array, **rest: Array) -> Array:
        base = inner_arguments(rest)
        is_zero = x == 0
        if inner.discrete:
            zero = inner.log_prob(np.zeros(np.shape(x)), **base)
            value = inner.log_prob(x, **base) - log1mexp(zero)
        else:
            value = inner.log_prob(choose(is_zero, 1.0, x), **base)
        return choose(is_zero, safe_log(prob), safe_log(1.0 - prob) + value)

    def sample(rng: Any, shape: tuple[int, ...], prob: Array, **rest: Array) -> Array:
        assert inner.sample is not None
        base = inner_arguments(rest)
        draws = inner.sample(rng, shape, **base)
        for _ in range(10_000 if inner.discrete else 0):
            again = draws == 0
            if not again.any():
                break
            draws = onp.where(again, inner.sample(rng, shape, **base), draws)
        return onp.where(rng.random(shape) < prob, 0, draws)

    support = inner.support
    if support in (continuous.positive, continuous.nonnegative):
        support = continuous.nonnegative
    return Distribution(
        forms=((PROB, *inner_parameters(inner)),),
        support=support,
        log_prob=log_prob,
        sample=None if inner.sample is None else sample,
        ends=lambda prob, **rest: inner.ends(**inner_arguments(rest)),
    )


combinator = Combinator((PROB,), position=1, wrap=wrap, of_numbers=True)
