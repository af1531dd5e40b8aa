"""mixture: a weighted sum of full-rank Gaussians, `mixture(3)` of three of them; two where nothing is said.

q(z) = sum over k of share_k Normal(z | mean_k, C_k C_k'), params = [log shares up to a constant (K), K times
those of `fullrank`]. It can hold several modes, and tails and bends that one Gaussian can't. Means over it are taken
component by component, with the same noise in each, so that they are differentiable in the shares too; its entropy
has no formula.
Sources: Bishop, Lawrence, Jaakkola & Jordan, Approximating posterior distributions in belief networks using
mixtures, NIPS 1997; Morningstar et al., Automatic differentiation variational inference with mixtures, AISTATS 2021.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import autograd.numpy as np
import numpy as onp
from scipy.special import ndtr

from ppl.guides import Array, Guide, Setting, fullrank
from ppl.layout import Layout
from ppl.numerics.log_sums import logsumexp

COMPONENTS = 2
APART = 1.0  # sds between the components that a fit begins with: alike, they would stay alike
LEAST = 0.01  # share in whose information steps are measured; rarer components move as this one does


def log_shares(params: Array, K: int) -> Array:
    """(K,), exp of which adds up to 1."""
    return params[:K] - logsumexp(params[:K])


def components(params: Array, K: int) -> list[Array]:
    """The params of each Gaussian."""
    size = (params.shape[0] - K) // K
    return [params[K + k * size : K + (k + 1) * size] for k in range(K)]


def spread(K: int, D: int) -> Array:
    """Where K components begin, in sds of the whole (K, D): evenly on a line that leans on every axis."""
    line = onp.linspace(-0.5, 0.5, K) if K > 1 else onp.zeros(1)
    signs = onp.where(onp.arange(D) % 2, -1.0, 1.0)
    return APART * line[:, None] * signs / math.sqrt(max(D, 1))


def init(layout: Layout, mean: Array, sd: Array, K: int) -> Array:
    """Equal shares, side by side."""
    D = layout.size
    sds, offsets = np.broadcast_to(sd, (D,)), spread(K, D)
    within = np.sqrt(1 - np.mean(offsets**2, axis=0))
    parts = [fullrank.init(layout, mean + sds * offset, sds * within) for offset in offsets]
    return np.concatenate([np.zeros(K), *parts])


def upon(mean: Array, C: Array, K: int) -> Array:
    """Copies of the Gaussian side by side, along all of its axes."""
    return gathered([0.0], [(mean, C)], K)


def gathered(log_masses: Sequence[float], gaussians: Sequence[tuple[Array, Array]], K: int) -> Array:
    """The K heaviest of these Gaussians, with shares in proportion to exp(log_masses); where they are fewer, the
    heaviest is there in several copies side by side.
    """
    order = sorted(range(len(gaussians)), key=lambda i: -log_masses[i])[:K]
    copies = K - len(order) + 1
    first, C = gaussians[order[0]]
    side_by_side = [(first + onp.dot(C, offset), C) for offset in spread(copies, len(first))]
    masses = [log_masses[order[0]] - math.log(copies)] * copies + [log_masses[i] for i in order[1:]]
    parts = [
        fullrank.upon(mean, factor) for mean, factor in [*side_by_side, *(gaussians[i] for i in order[1:])]
    ]
    return np.concatenate([onp.asarray(masses) - onp.max(masses), *parts])


def stratified(params: Array, noise: Array, K: int) -> tuple[Array, Array]:
    """noise (S, D + 1) -> draws (K S, D) and their weights (K S,)."""
    S = noise.shape[0]
    draws = [fullrank.transport(part, noise[:, :-1]) for part in components(params, K)]
    weights = np.repeat(np.exp(log_shares(params, K)), S) / S
    return np.concatenate(draws), weights


def transport(params: Array, noise: Array, K: int) -> Array:
    """noise (S, D + 1) -> z (S, D): the last column says which component a draw is of."""
    shares = onp.exp(onp.asarray(log_shares(params, K)))
    which = onp.minimum(onp.searchsorted(onp.cumsum(shares), ndtr(noise[:, -1])), K - 1)
    draws = [fullrank.transport(part, noise[:, :-1]) for part in components(params, K)]
    return sum(np.where((which == k)[:, None], draws[k], 0.0) for k in range(K))


def log_prob(params: Array, z: Array, K: int) -> Array:
    """z (S, D) -> (S,)."""
    logs = [fullrank.log_prob(part, z) for part in components(params, K)]
    return logsumexp(np.stack(logs) + log_shares(params, K)[:, None], axis=0)


def moments(params: Array, K: int) -> tuple[Array, Array]:
    """(mean, sd) of z."""
    shares = np.exp(log_shares(params, K))
    means, sds = (
        np.stack(m) for m in zip(*(fullrank.moments(p) for p in components(params, K)), strict=True)
    )
    mean = np.dot(shares, means)
    return mean, np.sqrt(np.dot(shares, sds**2 + (means - mean) ** 2))


def move(params: Array, step: Array, K: int) -> Array:
    """Each component in its own units, as far as its share makes them count; log shares likewise."""
    # Where components do not overlap the information of each is its share times a Gaussian's, and that of a log
    # share the share itself.
    units = 1 / np.sqrt(np.maximum(np.exp(log_shares(params, K)), LEAST))
    parts, steps = components(params, K), components(step, K)
    moved = [fullrank.move(part, units[k] * s) for k, (part, s) in enumerate(zip(parts, steps, strict=True))]
    return np.concatenate([params[:K] + units * step[:K], *moved])


def of(K: int) -> Guide:
    """The mixture of K Gaussians."""
    return Guide(
        partial(init, K=K),
        partial(transport, K=K),
        partial(log_prob, K=K),
        None,
        partial(moments, K=K),
        partial(move, K=K),
        lambda D: max(256, 2 * fullrank.fixed_draws(D)) if D else 2,
        lambda D: max(2, 2 * D),
        noise_size=lambda D: D + 1,
        stratified=partial(stratified, K=K),
        within=within,
        upon=partial(upon, K=K),
        gathered=partial(gathered, K=K),
        numbers=(COMPONENTS,),
    )


def within(setting: Setting) -> Guide:
    """As many components as the user says."""
    return of(setting.numbers[0] if setting.numbers else COMPONENTS)


guide = of(COMPONENTS)
