"""renyi: the variational Rényi bound of order alpha, `renyi(0.5)`; from mode-seeking to mass-covering.

    L_alpha = 1 / (1 - alpha) log E_q[(p(x, z) / q(z))^(1 - alpha)] = log p(x) - D_alpha(q || posterior),

D_alpha being Rényi's divergence, alpha >= 0. It falls as alpha rises: log p(x) at 0, the ELBO at 1. (For alpha < 0 it
lies above log p(x), and to maximise it leads nowhere.) From finitely many draws, all in one group, alpha = 0 is the
importance-weighted bound of that many. Such an estimate is a lower bound in expectation: it lies between the ELBO,
which a single draw gives, and L_alpha. For alpha < 1 a mean of ratios has no maximum on a fixed set of
draws: one draw of each group at a peak of p where q is next to nothing is enough.

With ratios r = p / q, w ∝ r^(1 - alpha) over a group, adding up to 1, the gradient is that of sum w log r with w held.
Of that the score of q is turned into a path gradient as well, which makes the weights of the path gradients
alpha w + (1 - alpha) w²: at alpha = 1 sticking the landing, at alpha = 0 the doubly reparameterised gradient.
Sources: Li & Turner, Rényi divergence variational inference, NIPS 2016; Tucker, Lawson, Gu & Maddison, Doubly
reparameterized gradient estimators for Monte Carlo objectives, ICLR 2019, equations 5 to 8, with r^(1 - alpha) for r.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import autograd.numpy as np
from autograd.tracer import getval

from ppl.objectives import Array, Family, LogDensity, Objective, drawn_in_groups, slowed, with_value

ORDER = 0.5
DRAWS = 50
LIMIT = 1e-8  # the difference from alpha = 1 below which rounding in 1 / (1 - alpha) is worse than the limit


def log_mean(log_r: Array, weights: Array, alpha: float) -> Array:
    """1 / (1 - alpha) log of the weighted mean of r^(1 - alpha) in each group (G, R) -> (G,)."""
    power = 1 - alpha
    if abs(power) < LIMIT:
        return np.sum(weights * log_r, axis=1)
    top = np.max(power * getval(log_r), axis=1, keepdims=True)
    return (np.log(np.sum(weights * np.exp(power * log_r - top), axis=1)) + top[:, 0]) / power


def value(
    guide: Family, params: Array, log_density: LogDensity, noise: Array, alpha: float, K: int | None
) -> Array:
    """The mean over groups of K rows of noise (S, D), or over the one group of all."""
    z, weights = drawn_in_groups(guide, params, noise, K or len(noise))
    log_r = log_density(z) - guide.log_prob(params, z)
    return np.mean(log_mean(np.reshape(log_r, weights.shape), weights, alpha))


def surrogate(
    guide: Family, params: Array, log_density: LogDensity, noise: Array, alpha: float, K: int | None
) -> Array:
    """The same, with path gradients only. What log p itself depends on keeps the weights w."""
    if guide.stratified is not None:  # its draws are not q's but its strata's: the score does not turn
        return value(guide, params, log_density, noise, alpha, K)
    z, weights = drawn_in_groups(guide, params, noise, K or len(noise))
    held = getval(params)
    log_r = np.reshape(getval(log_density(getval(z))) - guide.log_prob(held, getval(z)), weights.shape)
    power = 1 - alpha
    w = np.exp(power * log_r - np.max(power * log_r, axis=1, keepdims=True))
    w = w / np.sum(w, axis=1, keepdims=True)
    z = slowed(z, np.ravel(alpha + power * w))
    path = np.dot(np.ravel(w) / len(w), log_density(z) - guide.log_prob(held, z))
    return with_value(np.mean(log_mean(log_r, weights, alpha)), path)


def of_order(alpha: float, K: int | None) -> Objective:
    """The bound of this order on groups of K rows, or on all of them."""
    return Objective(
        partial(value, alpha=alpha, K=K),
        surrogate=partial(surrogate, alpha=alpha, K=K),
        fixed_draws=alpha >= 1 or K == 1,
        # D_alpha is alpha times as curved as the KL divergence; what K draws leave of the ELBO adds to it.
        curvature=lambda S: alpha + (1 - alpha) / (K or S),
        group=K or 1,
    )


def of(numbers: tuple[float, ...]) -> Objective:
    """`renyi(alpha)`; alpha = 0.5 where nothing is said."""
    if len(numbers) > 1 or not all(alpha >= 0 for alpha in numbers):
        raise ValueError("one number from 0 up, the order: `renyi(0.5)`")
    return replace(of_order(numbers[0] if numbers else ORDER, None), draws=DRAWS, of=of)


objective = of(())
