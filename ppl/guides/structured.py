"""structured: one Gaussian whose dependences are those that the model's own graph can give its posterior.

z = mean + C noise, where row i of C has entries for coordinate i and for its ancestors in an elimination tree of the
graph of coordinates that meet in the log joint. The globals of a hierarchy stand at the root and the locals below, so
that a local depends on the globals and needs no numbers for its siblings: given the globals they are independent.
params = [mean, log of C's diagonal, its other entries]: as many of these as the depths of the tree add up to, and
the time of a step is proportional to them.
Where the posterior is Gaussian it is exact, as `fullrank` is, with fewer numbers and fewer draws; where everything
meets everything it is `fullrank`. The pattern is that of the inverse Cholesky factor of any precision matrix with
that graph, and it is closed under products, so that steps C (I + B) stay inside.
Sources: Tan & Nott, Gaussian variational approximation with sparse precision matrices, Statistics and Computing 28
(2018); Davis, Direct methods for sparse linear systems (2006), sections 4.1 and 7.6; Lin, Nielsen, Khan & Schmidt,
Tractable structured natural-gradient descent, ICML 2021.
"""

from __future__ import annotations

import math
from dataclasses import replace

import autograd.numpy as np

from ppl.guides import HALF_LOG_2_PI, Array, Guide, Setting, fullrank
from ppl.layout import Layout
from ppl.numerics.elimination import tree
from ppl.numerics.gather import put_sum, take
from ppl.numerics.paths import Paths
from ppl.numerics.tree_matrices import product, solve, times


def upon_paths(paths: Paths) -> Guide:
    """The guide whose C has this pattern."""
    D = paths.size

    def split(params: Array) -> tuple[Array, Array, Array]:
        """(mean (D,), log of the diagonal (D,), the other entries)."""
        return params[:D], params[D : 2 * D], params[2 * D :]

    def init(_layout: Layout, mean: Array, sd: Array) -> Array:
        diagonal = np.log(np.broadcast_to(sd, (D,)))
        return np.concatenate([np.broadcast_to(mean, (D,)), diagonal, np.zeros(paths.count)])

    def transport(params: Array, noise: Array) -> Array:
        mean, log_diagonal, above = split(params)
        return mean + np.exp(log_diagonal) * noise + times(above, noise, paths)

    def log_prob(params: Array, z: Array) -> Array:
        mean, log_diagonal, above = split(params)
        r = solve(above, np.exp(log_diagonal), z - mean, paths)
        return -0.5 * np.sum(r**2, axis=1) - np.sum(log_diagonal) - D * HALF_LOG_2_PI

    def entropy(params: Array) -> Array:
        return np.sum(split(params)[1]) + D * (0.5 + HALF_LOG_2_PI)

    def moments(params: Array) -> tuple[Array, Array]:
        mean, log_diagonal, above = split(params)
        return mean, np.sqrt(np.exp(2 * log_diagonal) + put_sum(above**2, paths.rows, D))

    def move(params: Array, step: Array) -> Array:
        # As in fullrank: for C <- C (I + B) the Fisher information of B is 1 off the diagonal and 2 on it.
        mean, log_diagonal, above = split(params)
        a, b, B = split(step)
        grown, diagonal = b / np.sqrt(2.0), np.exp(log_diagonal)
        shifted = mean + diagonal * a + times(above, a[None], paths)[0]
        moved = (
            diagonal[paths.rows] * B + above * take(np.exp(grown), paths.columns) + product(above, B, paths)
        )
        return np.concatenate([shifted, log_diagonal + grown, moved])

    widest = int(paths.depth.max(initial=0)) + 1

    return Guide(
        init,
        transport,
        log_prob,
        entropy,
        moments,
        move,
        # A row of C is determined by as many half-draws as it has entries.
        fixed_draws=lambda _D: max(16, 2 * math.ceil(1.25 * widest)) if D else 2,
        least_draws=lambda _D: max(2, 2 * widest) if D else 2,
        regular=paths.evened,
        is_gaussian=True,
    )


def within(setting: Setting) -> Guide:
    """With the tree of the model's own graph."""
    return upon_paths(Paths(tree(setting.links())))


guide = replace(fullrank.guide, within=within, is_sparse=True)
