"""elbo: the evidence lower bound, E_q[log p(x, z)] + entropy(q).

The expectation is a mean over noise carried through the guide (the pathwise gradient), the entropy
is the guide's own formula. log p(x) = elbo + KL(q || posterior), so the larger the better.
Sources: Jordan, Ghahramani, Jaakkola & Saul, An introduction to variational methods for graphical
models, Machine Learning 37 (1999); Kingma & Welling, Auto-encoding variational Bayes, ICLR 2014.
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.objectives import Array, Family, LogDensity, Objective


def value(guide: Family, params: Array, log_density: LogDensity, noise: Array) -> Array:
    """The mean over the draws of noise (S, D), plus the entropy in closed form."""
    return np.mean(log_density(guide.transport(params, noise))) + guide.entropy(params)


objective = Objective(value)
