"""Mixture(weights, distribution)

With probability `weights[k]` a draw of the distribution whose parameters are those at k, along the axis of `weights`.
log p(x) = log sum_k weights[k] p_k(x)
Source: McLachlan & Peel, Finite Mixture Models (2000), ch. 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.combinators import Combinator, inner_arguments, inner_parameters
from ppl.distributions import Distribution, Parameter
from ppl.numerics.log_sums import logsumexp
from ppl.numerics.products import log_weight
from ppl.supports import vectors

Array = Any
WEIGHTS = Parameter("weights", vectors.simplex, event_rank=1)


def wrap(inner: Distribution, given: tuple[str, ...]) -> Distribution:
    """The mixture of an inner distribution along the last axis."""
    rank = inner.event_rank

    def component_wise(function: Callable[..., Array], event: int) -> Callable[..., Array]:
        def mixed(x: Array, weights: Array, **rest: Array) -> Array:
            shape = np.shape(x)
            cut = len(shape) - event
            spread = np.reshape(x, (*shape[:cut], 1, *shape[cut:]))
            return logsumexp(log_weight(weights) + function(spread, **inner_arguments(rest)), axis=-1)

        return mixed

    def sample(rng: Any, shape: tuple[int, ...], weights: Array, **rest: Array) -> Array:
        count = onp.shape(weights)[-1]
        batch, event = shape[: len(shape) - rank], shape[len(shape) - rank :]
        assert inner.sample is not None
        each = inner.sample(rng, (*batch, count, *event), **inner_arguments(rest))
        edges = onp.cumsum(onp.broadcast_to(weights, (*batch, count)), axis=-1)
        which = (rng.random(batch)[..., None] * edges[..., -1:] >= edges).sum(axis=-1).clip(0, count - 1)
        index = which.reshape((*batch, 1, *(1,) * rank))
        return onp.take_along_axis(
            each, onp.broadcast_to(index, (*batch, 1, *event)), axis=len(batch)
        ).reshape(shape)

    def ends(weights: Array, **rest: Array) -> tuple[Array, ...]:
        found = inner.ends(**inner_arguments(rest))
        sides = [np.min if name == "lower" else np.max for name in inner.support.ends]
        return tuple(e if np.ndim(e) == 0 else side(e, axis=-1) for e, side in zip(found, sides, strict=True))

    def mean(weights: Array, **rest: Array) -> Array:
        assert inner.mean is not None
        return np.sum(weights * inner.mean(**inner_arguments(rest)), axis=-1)

    return Distribution(
        forms=((WEIGHTS, *inner_parameters(inner, extra=1)),),
        support=inner.support,
        log_prob=component_wise(inner.log_prob, rank),
        sample=None if inner.sample is None else sample,
        ends=ends,
        mean=mean if inner.mean is not None and rank == 0 else None,
        log_cdf=None if inner.log_cdf is None else component_wise(inner.log_cdf, 0),
        log_sf=None if inner.log_sf is None else component_wise(inner.log_sf, 0),
        proper=inner.proper,
    )


combinator = Combinator((WEIGHTS,), position=1, wrap=wrap, over_axis=True)
