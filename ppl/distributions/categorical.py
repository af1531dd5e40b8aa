"""Categorical(probs) | Categorical(logits=)

A position 0, ..., K - 1 on the last axis of `probs`. `logits` are log probabilities up to a constant.
log p(x) = log probs[x]
Source: Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions (1997), ch. 35, with one trial.
Positions are names and not amounts, so there is no mean, variance or cdf.
"""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.log_sums import logsumexp, softmax
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.pick import pick
from ppl.numerics.products import log_weight
from ppl.supports.discrete import category
from ppl.supports.vectors import real_vector, simplex


def log_prob(x: Array, probs: Array = None, logits: Array = None) -> Array:
    """Log probability of position x."""
    size = np.shape(probs if logits is None else logits)[-1]

    def inside(x: Array) -> Array:
        place = onp.asarray(x, dtype=int)
        if logits is not None:
            return pick(logits, place) - logsumexp(logits, axis=-1)
        picked = onp.broadcast_shapes(np.shape(probs)[:-1], place.shape)
        if math.prod(picked) > np.size(probs):  # fewer logarithms, in whichever order
            return pick(log_weight(probs), place)
        return log_weight(pick(probs, place))

    return minus_inf_outside(category.contains(x, size), x, 0, inside)


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], probs: Array = None, logits: Array = None
) -> Any:
    """Draws of the given shape: how many of the cumulative probabilities a uniform variable has passed."""
    shares = onp.cumsum(softmax(logits) if probs is None else probs, axis=-1)
    return onp.sum(rng.random(shape)[..., None] * shares[..., -1:] >= shares[..., :-1], axis=-1)


def _size(probs: Array = None, logits: Array = None) -> tuple[int]:
    return (np.shape(logits if probs is None else probs)[-1],)


def oracle(x: Any, probs: Any = None, logits: Any = None) -> Any:
    """The definition, in mpmath."""
    import mpmath as mp

    weights = [mp.exp(logit) for logit in logits] if probs is None else list(probs)
    return mp.log(weights[int(x)]) - (mp.log(sum(weights)) if probs is None else 0)


distribution = Distribution(
    forms=((Parameter("probs", simplex, 1),), (Parameter("logits", real_vector, 1),)),
    support=category,
    ends=_size,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    examples=(
        {"probs": onp.array([0.2, 0.5, 0.3])},
        {"logits": onp.array([0.0, -2.0, 1.0, 3.0])},
        {"probs": onp.array([[0.25, 0.75], [0.9, 0.1]])},
    ),
)
