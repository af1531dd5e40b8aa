"""Definitions made of finite latents: mean and sd, exact in these, over draws of the guide."""

from __future__ import annotations

from typing import Any

import numpy as np

from ppl.evidence import Evidence
from ppl.evidence.pareto import LIMIT, normalised, smooth
from ppl.evidence.posterior import Quantity
from ppl.fit import Fit
from ppl.log_joint import LogJoint

Array = Any
DRAWS = 1000
CELLS = 20_000_000  # of tables and values, held at once


def definitions(log_joint: LogJoint, fit: Fit, evidence: Evidence) -> dict[str, Quantity]:
    """The posterior of kept definitions that are made of finite latents; quantiles are not known (nan).

    Corrected by the importance weights as other definitions are, where these support it.
    """
    kept = log_joint.low.enumeration.definitions
    if not kept:
        return {}
    from ppl.log_joint.states import moments

    cells = sum(int(np.prod(slot.shape)) for d in kept.values() for slot in (d.slot, *d.weights))
    cells += sum(int(np.prod(t.slot.shape)) for summed in log_joint.sums for t in summed.tables)
    z = evidence.z[: max(1, min(DRAWS, CELLS // max(cells, 1)))]
    corrected = evidence.khat <= LIMIT and log_joint.layout.size > 0
    even = np.full(len(z), 1 / len(z))
    weights = normalised(smooth(evidence.log_weights[: len(z)]).log_weights) if corrected else even
    return {
        name: _quantity(first, second, weights, even, corrected)
        for name, (first, second) in moments(log_joint, z, fit.learned).items()
    }


def _quantity(first: Array, second: Array, weights: Array, even: Array, corrected: bool) -> Quantity:
    """From E[d | data, z] and E[d^2 | data, z] (S, *shape) at weighted draws z."""
    mean, sd = _moments(first, second, weights)
    plain, sd_guide = _moments(first, second, even)
    error = np.sqrt(np.tensordot(weights**2, (first - mean) ** 2, 1))
    unknown, scale = np.full(np.shape(mean), np.nan), np.where(sd_guide > 0, sd_guide, 1.0)
    stretch = np.log(np.where(sd > 0, sd, scale) / scale)
    shift = (mean - plain) / scale
    return Quantity(mean, sd, sd_guide, error, unknown, unknown, unknown, shift, stretch, corrected)


def _moments(first: Array, second: Array, weights: Array) -> tuple[Array, Array]:
    mean = np.tensordot(weights, first, 1)
    return mean, np.sqrt(np.maximum(np.tensordot(weights, second, 1) - mean**2, 0.0))
