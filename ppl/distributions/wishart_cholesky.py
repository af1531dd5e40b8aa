"""WishartCholesky(df, chol)

The lower Cholesky factor of a Wishart(df, scale), whose scale has the lower Cholesky factor `chol`; for df > K - 1.
log p(L) = log Wishart(L Lᵀ | df, chol cholᵀ) + K log 2 + sum over k of (K - k + 1) log L_kk
Source: Muirhead, Aspects of Multivariate Statistical Theory (1982), Theorems 2.1.9 and 3.2.1; Stan Functions Reference,
"Wishart distribution, Cholesky parameterization".
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy as onp

from ppl.distributions import Array, Distribution, Parameter
from ppl.distributions.wishart import LOG_2, bartlett
from ppl.distributions.wishart import oracle as wishart_oracle
from ppl.numerics.choose import choose
from ppl.numerics.linalg import diagonal, half_logdet, solve_lower
from ppl.numerics.multigamma import log_multigamma
from ppl.supports.continuous import positive
from ppl.supports.matrices import cholesky_factor


def log_prob(x: Array, df: Array, chol: Array) -> Array:
    """Log density, L (..., K, K) -> (...)."""
    size = np.shape(x)[-1]
    inside = cholesky_factor.contains(x) & (df > size - 1)
    factor = choose(inside[..., None, None], x, onp.eye(size))
    df = choose(inside, df, size + 1.0)
    ratio = solve_lower(chol, factor)
    height = df * (0.5 * size * LOG_2 + half_logdet(chol)) + log_multigamma(0.5 * df, size) - size * LOG_2
    powers = np.expand_dims(df, -1) - onp.arange(1.0, size + 1)
    value = np.sum(powers * np.log(diagonal(factor)), axis=-1) - 0.5 * np.sum(ratio * ratio, axis=(-1, -2))
    return choose(inside, value - height, -np.inf)


def sample(rng: onp.random.Generator, shape: tuple[int, ...], df: Array, chol: Array) -> Any:
    """Draws of the given shape."""
    return onp.matmul(chol, bartlett(rng, shape, df))


def oracle(x: Any, df: Any, chol: Any) -> Any:
    """The Wishart's density and the Jacobian of squaring, in mpmath."""
    import mpmath as mp

    size = len(x)

    def square(factor: Any) -> list[list[Any]]:
        return [[mp.fsum(a * b for a, b in zip(u, v, strict=True)) for v in factor] for u in factor]

    jacobian = size * mp.log(2) + mp.fsum((size - k) * mp.log(x[k][k]) for k in range(size))
    return wishart_oracle(square(x), df, square(chol)) + jacobian


distribution = Distribution(
    forms=((Parameter("df", positive), Parameter("chol", cholesky_factor, 2)),),
    support=cholesky_factor,
    log_prob=log_prob,
    sample=sample,
    oracle=oracle,
    examples=(
        {"df": 5.0, "chol": onp.array([[1.5, 0.0], [0.4, 0.5]])},
        {
            "df": onp.array([2.5, 40.0]),
            "chol": onp.array([[1.0, 0.0, 0.0], [0.2, 1.7, 0.0], [0.0, -0.4, 0.5]]),
        },
    ),
)
