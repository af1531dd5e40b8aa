"""Sets of vectors: simplexes, increasing sequences, and the whole space."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.logistic import log_expit, softplus
from ppl.supports import Array, Support

SUM_TOLERANCE = 1e-8  # how far from 1 the entries of a simplex may sum, as they come from files


def _before(x: Array) -> Array:
    """Sums of all earlier entries; one entry longer than `x`."""
    return np.concatenate([np.zeros((*np.shape(x)[:-1], 1)), np.cumsum(x, axis=-1)], axis=-1)


real_vector = Support(
    name="a vector of finite numbers",
    contains=lambda x: np.all(np.isfinite(x), axis=-1),
    event_rank=1,
    constrain=lambda z: z,
    unconstrain=lambda x: x,
    log_jacobian=lambda z: np.zeros(np.shape(z)[:-1]),
)


# The simplex by breaking a stick: of what is left, the k-th of K entries takes the share
# expit(z_k - log(K - k)), so that z = 0 is the uniform point. Source: Stan Reference Manual,
# "Unit simplex". All products are sums of logarithms here, so tiny entries keep their digits.
def _shares_left(free: int) -> Array:
    return onp.log(onp.arange(free, 0, -1.0))


def _log_simplex(z: Array) -> Array:
    logit = z - _shares_left(np.shape(z)[-1])
    taken = np.concatenate([log_expit(logit), np.zeros((*np.shape(z)[:-1], 1))], axis=-1)
    return taken + _before(log_expit(-logit))


def _simplex_unconstrain(x: Array) -> Array:
    # What is left is added up from the end, which keeps the digits that 1 - cumsum would lose.
    left = np.cumsum(x[..., :0:-1], axis=-1)[..., ::-1]
    return np.log(x[..., :-1]) - np.log(left) + _shares_left(np.shape(x)[-1] - 1)


simplex = Support(
    name="a vector of probabilities that sum to 1",
    contains=lambda x: np.all(x >= 0, axis=-1) & (np.abs(np.sum(x, axis=-1) - 1) <= SUM_TOLERANCE),
    event_rank=1,
    constrain=lambda z: np.exp(_log_simplex(z)),
    unconstrain=_simplex_unconstrain,
    # The Jacobian is triangular; its diagonal, share (1 - share) left, multiplies to the product of all x.
    log_jacobian=lambda z: np.sum(_log_simplex(z), axis=-1),
    unconstrained=lambda shape: (*shape[:-1], shape[-1] - 1),
)


def _increasing(x: Array) -> Array:
    return np.all(np.isfinite(x), axis=-1) & np.all(x[..., 1:] >= x[..., :-1], axis=-1)


def _gap(z: Array) -> Array:
    """The inverse of softplus: log(exp(gap) - 1), from the side that neither overflows nor cancels."""
    return z + np.log(-np.expm1(-z))


ordered = Support(
    name="a vector in increasing order",
    contains=_increasing,
    event_rank=1,
    constrain=lambda z: np.cumsum(np.concatenate([z[..., :1], softplus(z[..., 1:])], axis=-1), axis=-1),
    unconstrain=lambda x: np.concatenate([x[..., :1], _gap(x[..., 1:] - x[..., :-1])], axis=-1),
    log_jacobian=lambda z: np.sum(log_expit(z[..., 1:]), axis=-1),
)

positive_ordered = Support(
    name="a vector of positive numbers in increasing order",
    contains=lambda x: _increasing(x) & np.all(x > 0, axis=-1),
    event_rank=1,
    constrain=lambda z: np.cumsum(softplus(z), axis=-1),
    unconstrain=lambda x: _gap(np.concatenate([x[..., :1], x[..., 1:] - x[..., :-1]], axis=-1)),
    log_jacobian=lambda z: np.sum(log_expit(z), axis=-1),
)
