"""Dirichlet(concentration)

Probabilities of K kinds; mean proportional to `concentration`, which may be one number for all kinds alike.
log p(x) = sum of (a_i - 1) log x_i - log Gamma(a_i), plus log Gamma(sum of a_i), for x on the simplex
Source: Kotz, Balakrishnan & Johnson, Continuous Multivariate Distributions 1 (2000), ch. 49.
Entries with a_i >= 1 are evaluated together as a multinomial of a_i - 1, in saddle-point form: Loader (2000).
`mean` and `variance` speak of the entries that `concentration` has.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp
from autograd.extend import Box, defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.gamma_ratios import digamma_difference, lbeta
from ppl.numerics.log_sums import softmax
from ppl.numerics.products import xlogy
from ppl.numerics.saddle_point import deviance, factorial_remainder
from ppl.numerics.special import gammaln
from ppl.supports.continuous import positive
from ppl.supports.vectors import simplex


@primitive  # type: ignore[untyped-decorator]
def log_density(x: Array, a: Array) -> Array:
    """Log density at x (..., K) for concentrations a (..., K) or (..., 1)."""
    # With B = sum of b over the entries where b = a - 1 >= 0, x^b / b! is written as B^-b exp(b - deviance):
    # what is left of the B's meets log Gamma(sum of a) = log B! + log of a rising power from B + 1.
    with onp.errstate(all="ignore"):
        size = onp.shape(x)[-1]
        a = onp.broadcast_to(a, (*onp.shape(a)[:-1], size))
        many = a >= 1
        b = onp.where(many, a - 1.0, 0.0)
        power, few_total = onp.sum(b, axis=-1), onp.sum(onp.where(many, 0.0, a), axis=-1)
        steps = onp.sum(many, axis=-1) - 1.0 + few_total  # log Gamma(power + 1 + steps) is wanted
        rise = onp.where(steps > 0, gammaln(steps) - lbeta(power + 1.0, onp.maximum(steps, 1e-300)), 0.0)
        normaliser = factorial_remainder(power) + rise - onp.sum(factorial_remainder(b), axis=-1)
        if many.all():
            return normaliser - onp.sum(deviance(b, power[..., None] * x), axis=-1)
        few = onp.where(many, 1.0, a)
        plain = onp.sum(xlogy(few - 1.0, x), axis=-1) - onp.sum(onp.where(many, 0.0, gammaln(few)), axis=-1)
        if not many.any():
            return plain + gammaln(few_total)
        elsewhere = onp.sum(onp.where(many, 0.0, x), axis=-1)  # B times this is missing from the deviances
        spread = onp.sum(onp.where(many, deviance(b, power[..., None] * x), 0.0), axis=-1)
        together = normaliser + plain - spread - power * elsewhere
        return onp.where(many.any(axis=-1), together, plain + gammaln(few_total))


def _x_vjp(_: Array, x: Array, a: Array) -> Any:
    edge = x == 0
    slope = np.where(edge, 0.0, (a - 1.0) / np.where(edge, 1.0, x))
    return unbroadcast_f(x, lambda g: g[..., None] * slope)


def _a_vjp(_: Array, x: Array, a: Array) -> Any:
    total = np.sum(a, axis=-1, keepdims=True) * (np.shape(x)[-1] // np.shape(a)[-1])
    edge = x == 0
    slope = np.where(edge, 0.0, np.log(np.where(edge, 1.0, x))) + digamma_difference(a, total - a)
    return unbroadcast_f(a, lambda g: g[..., None] * slope)


defvjp(log_density, _x_vjp, _a_vjp)


def log_prob(x: Array, concentration: Array) -> Array:
    """Log density, x (..., K) -> (...)."""
    inside = simplex.contains(x)
    if not isinstance(x, Box) and onp.all(inside):
        return log_density(x, concentration)
    # The mask has no event axis, so the stand-in (the middle of the simplex) needs one of its own.
    within = np.where(inside[..., None], x, 1.0 / np.shape(x)[-1])
    return np.where(inside, log_density(within, concentration), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], concentration: Array) -> Any:
    """Draws of the given shape: gamma variables over their sum, taken in logs so that tiny ones survive."""
    # A gamma variable of shape a < 1 is one of shape a + 1 times a uniform variable to the power 1 / a.
    log_gamma = onp.log(rng.standard_gamma(onp.asarray(concentration) + 1.0, shape))
    log_gamma = log_gamma - rng.standard_exponential(shape) / concentration
    return softmax(log_gamma)


def oracle(x: Any, concentration: Any) -> Any:
    """The book's formula, in mpmath."""
    import mpmath as mp

    a = list(concentration) * (len(x) // len(concentration))
    terms = [(ai - 1) * mp.log(xi) - mp.loggamma(ai) for ai, xi in zip(a, x, strict=True)]
    return mp.fsum(terms) + mp.loggamma(mp.fsum(a))


def mean(concentration: Array) -> Array:
    """Concentrations over their sum."""
    return concentration / np.sum(concentration, axis=-1, keepdims=True)


def variance(concentration: Array) -> Array:
    """mean (1 - mean) / (1 + sum of concentrations)."""
    share = mean(concentration)
    return share * (1.0 - share) / (1.0 + np.sum(concentration, axis=-1, keepdims=True))


distribution = Distribution(
    forms=((Parameter("concentration", positive, 1),),),
    support=simplex,
    log_prob=log_prob,
    sample=sample,
    mean=mean,
    variance=variance,
    oracle=oracle,
    examples=(
        {"concentration": onp.array([2.0, 0.5, 3.0])},
        {"concentration": onp.array([[1.0, 1.0], [40.0, 7.0]])},
    ),
)
