"""DirichletMultinomial(n, concentration)

How many of `n` trials fall into each of K kinds, when the kinds' probabilities are a Dirichlet(concentration) draw.
log p(x) = log n! + log Gamma(A) - log Gamma(n + A) + sum of log Gamma(x_k + a_k) - log Gamma(a_k) - log x_k!,
with a = concentration and A their sum, for counts that add up to n
Source: Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions (1997), sec. 35.13.1.
Evaluated as negative binomials of equal odds given their sum, each in saddle-point form.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from ppl.distributions import Array, Distribution, Parameter, dirichlet, negative_binomial
from ppl.numerics.gamma_ratios import digamma_difference
from ppl.supports.continuous import positive
from ppl.supports.discrete import counts, nonnegative_integer


@primitive  # type: ignore[untyped-decorator]
def log_mass(x: Array, n: Array, a: Array) -> Array:
    """Log probability of counts x (..., K) that add up to n (...), for a (..., K) or (..., 1)."""
    a = onp.broadcast_to(a, (*onp.shape(a)[:-1], onp.shape(x)[-1]))
    total = onp.sum(a, axis=-1)
    # The odds are free to choose; these are the likeliest ones.
    means = onp.expand_dims(n / total, -1) * a
    parts = onp.sum(negative_binomial.log_mass(x, means, a), axis=-1)
    return parts - negative_binomial.log_mass(n, n, total)


def _a_vjp(_ans: Array, x: Array, n: Array, a: Array) -> Any:
    total = np.sum(a, axis=-1, keepdims=True) * (np.shape(x)[-1] // np.shape(a)[-1])
    slope = digamma_difference(a, x) - digamma_difference(total, np.expand_dims(n, -1))
    return unbroadcast_f(a, lambda g: g[..., None] * slope)


defvjp(log_mass, None, None, _a_vjp)


def log_prob(x: Array, n: Array, concentration: Array) -> Array:
    """Log probability, x (..., K) -> (...)."""
    inside = counts.contains(x, n)
    if onp.all(inside):
        return log_mass(onp.asarray(x, dtype=float), onp.asarray(n, dtype=float), concentration)
    within = onp.where(inside[..., None], x, 0.0)
    return np.where(inside, log_mass(within, onp.where(inside, n, 0.0), concentration), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], n: Array, concentration: Array) -> Any:
    """Draws of the given shape."""
    shares = dirichlet.sample(rng, shape, concentration)
    return rng.multinomial(onp.broadcast_to(onp.asarray(n, dtype=int), shape[:-1]), shares)


def mean(n: Array, concentration: Array) -> Array:
    """n concentration over its sum."""
    return np.expand_dims(n, -1) * dirichlet.mean(concentration)


def variance(n: Array, concentration: Array) -> Array:
    """That of a multinomial, (n + A) / (1 + A) times as large."""
    share, total = dirichlet.mean(concentration), np.sum(concentration, axis=-1, keepdims=True)
    size = np.expand_dims(n, -1)
    return size * share * (1.0 - share) * ((size + total) / (1.0 + total))


def oracle(x: Any, n: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    a = list(concentration) * (len(x) // len(concentration))
    terms = [
        mp.loggamma(xk + ak) - mp.loggamma(ak) - mp.loggamma(xk + 1) for xk, ak in zip(x, a, strict=True)
    ]
    return mp.loggamma(n + 1) + mp.loggamma(mp.fsum(a)) - mp.loggamma(n + mp.fsum(a)) + mp.fsum(terms)


distribution = Distribution(
    forms=((Parameter("n", nonnegative_integer), Parameter("concentration", positive, 1)),),
    support=counts,
    ends=lambda n, concentration: (n,),
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    examples=(
        {"n": 10, "concentration": onp.array([2.0, 0.5, 3.0])},
        {"n": onp.array([[1], [300]]), "concentration": onp.array([[1.0, 1.0], [40.0, 7.0]])},
    ),
)
