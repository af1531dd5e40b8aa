"""forward_kl: minus KL(posterior || q), up to a constant: E_posterior[log q]; it covers all the mass that it finds.

The expectation is a mean of q's own draws under self-normalised weights w ∝ p(x, z) / q(z): the wake-phase update of
q. The gradient is that of sum w log q(z) with draws and weights held. For a Gaussian guide its optimum has
the posterior's own mean and covariance.

Weights say nothing of where there are no draws. So half of the draws have their noise multiplied by 2 or 4, and
weights are those of the mixture of all three (a defensive mixture: no weight is over twice what it would be);
and the start is three times as wide as a rough fit of the ELBO. Where a few draws would have all the weight,
the weights are raised to a power below 1 at which a twentieth of the draws counts: q then moves part of the
way, and what the family cannot hold better than that is fitted by an alpha-divergence in between.
A model's params rise along the importance-weighted bound. A set of fixed draws says nothing here: what
maximises this value on it is a q that shrinks onto one point.
Sources: Bornschein & Bengio, Reweighted wake-sleep, ICLR 2015 (the updates); Cappé, Douc, Guillin, Marin &
Robert, Adaptive importance sampling in general mixture classes, Stat. Comput. 18 (2008); Hesterberg,
Weighted average importance sampling and defensive mixture distributions, Technometrics 37 (1995); Minka,
Divergence measures and message passing (2005), section 3.2 (what a power does).
"""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp
from autograd.tracer import getval

from ppl.objectives import Array, Family, LogDensity, Objective, drawn, with_value

DRAWS = 400
SCALES = onp.array([1.0, 2.0, 1.0, 4.0])  # of the noise of every four rows
COUNTING = 1 / 20  # of the draws, at least
WIDENING = 3.0


def spread_out(noise: Array) -> tuple[Array, Array]:
    """The noise at several scales (S, N), and log of its density over that of standard normal noise (S,)."""
    S, N = noise.shape
    scale = onp.resize(SCALES, S)
    wide = noise * scale[:, None]
    squares = 0.5 * onp.sum(wide**2, axis=1)
    # log of the mixture of N(0, s²) over N(0, 1): one term for each row of a full turn.
    terms = squares[:, None] * (1 - SCALES**-2) - N * onp.log(SCALES)
    top = onp.max(terms, axis=1)
    return wide, top + onp.log(onp.mean(onp.exp(terms - top[:, None]), axis=1))


def weighted(guide: Family, params: Array, noise: Array) -> tuple[Array, Array]:
    """Draws z (R, D) and log of what to multiply p / q by (R,)."""
    if guide.stratified is not None:
        z, weights = drawn(guide, params, noise)
        return z, np.log(weights)
    wide, log_ratio = spread_out(noise)
    return guide.transport(params, wide), -log_ratio


def shares(log_w: Array, power: float = 1.0) -> Array:
    """Weights to that power, adding up to 1."""
    w = np.exp(power * (log_w - np.max(getval(log_w))))
    return w / np.sum(w)


def power_of(log_w: Array) -> float:
    """The largest power in (0, 1] at which enough of the draws count, by bisection."""
    if onp.sum(shares(log_w) ** 2) * COUNTING * len(log_w) <= 1:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(30):
        half = 0.5 * (low + high)
        if onp.sum(shares(log_w, half) ** 2) * COUNTING * len(log_w) <= 1:
            low = half
        else:
            high = half
    return low


def value(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The weighted mean of log q over the draws of noise (S, D)."""
    z, extra = weighted(guide, params, noise)
    log_q = guide.log_prob(params, z)
    return np.dot(shares(log_density(z) - log_q + extra), log_q)


def surrogate(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The same, differentiated through log q and the model's params only."""
    z, extra = (getval(part) for part in weighted(guide, params, noise))
    log_p, log_q = log_density(z), guide.log_prob(params, z)
    log_w = getval(log_p) - getval(log_q) + extra
    plain = shares(log_w)
    both = np.dot(shares(log_w, power_of(log_w)), log_q) + np.dot(plain, log_p)
    return with_value(np.dot(plain, getval(log_q)), both)


objective = Objective(
    value,
    bound=False,
    surrogate=surrogate,
    fixed_draws=False,
    through_draws=False,
    draws=DRAWS,
    widening=WIDENING,
)
