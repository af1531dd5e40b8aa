"""delta: a point, the mode of the log joint in unconstrained space (maximum a posteriori, MAP).

params = z, D numbers, found by climbing the log joint itself. Where the mode lies depends on the coordinates: this is
the mode of the density that all inference here works with, the log Jacobian of the supports among its terms. With
learned values (`param`), the mode is that of both together.
A point is not a posterior. It has no spread, its divergence from the posterior is infinite and its ELBO minus
infinity; what is printed in its place counts the density of the point as 1, so that it is the log joint there, and a
bound of nothing. No weights can put it right, and the verdict on it is always not to trust it. It is a quick look, and
a start: `laplace` puts a Gaussian there. Where locals have a scale that is itself a latent there is often no mode.
Source: Gelman et al., Bayesian data analysis (2013), section 13.1.
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.guides import Array, Guide
from ppl.layout import Layout


def init(layout: Layout, mean: Array, sd: Array) -> Array:  # noqa: ARG001 - a point has no sd
    """The mean."""
    return np.array(np.broadcast_to(mean, (layout.size,)), dtype=float)


def transport(params: Array, noise: Array) -> Array:
    """noise (S, D) -> z (S, D), the same in each row."""
    return params + 0.0 * noise


def log_prob(params: Array, z: Array) -> Array:
    """0, as if the point had density 1: z (S, D) -> (S,)."""
    return 0.0 * np.sum(z * params, axis=1)


def entropy(params: Array) -> Array:
    """0, by the same count."""
    return 0.0 * np.sum(params)


def moments(params: Array) -> tuple[Array, Array]:
    """(mean, sd) of z: the point, and 0."""
    return params, 0.0 * params


def move(params: Array, step: Array) -> Array:
    """As far as it says: a point has no units of its own."""
    return params + step


guide = Guide(
    init,
    transport,
    log_prob,
    entropy,
    moments,
    move,
    lambda _D: 2,
    lambda _D: 2,
    peaked=lambda mode, _precision: mode,
    is_point=True,
)
