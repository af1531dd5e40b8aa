"""Covariances by linear response: how the fitted means would move if the log joint were tilted.

The posterior covariance of z_i and z_j is the derivative of E[z_i] as the log joint gains t z_j. Put the
fitted guide in the posterior's place: at an optimum, with H the Hessian of minus the ELBO in the guide's own
coordinates and J the derivative of its means there,

    Cov = J H⁻¹ J'.

It sees what the family cannot hold (a mean-field guide gets its correlations and marginal sds back); it corrects
second moments only, and only where H is positive definite. Columns of H⁻¹ J' are found by conjugate
gradients, in coordinates in which H is near the identity; products with H are differences of gradients.
Sources: Giordano, Broderick & Jordan, Covariances, robustness, and variational Bayes, JMLR 19 (2018), theorem 1;
Nocedal & Wright, Numerical optimization (2006), algorithm 7.1 (conjugate gradients).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from autograd import make_vjp, value_and_grad

from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, mirrored
from ppl.objectives import objectives

Array = Any
STEP = 1e-4  # of a difference, in whitened units: its error is that squared
SMALL = 1e-3  # of a residual: sds are then right to a tenth of a per cent
ITERATIONS = 60


def covariance(log_joint: LogJoint, fit: Fit, seconds: float = np.inf) -> Array | None:
    """The covariance (D, D) of z; None where the fit is at no optimum of its ELBO, or after so many seconds."""
    guide, elbo, size = made(fit.guide, log_joint), objectives["elbo"], log_joint.layout.size
    draws = max(fit.draws, guide.fixed_draws(size), guide.least_draws(size))
    noise = mirrored(fit.seed, Stream.fixed, 0, draws, guide.noise_size(size), guide.regular)
    params, w, until = fit.params, fit.learned, time.perf_counter() + seconds

    def density(z: Array) -> Array:
        return log_joint(z, w)

    value = value_and_grad(lambda s: elbo.value(guide, guide.move(params, s), density, noise))

    def curved(v: Array) -> Array:
        h = STEP / np.max(np.abs(v))
        return (value(-h * v)[1] - value(h * v)[1]) / (2 * h)

    pull, _ = make_vjp(lambda s: guide.moments(guide.move(params, s))[0])(np.zeros_like(params))
    J = np.array([pull(row) for row in np.eye(size)])
    solved = []
    for row in J:
        if time.perf_counter() > until:
            return None
        y = solve(curved, row)
        if y is None:
            return None
        solved.append(y)
    found = J @ np.array(solved).T
    found = 0.5 * (found + found.T)
    return found if size == 0 or np.min(np.linalg.eigvalsh(found)) > 0 else None


def solve(product: Callable[[Array], Array], b: Array) -> Array | None:
    """x with H x = b for a positive definite H near the identity; None where it is not positive definite."""
    x, r = np.zeros_like(b), b.copy()
    p, rr = r.copy(), float(r @ r)
    enough = SMALL**2 * rr
    for _ in range(ITERATIONS):
        if rr <= enough:
            return x
        Hp = product(p)
        curvature = float(p @ Hp)
        if not curvature > 0:
            return None
        a = rr / curvature
        x, r = x + a * p, r - a * Hp
        rr, last = float(r @ r), rr
        p = r + (rr / last) * p
    return x if rr <= 100 * enough else None
