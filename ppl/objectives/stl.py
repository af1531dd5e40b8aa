"""stl: the ELBO by sticking the landing, whose gradient leaves out the score of q.

In the gradient of E_q[log p(x, z) - log q(z)] the part that comes from the params inside log q, the score, has
expectation 0. Without it the gradient has the same expectation, and no variance at all where q is the posterior:
every draw then says that nothing is to be gained. Far from there the entropy's formula (`elbo`) can be quieter.
On fixed draws it is the ELBO with minus the mean log q as entropy.
Source: Roeder, Wu & Duvenaud, Sticking the landing: simple, lower-variance gradient estimators for variational
inference, NIPS 2017.
"""

from __future__ import annotations

import autograd.numpy as np
from autograd.tracer import getval

from ppl.objectives import Array, Family, LogDensity, Objective, drawn


def value(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The mean of log p(x, z) - log q(z) over the draws of noise (S, D)."""
    z, weights = drawn(guide, params, noise)
    return np.dot(weights, log_density(z) - guide.log_prob(params, z))


def surrogate(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The same, with log q differentiated in z alone."""
    z, weights = drawn(guide, params, noise)
    return np.dot(weights, log_density(z) - guide.log_prob(getval(params), z))


objective = Objective(value, surrogate=surrogate)
