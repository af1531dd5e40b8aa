"""Truncated(distribution, low, high)

A draw of the distribution given that it lies between the ends, which belong to it; either end may be left out,
or be infinite for some rows.
log p(x) = log p_base(x) - log(F(high) - F(low)), the difference taken by the nearer tail
Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), sec. 10.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.distributions import Distribution, Parameter
from ppl.numerics.choose import choose
from ppl.numerics.log_sums import logdiffexp
from ppl.supports import Support, continuous, discrete

Array = Any
LOW = Parameter("low", continuous.extended_real)
HIGH = Parameter("high", continuous.extended_real)
_LOG_HALF = -0.6931471805599453
ENDS: dict[Support, tuple[float, float]] = {
    continuous.positive: (0.0, onp.inf),
    continuous.nonnegative: (0.0, onp.inf),
    continuous.negative: (-onp.inf, 0.0),
    continuous.unit_interval: (0.0, 1.0),
    discrete.boolean: (0.0, 1.0),
    discrete.nonnegative_integer: (0.0, onp.inf),
    discrete.positive_integer: (1.0, onp.inf),
}


def log_mass(
    inner: Distribution, low: Array | None, high: Array | None, arguments: dict[str, Array]
) -> Array:
    """The log probability between two ends, at least one of which is there; both belong to the interval.

    An infinite end cuts nothing off, like one that is not there.
    """
    assert inner.log_cdf is not None
    assert inner.log_sf is not None
    if low is not None and inner.discrete:
        low = low - 1
    if low is None:
        return at_end(inner.log_cdf, high, arguments, low=-onp.inf, high=0.0)
    if high is None:
        return at_end(inner.log_sf, low, arguments, low=0.0, high=-onp.inf)
    below, over = (at_end(inner.log_cdf, end, arguments, low=-onp.inf, high=0.0) for end in (low, high))
    above, beyond = (at_end(inner.log_sf, end, arguments, low=0.0, high=-onp.inf) for end in (low, high))
    # Digits survive in the tail that is smaller.
    return choose(below > _LOG_HALF, logdiffexp(above, beyond), logdiffexp(over, below))


def at_end(
    log_tail: Callable[..., Array], end: Array, arguments: dict[str, Array], low: float, high: float
) -> Array:
    """The log of a tail at an end; `low` and `high` at -inf and inf, where formulas have no slopes."""
    finite = np.isfinite(end)
    if onp.all(finite):
        return log_tail(end, **arguments)
    value = log_tail(choose(finite, end, 0.0), **arguments)
    return choose(finite, value, choose(end > 0, high, low))


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The truncated form of an inner distribution; `given` says which ends there are."""

    def log_prob(x: Array, **parameters: Array) -> Array:
        base = inner_arguments(parameters)
        low, high = parameters.get("low"), parameters.get("high")
        inside = np.ones(np.shape(x), dtype=bool)
        if low is not None:
            inside = inside & (x >= low)
        if high is not None:
            inside = inside & (x <= high)
        return choose(inside, inner.log_prob(x, **base) - log_mass(inner, low, high, base), -np.inf)

    def ends(**parameters: Array) -> tuple[Array, ...]:
        base = dict(zip(inner.support.ends, inner.ends(**inner_arguments(parameters)), strict=True))
        known = ENDS.get(inner.support, (-onp.inf, onp.inf))
        low = parameters.get("low", -onp.inf)
        high = parameters.get("high", onp.inf)
        lower = np.maximum(base.get("lower", known[0]), low)
        upper = np.minimum(base.get("upper", known[1]), high)
        return tuple({"lower": lower, "upper": upper}[name] for name in support.ends)

    def sample(rng: Any, shape: tuple[int, ...], **parameters: Array) -> Array:
        """By rejection, element by element; an interval of tiny mass ends with what it has after many tries."""
        assert inner.sample is not None
        base = inner_arguments(parameters)
        low, high = parameters.get("low", -onp.inf), parameters.get("high", onp.inf)
        draws = inner.sample(rng, shape, **base)
        for _ in range(100_000):
            outside = (draws < low) | (draws > high)
            if not outside.any():
                break
            draws = onp.where(outside, inner.sample(rng, shape, **base), draws)
        return draws

    def log_cdf(x: Array, **parameters: Array) -> Array:
        base, low, high = inner_arguments(parameters), parameters.get("low"), parameters.get("high")
        x = x if high is None else np.minimum(x, high)
        start = x if low is None else np.maximum(x, low)
        below = log_mass(inner, low, start, base) - log_mass(inner, low, high, base)
        return below if low is None else choose(x < low, -np.inf, below)

    def log_sf(x: Array, **parameters: Array) -> Array:
        base, low, high = inner_arguments(parameters), parameters.get("low"), parameters.get("high")
        step = 1 if inner.discrete else 0
        start = x + step if low is None else np.maximum(x + step, low)
        start = start if high is None else np.minimum(start, high)
        above = log_mass(inner, start, high, base) - log_mass(inner, low, high, base)
        return above if high is None else choose(x >= high, -np.inf, above)

    support = _support(inner, given)
    own = tuple(p for p in (LOW, HIGH) if p.name in given)
    return Distribution(
        forms=((*own, *inner_parameters(inner)),),
        support=support,
        log_prob=log_prob,
        sample=None if inner.sample is None else sample,
        ends=ends,
        log_cdf=log_cdf,
        log_sf=log_sf,
        proper=inner.proper,
    )


def _support(inner: Distribution, given: tuple[str, ...]) -> Support:
    if inner.discrete:
        known = ENDS.get(inner.support, (-onp.inf, onp.inf))
        bounded = ("high" in given or "upper" in inner.support.ends or known[1] < onp.inf) and (
            "low" in given or "lower" in inner.support.ends or known[0] > -onp.inf
        )
        return discrete.integer_interval if bounded else inner.support
    known = ENDS.get(inner.support, (-onp.inf, onp.inf))
    has_low = "low" in given or "lower" in inner.support.ends or known[0] > -onp.inf
    has_high = "high" in given or "upper" in inner.support.ends or known[1] < onp.inf
    if inner.support in continuous.MAYBE_OPEN:
        return continuous.any_interval
    if has_low and has_high:
        return continuous.interval
    return continuous.greater_than if has_low else continuous.less_than


combinator = Combinator(
    (LOW, HIGH), position=0, wrap=wrap, optional=frozenset({"low", "high"}), needs_cdf=True
)
