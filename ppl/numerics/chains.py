"""The log partition function of chains of finite states: the forward recursion, with its adjoint by backward weights.

log Z = log sum over paths of exp(sum_t unary[t, z_t] + sum_t pair[t, z_t, z_{t+1}]).
Its gradient is the posterior: the probability of each state, and of each pair of neighbouring states.
Source: Rabiner (1989), "A tutorial on hidden Markov models"; the adjoint is the backward pass in the form of
P(z_t | z_{t+1}, data up to t), which needs no second recursion in log space.
"""

from __future__ import annotations

from typing import Any

import numpy as onp
from autograd.core import defvjp_argnums
from autograd.extend import primitive
from autograd.tracer import getval as getvalue

Array = Any
_SAFE = 150.0  # nats between the likeliest and the unlikeliest transition at which nothing underflows


def _forward(unary: Any, pair: Any) -> Any:
    """alpha (..., L, K): log of the sum over all paths that end in a state; unary (..., L, K), pair (..., L - 1 or 1, K, K)."""
    length = unary.shape[-2]
    alpha = onp.empty(onp.broadcast_shapes(unary.shape, (*pair.shape[:-3], 1, 1)))
    alpha[..., 0, :] = unary[..., 0, :]
    if _is_tame(unary, pair):
        _forward_scaled(alpha, unary, pair)
        return alpha
    for t in range(1, length):
        step = pair[..., (t - 1) if pair.shape[-3] > 1 else 0, :, :]
        joint = alpha[..., t - 1, :, None] + step
        peak = joint.max(axis=-2)
        finite = onp.where(onp.isfinite(peak), peak, 0.0)
        alpha[..., t, :] = (
            onp.log(onp.exp(joint - finite[..., None, :]).sum(axis=-2)) + finite + unary[..., t, :]
        )
    return alpha


def _is_tame(unary: Any, pair: Any) -> bool:
    """Whether every state keeps a share of the probability that a float can hold, whatever came before."""
    if not (onp.isfinite(pair).all() and onp.isfinite(unary).all()):
        return False
    spread = pair.max(axis=(-1, -2)) - pair.min(axis=(-1, -2))
    return bool(spread.max(initial=0) < _SAFE and (unary.max(-1) - unary.min(-1)).max(initial=0) < 2 * _SAFE)


def _forward_scaled(alpha: Any, unary: Any, pair: Any) -> None:
    """The same in probabilities, rescaled at every step: no logarithms inside the loop."""
    top = unary.max(axis=-1, keepdims=True)
    weight = onp.exp(unary - top)
    peak = pair.max(axis=(-1, -2), keepdims=True)
    move = onp.exp(pair - peak)
    length = unary.shape[-2]
    shares = onp.empty(alpha.shape)
    scale = onp.empty(alpha.shape[:-1])
    now = onp.broadcast_to(weight[..., 0, :], alpha[..., 0, :].shape)
    shares[..., 0, :] = now
    scale[..., 0] = 0.0
    moves = [move[..., t, :, :] for t in range(move.shape[-3])]
    for t in range(1, length):
        now = onp.matmul(now[..., None, :], moves[t - 1] if len(moves) > 1 else moves[0])[..., 0, :]
        now = now * weight[..., t, :]
        total = now.sum(axis=-1)
        now = now / total[..., None]
        shares[..., t, :] = now
        scale[..., t] = total
    scale[..., 1:] = onp.log(scale[..., 1:]) + onp.broadcast_to(peak[..., 0, 0], scale[..., 1:].shape)
    with onp.errstate(divide="ignore"):
        alpha[...] = (
            onp.log(shares)
            + onp.cumsum(scale + onp.broadcast_to(top[..., 0], scale.shape), axis=-1)[..., None]
        )


def _finish(alpha: Any) -> Any:
    last = alpha[..., -1, :]
    peak = last.max(axis=-1)
    finite = onp.where(onp.isfinite(peak), peak, 0.0)
    with onp.errstate(divide="ignore"):
        return onp.log(onp.exp(last - finite[..., None]).sum(axis=-1)) + finite


def _marginals(unary: Any, pair: Any) -> tuple[Any, Any]:
    """P(z_t) (..., L, K) and P(z_t, z_{t+1}) (..., L - 1, K, K), given everything."""
    with onp.errstate(divide="ignore", invalid="ignore"):
        alpha = _forward(unary, pair)
        joint = alpha[..., :-1, :, None] + pair
        peak = joint.max(axis=-2, keepdims=True)
        back = onp.exp(joint - onp.where(onp.isfinite(peak), peak, 0.0))
        total = back.sum(axis=-2, keepdims=True)
        back = onp.where(total > 0, back / onp.where(total > 0, total, 1.0), 0.0)  # P(z_t | z_{t+1})
        last = alpha[..., -1, :]
        top = last.max(axis=-1, keepdims=True)
        end = onp.exp(last - onp.where(onp.isfinite(top), top, 0.0))
        whole = end.sum(axis=-1, keepdims=True)
        end = onp.where(whole > 0, end / onp.where(whole > 0, whole, 1.0), 0.0)
    shares = onp.empty(alpha.shape)
    shares[..., -1, :] = now = end
    for t in range(alpha.shape[-2] - 2, -1, -1):
        now = onp.matmul(back[..., t, :, :], now[..., None])[..., 0]
        shares[..., t, :] = now
    return shares, back * shares[..., 1:, None, :]


def _reduced(x: Any, shape: tuple[int, ...]) -> Any:
    """Sums over the axes along which an argument of this shape was broadcast."""
    lead = x.ndim - len(shape)
    x = x.sum(axis=tuple(range(lead)))
    axes = tuple(k for k, size in enumerate(shape) if size == 1 and x.shape[k] > 1)
    return x.sum(axis=axes, keepdims=True) if axes else x


@primitive
def log_chain(unary: Array, pair: Array) -> Array:
    """log Z (...) of chains: unary (..., L, K), pair (..., L - 1 or 1, K, K)."""
    with onp.errstate(divide="ignore", invalid="ignore"):
        return _finish(_forward(unary, pair))


def _vjp(argnums: tuple[int, ...], ans: Array, args: tuple[Array, Array], kwargs: dict[str, Any]) -> Any:
    """Both adjoints from one backward pass."""
    unary, pair = (getvalue(arg) for arg in args)

    def pull(g: Array) -> tuple[Array, ...]:
        states, pairs = _marginals(unary, pair)
        found = (
            lambda: _reduced(g[..., None, None] * states, unary.shape),
            lambda: _reduced(g[..., None, None, None] * pairs, pair.shape),
        )
        return tuple(found[k]() for k in argnums)

    return pull


defvjp_argnums(log_chain, _vjp)
