"""Distribution functions of counts that have no formula, by adding up probabilities on an axis of their own."""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as np
import numpy as onp
from autograd.tracer import getval

from ppl.numerics.elementwise import Array
from ppl.numerics.log_sums import logsumexp


def _masses(log_prob: Callable[..., Array], top: Array, parameters: dict[str, Array]) -> tuple[Array, Array]:
    most = int(onp.max(getval(top), initial=0))
    counts = onp.arange(most + 1)
    return counts, log_prob(counts, **{name: np.expand_dims(value, -1) for name, value in parameters.items()})


def log_sum_below(log_prob: Callable[..., Array], x: Array, **parameters: Array) -> Array:
    """log of the sum of the probabilities of 0, ..., x."""
    x = np.floor(x)
    counts, masses = _masses(log_prob, np.maximum(x, 0), parameters)
    return logsumexp(np.where(counts <= np.expand_dims(x, -1), masses, -np.inf), axis=-1)


def log_sum_above(log_prob: Callable[..., Array], x: Array, top: Array, **parameters: Array) -> Array:
    """log of the sum of the probabilities of x + 1, ..., top."""
    counts, masses = _masses(log_prob, top, parameters)
    return logsumexp(np.where(counts > np.expand_dims(x, -1), masses, -np.inf), axis=-1)
