"""laplace: a Gaussian at the mode of the log joint, with the inverse of minus its Hessian there as covariance.

The classical approximation to a posterior with much data: params as those of `fullrank`, but found at the peak
(`delta`) and not by the ELBO, with no draws at all. Exact where the posterior is Gaussian; elsewhere its ELBO is below
that of `fullrank`, often by far: a mode says little of where the mass lies. In a model with learned values (`param`)
these are taken where they and the latents are together most probable. It is measured like any other guide: ELBO,
weights and verdict say how good it is. Where there is no peak, or the log joint is not curved downwards there in every
direction, there is no such Gaussian, and the fit ends with a message that names the latent.
Sources: Tierney & Kadane, Accurate approximations for posterior moments and marginal densities, JASA 81 (1986);
MacKay, Information theory, inference, and learning algorithms (2003), chapter 27.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ppl.guides import Array, fullrank


def peaked(mode: Array, precision: Array | None) -> Array:
    """The Gaussian with that mean and precision (D, D), which is positive definite."""
    assert precision is not None
    # C lower triangular with C C' = P⁻¹: the inverse of an upper factor U of P = U' U is one of a P read backwards.
    backwards = np.linalg.cholesky(precision[::-1, ::-1])
    return np.asarray(fullrank.upon(mode, np.linalg.inv(backwards).T[::-1, ::-1]))


guide = replace(fullrank.guide, peaked=peaked)
