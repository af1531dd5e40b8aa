"""The ELBO taken apart, draw by draw: likelihood, prior, entropy, and the importance weights."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppl.fit import LogJoint

Array = Any
BATCH = 250  # draws at a time: bounds memory where there are many rows


@dataclass(frozen=True)
class Parts:
    """The ELBO's parts at each usable draw, and the log weights of all draws.

    `surprise` is -log q of the constrained values; `kept` the log of the usable part of q.
    """

    likelihood: Array
    prior: Array
    surprise: Array
    kept: float
    means: Mapping[str, float]
    log_weights: Array

    @property
    def nonfinite(self) -> int:
        """How many draws have density 0 or NaN."""
        return int(np.sum(~np.isfinite(self.log_weights)))

    @staticmethod
    def of(terms: Mapping[str, Array], log_q: Array, observed: Set[str]) -> Parts:
        """The parts from the terms by statement and log q(z), each (S,)."""
        jacobian = terms.get("log_jacobian", np.zeros(len(log_q)))
        named = {name: values for name, values in terms.items() if name != "log_jacobian"}
        zero = np.zeros(len(log_q))
        likelihood = sum((v for name, v in named.items() if name in observed), zero)
        prior = sum((v for name, v in named.items() if name not in observed), zero)
        weights = likelihood + prior + jacobian - log_q
        good = np.isfinite(weights)
        weights = np.where(good, weights, -np.inf)
        if not np.any(good):
            return Parts(zero, zero, zero, -np.inf, dict.fromkeys(named, -np.inf), weights)
        return Parts(
            likelihood[good],
            prior[good],
            (jacobian - log_q)[good],
            float(np.log(np.mean(good))),
            {name: mean(values[good]) for name, values in named.items()},
            weights,
        )


def itemise(log_joint: LogJoint, z: Array, w: Array | None) -> Mapping[str, Array]:
    """The terms (S,) at draws z, a batch at a time."""
    parts = [log_joint.terms(z[i : i + BATCH], w) for i in range(0, len(z), BATCH)]
    return {name: np.concatenate([np.broadcast_to(p[name], _rows(p)) for p in parts]) for name in parts[0]}


def _rows(terms: Mapping[str, Array]) -> tuple[int, ...]:
    return np.broadcast_shapes(*(np.shape(values) for values in terms.values()))


def mean(values: Array) -> float:
    """The mean as a plain number."""
    return float(np.mean(values))


def error_of(values: Array) -> float:
    """The standard error of the mean of independent values."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
