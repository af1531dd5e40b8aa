"""elbo: the evidence lower bound, E_q[log p(x, z)] + entropy(q).

The expectation is a mean over noise carried through the guide (the pathwise gradient), the entropy
is the guide's own formula, or else minus the mean of its log density. Since
log p(x) = elbo + KL(q || posterior), the larger the better.
Sources: Jordan, Ghahramani, Jaakkola & Saul, An introduction to variational methods for graphical
models, Machine Learning 37 (1999); Kingma & Welling, Auto-encoding variational Bayes, ICLR 2014.
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.objectives import Array, Family, LogDensity, Objective, drawn


def value(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The mean over the draws of noise (S, D), plus the entropy."""
    z, weights = drawn(guide, params, noise)
    if guide.entropy is None:
        return np.dot(weights, log_density(z) - guide.log_prob(params, z))
    return np.dot(weights, log_density(z)) + guide.entropy(params)


objective = Objective(value)
