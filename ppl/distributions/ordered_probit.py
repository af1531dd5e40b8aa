"""OrderedProbit(eta, cutpoints)

Ordered categories 0, ..., K - 1: which of the K intervals between the increasing `cutpoints` holds a
Normal(eta, 1) variable.
log p(x) = log(Phi(c_x - eta) - Phi(c_(x - 1) - eta)), with c_(-1) = -inf and c_(K - 1) = inf
Source: McCullagh (1980), Journal of the Royal Statistical Society B 42; Stan Functions Reference, "Ordered probit".
The difference is taken in the tail that both cutpoints are nearer to.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.numerics.log_sums import logdiffexp
from ppl.numerics.masks import minus_inf_outside
from ppl.numerics.normal import log_phi, phi
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
        inner = ~(first | last)
        above, below = (np.where(inner, cut - eta, at) for cut, at in ((upper, 1.0), (lower, -1.0)))
        turned = below > 0
        between = logdiffexp(
            log_phi(np.where(turned, -below, above)), log_phi(np.where(turned, -above, below))
        )
        edge = log_phi(np.where(first, upper - eta, eta - lower))
        return np.where(inner, between, edge)

    return minus_inf_outside(category.contains(x, cuts + 1), x, 0, inside)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], eta: Array, cutpoints: Array) -> Any:
    """Draws of the given shape: how many cutpoints a Gaussian variable has passed."""
    latent = eta + rng.standard_normal(shape)
    return onp.sum(onp.expand_dims(latent, -1) > cutpoints, axis=-1)


def _log_tail(x: Array, eta: Array, cutpoints: Array, sign: float) -> Array:
    cuts = np.shape(cutpoints)[-1]
    place = onp.asarray(np.clip(np.floor(x), 0, cuts - 1), dtype=int)
    value = log_phi(sign * (pick(cutpoints, place) - eta))
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
    upper = mp.ncdf(cutpoints[place] - eta) if place < len(cutpoints) else mp.mpf(1)
    lower = mp.ncdf(cutpoints[place - 1] - eta) if place else mp.mpf(0)
    return mp.log(upper - lower)


def _shares(eta: Array, cutpoints: Array) -> Array:
    return phi(np.expand_dims(eta, -1) - cutpoints)


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
        {"eta": onp.array([[-1.0], [0.0], [1.5]]), "cutpoints": onp.array([[0.2, 1.0], [-1.5, 1.5]])},
        {"eta": 0.4, "cutpoints": onp.array([0.1])},
    ),
)
