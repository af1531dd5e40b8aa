"""The multivariate gamma function, the normaliser of Wishart distributions."""

from __future__ import annotations

import autograd.numpy as np
import numpy as onp

from ppl.numerics.elementwise import Array
from ppl.numerics.special import gammaln

LOG_PI = 1.1447298858494002


def log_multigamma(a: Array, size: int) -> Array:
    """log Gamma_K(a) = K (K - 1) / 4 log pi + sum over j < K of log Gamma(a - j / 2), K = `size`."""
    halves = np.expand_dims(a, -1) - onp.arange(size) / 2.0
    return size * (size - 1) / 4.0 * LOG_PI + np.sum(gammaln(halves), axis=-1)
