"""Sets of vectors: simplexes, increasing sequences, and the whole space."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.logistic import expit, log_expit, logit, softplus
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


# Vectors that sum to 0, by an orthonormal basis of that hyperplane: z are its coordinates, so no volume changes.
# Basis vector i holds i times 1 / sqrt(i (i + 1)), then -i / sqrt(i (i + 1)). Source: Stan Reference Manual,
# "Zero sum vector".
def _basis_lengths(free: int) -> Array:
    i = onp.arange(1.0, free + 1)
    return onp.sqrt(i * (i + 1.0))


def _sum_to_zero_constrain(z: Array) -> Array:
    free = np.shape(z)[-1]
    steps = z / _basis_lengths(free)
    none = np.zeros((*np.shape(z)[:-1], 1))
    from_here = np.cumsum(steps[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([from_here, none], axis=-1) - np.concatenate(
        [none, steps * onp.arange(1.0, free + 1)], axis=-1
    )


def _sum_to_zero_unconstrain(x: Array) -> Array:
    free = np.shape(x)[-1] - 1
    before = np.cumsum(x[..., :-1], axis=-1)
    return (before - onp.arange(1.0, free + 1) * x[..., 1:]) / _basis_lengths(free)


def _sums_to_zero(x: Array) -> Array:
    finite = np.all(np.isfinite(x), axis=-1)
    safe = np.where(finite[..., None], x, 0.0)
    slack = SUM_TOLERANCE * np.maximum(1.0, np.max(np.abs(safe), axis=-1))
    return finite & (np.abs(np.sum(safe, axis=-1)) <= slack)


sum_to_zero = Support(
    name="a vector of numbers that sum to 0",
    contains=_sums_to_zero,
    event_rank=1,
    constrain=_sum_to_zero_constrain,
    unconstrain=_sum_to_zero_unconstrain,
    log_jacobian=lambda z: np.zeros(np.shape(z)[:-1]),
    unconstrained=lambda shape: (*shape[:-1], shape[-1] - 1),
)


# Unit vectors by their sines: what is left of the length is shared out entry by entry, and the last entry's sign
# is free too, which no interval of one dimension less can hold; so the last coordinate is an angle.
# x_k = tanh(z_k) prod over j < k of sech(z_j), and the last two are the cosine and the sine of an angle in (-pi, pi).
def _log_sech(z: Array) -> Array:
    return onp.log(2.0) - np.logaddexp(z, -z)


def _unit_constrain(z: Array) -> Array:
    angle = 2.0 * onp.pi * (expit(z[..., -1:]) - 0.5)
    left = np.exp(_before(_log_sech(z[..., :-1])))
    return np.concatenate(
        [
            np.tanh(z[..., :-1]) * left[..., :-1],
            left[..., -1:] * np.cos(angle),
            left[..., -1:] * np.sin(angle),
        ],
        axis=-1,
    )


def _unit_unconstrain(x: Array) -> Array:
    # The length of what comes after each entry, added up from the end: sinh z is the ratio.
    rest = np.sqrt(np.cumsum(x[..., :0:-1] ** 2, axis=-1)[..., ::-1])
    turn = np.arctan2(x[..., -1:], x[..., -2:-1]) / (2.0 * onp.pi)
    return np.concatenate([np.arcsinh(x[..., :-2] / rest[..., :-1]), logit(0.5 + turn)], axis=-1)


def _unit_log_jacobian(z: Array) -> Array:
    # Areas on the sphere: each share sech² dz of a length, times that of the sphere that is left (its dimension
    # falls by one with each entry), and 2 pi times the slope of the logistic curve for the angle.
    steps, last = z[..., :-1], z[..., -1]
    powers = onp.arange(np.shape(steps)[-1], 0, -1.0)
    turn = onp.log(2.0 * onp.pi) + log_expit(last) + log_expit(-last)
    return np.sum((powers + 1.0) * _log_sech(steps), axis=-1) + turn


unit_vector = Support(
    name="a vector of length 1",
    contains=lambda x: np.abs(np.sum(x**2, axis=-1) - 1) <= SUM_TOLERANCE,
    event_rank=1,
    constrain=_unit_constrain,
    unconstrain=_unit_unconstrain,
    log_jacobian=_unit_log_jacobian,
    unconstrained=lambda shape: (*shape[:-1], shape[-1] - 1),
)
