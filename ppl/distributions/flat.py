"""Flat()

The improper prior that prefers nothing: log p(x) = 0 for every x. Truncate it to speak of a part of the line.
With it the evidence is known only up to a constant.
Source: Gelman et al., Bayesian Data Analysis (2013), sec. 2.8.
"""

from __future__ import annotations

import autograd.numpy as np

from ppl.distributions import Array, Distribution
from ppl.supports.continuous import real


def log_prob(x: Array) -> Array:
    """Zero, in the shape of x."""
    return np.zeros(np.shape(x))


distribution = Distribution(forms=((),), support=real, log_prob=log_prob, examples=({},), proper=False)
