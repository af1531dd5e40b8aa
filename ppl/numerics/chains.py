"""The log partition function of chains of finite states: the forward recursion, with its adjoint by backward weights.

log Z = log sum over paths of exp(sum_t unary[t, z_t] + sum_t pair[t, z_t, z_{t+1}]).
alpha[t, k] is the log of that sum over the paths up to t that end in k. Its derivative by alpha[t - 1, j] is
P(z_{t-1} = j | z_t = k, the past), so the adjoint is a product with these weights at every step, and no second
recursion in log space; the gradient of log Z is the posterior of the states and of their pairs.
Source: Rabiner (1989), "A tutorial on hidden Markov models", sec. III.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as onp
from autograd.core import defvjp_argnums
from autograd.extend import primitive
from autograd.tracer import getval

from ppl.numerics.log_sums import logsumexp

Array = Any
_SAFE = 150.0  # nats between the likeliest and the unlikeliest transition at which nothing underflows


def log_chain(unary: Array, pair: Array) -> Array:
    """log Z (...) of chains: unary (..., L, K), pair (..., L - 1 or 1, K, K)."""
    return logsumexp(_forward(unary, pair)[..., -1, :], axis=-1)


def _value(unary: Any, pair: Any) -> Any:
    """alpha (..., L, K)."""
    with onp.errstate(divide="ignore", invalid="ignore"):
        alpha = onp.empty(onp.broadcast_shapes(unary.shape, (*pair.shape[:-3], 1, 1)))
        steps = _steps_between_rests(unary, pair)
        if steps:
            _scaled(alpha, unary, pair, steps)
        else:
            _in_logs(alpha, unary, pair)
    return alpha


_forward = primitive(_value)


def _steps_between_rests(unary: Any, pair: Any) -> int:
    """How often the shares of the states must be scaled to 1 for floats to hold them all; 0 where that can't be told.

    A step divides their sum by exp(spread of pair) at most, or multiplies it by K; the least share is exp(spread of
    unary) times smaller again. What is infinite or nan has a spread that is no number.
    """
    spread = (pair.max(axis=(-1, -2)) - pair.min(axis=(-1, -2))).max(initial=0)
    wide = (_widest(unary) - _least(unary)).max(initial=0)
    if not (spread < _SAFE and wide < 2 * _SAFE):
        return 0
    return int((4 * _SAFE - wide) / max(spread, math.log(unary.shape[-1]), 1.0))


def _widest(x: Any) -> Any:
    """The maximum over a short last axis, by whole columns."""
    top = x[..., 0]
    for k in range(1, x.shape[-1]):
        top = onp.maximum(top, x[..., k])
    return top


def _least(x: Any) -> Any:
    return -_widest(-x)


def _steps(x: Any, axis: int, count: int) -> list[Any]:
    """The slices along an axis; the same one every time where there is only one."""
    moved = onp.moveaxis(x, axis, 0)
    return list(moved) if len(moved) == count else [moved[0]] * count


def _in_logs(alpha: Any, unary: Any, pair: Any) -> None:
    """The recursion as it stands, for impossible transitions and extreme weights."""
    length = unary.shape[-2]
    moves = _steps(pair, -3, length - 1)
    alpha[..., 0, :] = unary[..., 0, :]
    for t in range(1, length):
        joint = alpha[..., t - 1, :, None] + moves[t - 1]
        peak = joint.max(axis=-2)
        finite = onp.where(onp.isfinite(peak), peak, 0.0)
        alpha[..., t, :] = (
            onp.log(onp.exp(joint - finite[..., None, :]).sum(axis=-2)) + finite + unary[..., t, :]
        )


def _along_time(x: Any) -> Any:
    """(..., L, K) as (L, ..., K), in that order in memory."""
    return onp.ascontiguousarray(onp.moveaxis(x, -2, 0))


def _scaled(alpha: Any, unary: Any, pair: Any, steps: int) -> None:
    """The same in probabilities, scaled to 1 from time to time: no logarithms inside the loop."""
    length, states = unary.shape[-2:]
    top = _widest(unary)
    peak = pair.max(axis=(-1, -2))
    weights = _along_time(unary - top[..., None])[..., None, :]
    onp.exp(weights, out=weights)
    moves = _steps(onp.exp(pair - peak[..., None, None]), -3, length - 1)
    shares = onp.empty((length, *alpha.shape[:-2], 1, states))
    logs = onp.zeros((length, *alpha.shape[:-2]))
    shares[0] = weights[0]
    now = shares[0]
    for t, (here, weight, move) in enumerate(zip(shares[1:], weights[1:], moves, strict=True), start=1):
        onp.matmul(now, move, out=here)
        here *= weight
        if t % steps == 0:
            total = here.sum(axis=-1, keepdims=True)
            here /= total
            logs[t] = onp.log(total[..., 0, 0])
        now = here
    logs += onp.moveaxis(onp.broadcast_to(top, alpha.shape[:-1]), -1, 0)
    logs[1:] += onp.moveaxis(onp.broadcast_to(peak, (*alpha.shape[:-2], length - 1)), -1, 0)
    alpha[...] = onp.moveaxis(onp.log(shares[..., 0, :]) + onp.cumsum(logs, axis=0)[..., None], 0, -2)


def _adjoint(g: Any, alpha: Any, pair: Any) -> tuple[Any, Any]:
    """The adjoints of unary and pair for one of alpha.

    With share the states' probabilities given the past, P(j | k) is share[j] move[j, k] / total[k]. A weight is
    share * later + g, and a step back is later = move @ (weight / total), where share / total is known for all times
    beforehand; the pairs' adjoint is move * (share' (weight / total)): no array over times and pairs is needed where
    the transitions are shared.
    """
    length, shared = alpha.shape[-2], pair.shape[-3] == 1
    top = _widest(alpha)
    share = onp.exp(alpha - onp.where(onp.isfinite(top), top, 0.0)[..., None])
    peak = pair.max(axis=(-1, -2), keepdims=True)
    move = onp.exp(pair - onp.where(onp.isfinite(peak), peak, 0.0))
    before = share[..., :-1, :]
    wide = onp.matmul(before[..., None, :, :] if shared else before[..., None, :], move)
    total = wide[..., 0, :, :] if shared else wide[..., 0, :]
    total[total == 0] = onp.inf  # nothing comes from there
    weights = _along_time(g)[..., None, :]
    shares = _along_time(share)[..., None, :]
    totals = _along_time(total)[..., None, :]
    ratio, flow = shares[1:] / totals, weights[1:] / totals
    given = flow.any(axis=tuple(range(1, flow.ndim))).tolist()
    later = onp.zeros(weights.shape)
    moves = _steps(onp.ascontiguousarray(onp.swapaxes(move, -1, -2)), -3, length - 1)
    rows = list(zip(given, ratio, flow, moves, later[1:], later[:-1], strict=True))
    for has, share_of, here, back, after, now in reversed(rows):
        if has:
            here += share_of * after
        else:
            onp.multiply(share_of, after, out=here)
        onp.matmul(here, back, out=now)
    later *= shares
    later += weights
    states = onp.moveaxis(later[..., 0, :], 0, -2)
    flow = onp.moveaxis(flow[..., 0, :], 0, -2)
    if shared:
        return states, move * onp.matmul(onp.swapaxes(before, -1, -2), flow)[..., None, :, :]
    return states, before[..., None] * move * flow[..., None, :]


def _adjoint_in_logs(g: Any, alpha: Any, pair: Any) -> tuple[Any, Any]:
    """The same for impossible transitions and extreme weights: P(j | k) formed in logs."""
    logs = alpha[..., :-1, :, None] + pair
    peak = logs.max(axis=-2, keepdims=True)
    joint = onp.exp(logs - onp.where(onp.isfinite(peak), peak, 0.0))
    total = joint.sum(axis=-2, keepdims=True)
    back = joint * onp.where(total > 0, 1.0 / onp.where(total > 0, total, 1.0), 0.0)
    weights = onp.array(g)
    for t in range(alpha.shape[-2] - 2, -1, -1):
        weights[..., t, :] += onp.matmul(back[..., t, :, :], weights[..., t + 1, :, None])[..., 0]
    return weights, back * weights[..., 1:, None, :]


def _vjp(argnums: tuple[int, ...], ans: Array, args: tuple[Array, Array], _kwargs: dict[str, Any]) -> Any:
    """Both adjoints from one backward pass."""
    alpha = getval(ans)
    unary, pair = (getval(arg) for arg in args)

    def pull(g: Array) -> tuple[Array, ...]:
        with onp.errstate(divide="ignore", invalid="ignore", over="ignore"):
            way = _adjoint if _steps_between_rests(unary, pair) else _adjoint_in_logs
            found = way(g, alpha, pair)
        return tuple(_reduced(found[k], (unary, pair)[k].shape) for k in argnums)

    return pull


defvjp_argnums(_forward, _vjp)


def _reduced(x: Any, shape: tuple[int, ...]) -> Any:
    """Sums over the axes along which an argument of this shape was broadcast."""
    lead = x.ndim - len(shape)
    if lead:
        x = x.sum(axis=tuple(range(lead)))
    axes = tuple(k for k, size in enumerate(shape) if size == 1 and x.shape[k] > 1)
    return x.sum(axis=axes, keepdims=True) if axes else x
