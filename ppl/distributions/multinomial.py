"""Multinomial(n, probs) | Multinomial(n, logits=)

How many of `n` independent trials fall into each of K kinds. `logits` are log probabilities up to a constant.
log p(x) = log n! - sum of log x_k! + sum of x_k log probs_k, for counts that add up to n
Source: Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions (1997), ch. 35.
Evaluated in saddle-point form, by the deviances of the counts from n probs: Loader (2000).
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.log_sums import softmax
from ppl.numerics.saddle_point import deviance, factorial_remainder
from ppl.supports.discrete import counts, nonnegative_integer
from ppl.supports.vectors import real_vector, simplex


@primitive  # type: ignore[untyped-decorator]
def log_mass(x: Array, n: Array, probs: Array) -> Array:
    """Log probability of counts x (..., K) that add up to n (...), for probs (..., K)."""
    with onp.errstate(all="ignore"):
        expected = onp.expand_dims(n, -1) * probs
        # Probabilities that add up to 1 but for rounding are taken as they are, as sum of x log probs does.
        spare = n * (onp.sum(probs, axis=-1) - 1.0)
        spread = onp.sum(onp.where(x == 0, expected, deviance(x, expected)), axis=-1)
        return factorial_remainder(n) - onp.sum(factorial_remainder(x), axis=-1) - spread + spare


def _probs_vjp(ans: Array, x: Array, _n: Array, probs: Array) -> Any:
    # What did not happen has no say, and where the impossible did there is no way up that a slope could show.
    silent = (x == 0) | np.expand_dims(np.isinf(ans), -1)
    slope = np.where(silent, 0.0, x / np.where(silent, 1.0, probs))
    return unbroadcast_f(probs, lambda g: g[..., None] * slope)


defvjp(log_mass, None, None, _probs_vjp)


def _shares(size: int, probs: Array, logits: Array) -> Array:
    """Probabilities (..., K); one number for all kinds alike is a row of them."""
    given = logits if probs is None else probs
    if np.shape(given)[-1] != size:
        given = given + onp.zeros(size)
    return softmax(given) if probs is None else given


def log_prob(x: Array, n: Array, probs: Array = None, logits: Array = None) -> Array:
    """Log probability, x (..., K) -> (...)."""
    inside = counts.contains(x, n)
    shares = _shares(np.shape(x)[-1], probs, logits)
    if onp.all(inside):
        return log_mass(onp.asarray(x, dtype=float), n, shares)
    within = onp.where(inside[..., None], x, 0.0)
    return np.where(inside, log_mass(within, np.where(inside, n, 0.0), shares), -np.inf)


def sample(
    rng: onp.random.Generator, shape: tuple[int, ...], n: Array, probs: Array = None, logits: Array = None
) -> Any:
    """Draws of the given shape."""
    shares = onp.asarray(_shares(shape[-1], probs, logits), dtype=float)
    shares = onp.broadcast_to(shares / onp.sum(shares, axis=-1, keepdims=True), shape)
    return rng.multinomial(onp.broadcast_to(onp.asarray(n, dtype=int), shape[:-1]), shares)


def mean(n: Array, probs: Array = None, logits: Array = None) -> Array:
    """n probs."""
    return np.expand_dims(n, -1) * (softmax(logits) if probs is None else probs)


def variance(n: Array, probs: Array = None, logits: Array = None) -> Array:
    """n probs (1 - probs), kind by kind."""
    shares = softmax(logits) if probs is None else probs
    return np.expand_dims(n, -1) * shares * (1.0 - shares)


def oracle(x: Any, n: Any, probs: Any = None, logits: Any = None) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    weights = [mp.exp(logit) for logit in logits] if probs is None else list(probs)
    total = mp.log(mp.fsum(weights)) if probs is None else 0
    terms = [xk * (mp.log(w) - total) - mp.loggamma(xk + 1) for xk, w in zip(x, weights, strict=True)]
    return mp.loggamma(n + 1) + mp.fsum(terms)


distribution = Distribution(
    forms=(
        (Parameter("n", nonnegative_integer), Parameter("probs", simplex, 1)),
        (Parameter("n", nonnegative_integer), Parameter("logits", real_vector, 1)),
    ),
    support=counts,
    ends=lambda n, **_probs: (n,),
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    examples=(
        {"n": 10, "probs": onp.array([0.2, 0.5, 0.3])},
        {"n": 7, "logits": onp.array([0.0, -2.0, 1.0, 3.0])},
        {"n": onp.array([[1], [300]]), "probs": onp.array([[0.25, 0.75], [0.9, 0.1]])},
    ),
)
