"""Sds by linear response: how the fitted means would move if the log joint were tilted.

The posterior covariance of any two quantities f and g is the derivative of E[f] as the log joint gains t g. Put the
fitted guide in the posterior's place: at an optimum, with H the Hessian of minus the ELBO in the guide's own units,
and J_f the derivative there of the guide's mean of f,

    Cov(f, g) = J_f H⁻¹ J_g'.

It sees what the family cannot hold: a mean-field guide gets its marginal sds back. It corrects second moments only:
means stay the guide's, and it knows of no other modes or tails, so it is no reason to trust a fit more. For
tau = exp(z) it is the response of tau itself: draws of a Gaussian as wide in z as z responds were tried, and make the
sds of tau and of what it scales far too large.
Where the guide is right, its own units make H the identity. How H differs is looked for where that matters for z: in
the span of the rows of J_z, of what H makes of them, and so on, two or three rounds of at most D products with H, which
are differences of gradients, many at a time. Along orthonormal directions v in which H has eigenvalues l there,

    Var(g) = Var_q(g) + the sum over v of (1 / l - 1) (J_g v)²:

for what is linear in z that is J H⁻¹ J', and otherwise H is the identity where nobody looked.
A fit by Newton's method, the optimum for infinitely many draws, gets a set of draws for its H. Left out are guides of
other shapes, whose units don't make H the identity; a Gaussian at the peak and fits on fresh draws, which end at no
optimum of an ELBO; and finite latents with guides of their own, which would respond too. Params stay as learned.
Sources: Giordano, Broderick & Jordan, Covariances, robustness, and variational Bayes, JMLR 19 (2018), theorem 1;
Saad, Iterative methods for sparse linear systems (2003), section 6.12 (block Krylov methods).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp

from ppl.evidence.rules import Task, with_slopes
from ppl.fit import Fit, LogJoint, made
from ppl.fit.noise import Stream, mirrored
from ppl.optimizers import optimizers

Array = Any
STEP = 1e-5  # of a difference of gradients, in whitened units: its error is about that
FAINT = 0.03  # of what is left of H⁻¹ J', in sds: what it adds to a variance is the square
ROUNDS, USUAL_ROUNDS = 8, 2
BATCH = 500  # draws at a time
UP_TO = 500  # unknowns: the time of what is done with twice as large matrices grows with the cube
SAME = 1e-3  # of H⁻¹ and of I along a direction
DRAWS = 400  # mirrored ones, of a mean whose derivative is taken
SHIFT = 1e-3  # of its difference


@dataclass(frozen=True)
class Response:
    """How much more variance than by the guide everything has, by name; or why that is not known; or neither."""

    more: Mapping[str, Array] = field(default_factory=dict)
    words: str = ""


def respond(task: Task, seconds: float) -> Response:
    """What linear response says of a measured fit, if by forecast it takes no longer than so many seconds."""
    if not applies(task.log_joint, task.fit):
        return Response()
    if task.log_joint.layout.size > UP_TO:
        return Response(words=f"no sds by linear response, which is for up to {UP_TO} unknowns")
    curvature, means = Curvature(task.log_joint, task.fit), Means(task.log_joint, task.fit)
    forecast = USUAL_ROUNDS * task.log_joint.layout.size * (curvature.seconds() + means.seconds)
    if forecast > seconds:
        words = f"linear response would take about {forecast:.1f} s: a longer --time-limit allows it"
        return Response(words=words)
    found = inverse(curvature, task.go_on)
    if found is None:
        words = "no sds by linear response: at the fit the ELBO is not curved downwards in every direction"
        return Response(words=words if task.go_on() else "")
    return Response(means.response(*found))


def applies(log_joint: LogJoint, fit: Fit) -> bool:
    """Whether a fit is a Gaussian at an optimum of its ELBO."""
    guide = made(fit.guide, log_joint)
    is_at_optimum = fit.draws == 0 or optimizers[fit.optimizer].fixed_draws
    is_elbo = fit.objective == "elbo" and guide.is_gaussian and guide.peaked is None
    return is_elbo and fit.converged and is_at_optimum and not log_joint.bounded and log_joint.layout.size > 0


class Curvature:
    """H: minus the Hessian of a fit's ELBO on fixed draws, in the guide's own units about the fit, (P, P)."""

    def __init__(self, log_joint: LogJoint, fit: Fit):
        self.log_joint, self.fit, self.guide = log_joint, fit, made(fit.guide, log_joint)
        guide, D = self.guide, log_joint.layout.size
        draws = max(fit.draws, guide.fixed_draws(D), guide.least_draws(D))
        # The second of a fit's two sets: a guide that is not unique is at the optimum on this one.
        self.noise = mirrored(fit.seed, Stream.fixed, 1, draws, guide.noise_size(D), guide.regular)

    @cached_property
    def means(self) -> Array:
        """The derivative of the means of z (D, P)."""
        still = np.zeros_like(self.fit.params)
        pull, mean = make_vjp(lambda s: self.guide.moments(self.guide.move(self.fit.params, s))[0])(still)
        return np.array([pull(row) for row in np.eye(len(mean))])

    @cached_property
    def start(self) -> Array:
        """The gradient at the fit, which is next to 0."""
        return self._slopes(np.zeros((1, len(self.fit.params))))[0]

    def seconds(self) -> float:
        """The processor's time for a product."""
        directions = np.eye(max(1, BATCH // len(self.noise)), len(self.fit.params))
        began = time.process_time()
        self.products(directions)
        return (time.process_time() - began) / len(directions)

    def products(self, directions: Array) -> Array:
        """H v for each of the directions v (n, P)."""
        size = max(1, BATCH // len(self.noise))
        return np.concatenate([self._some(directions[i : i + size]) for i in range(0, len(directions), size)])

    def _some(self, v: Array) -> Array:
        h = STEP / np.max(np.abs(v), axis=1, keepdims=True)
        return np.asarray((self.start - self._slopes(h * v)) / h)

    def _slopes(self, steps: Array) -> Array:
        """The gradients of the ELBO after each of the steps (n, P), from one gradient of the log joint."""
        S = len(self.noise)
        ways = [make_vjp(self._drawn)(s) for s in steps]
        z = np.concatenate([drawn[:-1].reshape(S, -1) for _, drawn in ways])
        _, slopes = with_slopes(lambda free: self.log_joint(free, self.fit.learned), z)
        shares = slopes.reshape(len(steps), -1) / S
        return np.array([pull(np.append(g, 1.0)) for (pull, _), g in zip(ways, shares, strict=True)])

    def _drawn(self, step: Array) -> Array:
        """Draws (S, D) after a step, and the entropy, in a row."""
        moved = self.guide.move(self.fit.params, step)
        assert self.guide.entropy is not None
        return anp.append(self.guide.transport(moved, self.noise), self.guide.entropy(moved))


def inverse(curvature: Curvature, go_on: Callable[[], bool] = lambda: True) -> tuple[Array, Array] | None:
    """Directions (k, P), orthonormal, and by how much H⁻¹ is more than I along each of them, (k,).

    None where H is not positive definite, or `go_on` says no.
    """
    J = curvature.means
    basis = fresh = np.linalg.qr(J.T)[0].T
    images = np.zeros((0, J.shape[1]))
    for _ in range(ROUNDS):
        if not go_on():
            return None
        images = np.concatenate([images, curvature.products(fresh)])
        inside = basis @ images.T
        if not np.all(np.isfinite(inside)):
            return None
        values, vectors = np.linalg.eigh(0.5 * (inside + inside.T))
        if values[0] <= 0:
            return None
        solved = vectors @ ((vectors.T @ (basis @ J.T)) / values[:, None])
        sds = np.sqrt(np.sum((basis @ J.T) * solved, axis=0))
        beyond = (solved / sds).T @ images
        for _ in range(2):  # once leaves rounding
            beyond = beyond - (beyond @ basis.T) @ basis
        _, size, directions = np.linalg.svd(beyond, full_matrices=False)
        fresh = directions[size > FAINT]
        if len(fresh) == 0:
            more = 1 / values - 1
            matters = np.abs(more) > SAME
            return vectors.T[matters] @ basis, more[matters]
        basis = np.concatenate([basis, fresh])
    return None


class Means:
    """The guide's mean of every latent and definition, as a function of its params."""

    def __init__(self, log_joint: LogJoint, fit: Fit):
        self.log_joint, self.fit, self.guide = log_joint, fit, made(fit.guide, log_joint)
        columns = self.guide.noise_size(log_joint.layout.size)
        self.noise = mirrored(fit.seed, Stream.summary, 1, DRAWS, columns, self.guide.regular)
        began = time.process_time()
        self.start = self.after(np.zeros_like(fit.params))
        self.seconds = time.process_time() - began

    def after(self, step: Array) -> dict[str, Array]:
        """Those after a step."""
        z = self.guide.transport(self.guide.move(self.fit.params, step), self.noise)
        return {name: np.mean(x, axis=0) for name, x in self.log_joint.constrain(z, self.fit.learned).items()}

    def response(self, directions: Array, more: Array) -> dict[str, Array]:
        """What H⁻¹, more than I by so much (k,) along directions (k, P), adds to each variance."""
        found = {name: np.zeros_like(mean) for name, mean in self.start.items()}
        for direction, gain in zip(directions, more, strict=True):
            for name, mean in self.after(SHIFT * direction).items():
                found[name] += gain * ((mean - self.start[name]) / SHIFT) ** 2
        return found
