"""StickBreaking(concentration)

Probabilities of K kinds by breaking a stick: each kind takes a Beta(1, concentration) share of what is left by those
before it, and the last the rest. The weights of a Dirichlet process (Griffiths, Engen and McCloskey), cut off at K.
log p(x) = (K - 1) log concentration + (concentration - 1) log x_K - sum over k < K of log(x_k + ... + x_K)
Source: Sethuraman (1994), Statistica Sinica 4; Ishwaran & James (2001), Journal of the American Statistical
Association 96.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.supports.continuous import positive
from ppl.supports.vectors import simplex


def log_prob(x: Array, concentration: Array) -> Array:
    """Log density, x (..., K) -> (...)."""
    size = np.shape(x)[-1]
    # What is left is added up from the end, which keeps the digits that 1 - cumsum would lose.
    left = np.cumsum(x[..., :0:-1], axis=-1)[..., ::-1]
    inside = simplex.contains(x) & np.all(left > 0, axis=-1)
    safe = np.where(inside[..., None], left, 1.0)
    spent = np.sum(np.log(safe[..., :-1]), axis=-1)
    value = (size - 1.0) * np.log(concentration) + (concentration - 1.0) * np.log(safe[..., -1]) - spent
    return np.where(inside, value, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], concentration: Array) -> Any:
    """Draws of the given shape."""
    kept = -rng.standard_exponential((*shape[:-1], shape[-1] - 1)) / onp.expand_dims(concentration, -1)
    none = onp.zeros((*shape[:-1], 1))
    before = onp.concatenate([none, onp.cumsum(kept, axis=-1)], axis=-1)
    return onp.exp(before) * onp.concatenate([-onp.expm1(kept), none + 1.0], axis=-1)


def oracle(x: Any, concentration: Any) -> Any:
    """The shares' beta densities and the Jacobian of the breaking, in mpmath."""
    import mpmath as mp

    total, left = mp.mpf(0), mp.fsum(x)
    for weight in x[:-1]:
        share = weight / left
        total += mp.log(concentration) + (concentration - 1) * mp.log1p(-share) - mp.log(left)
        left -= weight
    return total


distribution = Distribution(
    forms=((Parameter("concentration", positive),),),
    support=simplex,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    examples=({"concentration": 2.0}, {"concentration": onp.array([0.5, 1.0, 12.0])}),
)
