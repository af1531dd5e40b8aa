"""OrderedLogistic(eta, cutpoints)

Ordered categories 0, ..., K - 1: which of the K intervals between the increasing `cutpoints` holds a
Logistic(eta, 1) variable.
log p(x) = log(expit(c_x - eta) - expit(c_(x - 1) - eta)), with c_(-1) = -inf and c_(K - 1) = inf
Source: McCullagh (1980), Journal of the Royal Statistical Society B 42; Stan Functions Reference, "Ordered logistic".
Evaluated as the product of both tails and 1 - exp(-gap), in which nothing cancels.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.logistic import expit, log1mexp, log_expit
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.pick import pick
from ppl.supports.continuous import real
from ppl.supports.discrete import category
from ppl.supports.vectors import ordered


def log_prob(x: Array, eta: Array, cutpoints: Array) -> Array:
    """Log probability of category x."""
    cuts = np.shape(cutpoints)[-1]

    def inside(x: Array) -> Array:
        place = onp.asarray(x, dtype=int)
        first, last = place == 0, place == cuts
        upper = pick(cutpoints, onp.minimum(place, cuts - 1))
        lower = pick(cutpoints, onp.maximum(place - 1, 0))
        gap = np.where(first | last, 1.0, upper - lower)
        below = np.where(last, 0.0, log_expit(np.where(last, 0.0, upper - eta)))
        above = np.where(first, 0.0, log_expit(np.where(first, 0.0, eta - lower)))
        return below + above + np.where(first | last, 0.0, _log_share(gap))

    return minus_inf_outside(category.contains(x, cuts + 1), x, 0, inside)


def _log_share(gap: Array) -> Array:
    """log(1 - exp(-gap)), and -inf where there is no gap."""
    open_ = gap > 0
    return np.where(open_, log1mexp(np.where(open_, gap, 1.0)), -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], eta: Array, cutpoints: Array) -> Any:
    """Draws of the given shape: how many cutpoints a logistic variable has passed."""
    latent = eta + rng.logistic(size=shape)
    return onp.sum(onp.expand_dims(latent, -1) > cutpoints, axis=-1)


def _log_tail(x: Array, eta: Array, cutpoints: Array, sign: float) -> Array:
    cuts = np.shape(cutpoints)[-1]
    place = onp.asarray(np.clip(np.floor(x), 0, cuts - 1), dtype=int)
    value = log_expit(sign * (pick(cutpoints, place) - eta))
    nothing, all_ = (-np.inf, 0.0) if sign > 0 else (0.0, -np.inf)
    return np.where(x < 0, nothing, np.where(x >= cuts, all_, value))


def log_cdf(x: Array, eta: Array, cutpoints: Array) -> Array:
    """Log of P(X <= x)."""
    return _log_tail(x, eta, cutpoints, 1.0)


def log_sf(x: Array, eta: Array, cutpoints: Array) -> Array:
    """Log of P(X > x)."""
    return _log_tail(x, eta, cutpoints, -1.0)


def oracle(x: Any, eta: Any, cutpoints: Any) -> Any:
    """The definition, in mpmath."""
    import mpmath as mp

    place = int(x)
    upper = 1 / (1 + mp.exp(eta - cutpoints[place])) if place < len(cutpoints) else mp.mpf(1)
    lower = 1 / (1 + mp.exp(eta - cutpoints[place - 1])) if place else mp.mpf(0)
    return mp.log(upper - lower)


def _shares(eta: Array, cutpoints: Array) -> Array:
    return expit(np.expand_dims(eta, -1) - cutpoints)


distribution = Distribution(
    forms=((Parameter("eta", real), Parameter("cutpoints", ordered, 1)),),
    support=category,
    ends=lambda eta, cutpoints: (np.shape(cutpoints)[-1] + 1,),
    log_prob=log_prob,
    sample=sample,
    mean=lambda eta, cutpoints: np.sum(_shares(eta, cutpoints), axis=-1),
    log_cdf=log_cdf,
    log_sf=log_sf,
    oracle=oracle,
    examples=(
        {"eta": 0.3, "cutpoints": onp.array([-1.0, 0.5, 2.0])},
        {"eta": onp.array([[-2.0], [0.0], [1.5]]), "cutpoints": onp.array([[0.2, 1.0], [-3.0, 3.0]])},
        {"eta": 0.4, "cutpoints": onp.array([0.1])},
    ),
)
