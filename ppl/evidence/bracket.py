"""The log evidence from importance weights: an estimate, its error, and ends that may be claimed.

The mean weight is unbiased for the evidence, so by Markov's inequality each of R independent
replicates exceeds it by more than b nats with probability at most exp(-b), and
log p(x) >= min_r - b with probability at least 1 - exp(-R b). That low end always holds. An upper
end needs weights of finite variance, or nearly so, which is what k-hat tells.
Sources: Burda, Grosse & Salakhutdinov, Importance weighted autoencoders, ICLR 2016; Grosse, Ancha
& Roy, Measuring the reliability of MCMC inference with bidirectional Monte Carlo, NIPS 2016.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ppl.evidence.pareto import LIMIT, log_mean_exp, mean_if_heavier, normalised, smooth

Array = Any
REPLICATES = 10
MARGIN = 0.3  # 10 replicates, 0.3 nat: 1 - exp(-3) = 95%
EQUAL = 1e-5  # nats: weights closer together than this differ by rounding; KL is below 1e-10
WIDE = 3.0  # errors on either side
HEAVIER = 3.0  # errors of the tail's shape
FINITE_VARIANCE = 0.5  # of weights with a smaller k-hat


@dataclass(frozen=True)
class LogEvidence:
    """log p(x) with its error, [low, high], and how it was found. `high` is None where declined."""

    estimate: float
    error: float
    low: float
    high: float | None
    method: str
    exact: bool
    words: str = ""


@dataclass(frozen=True)
class Weights:
    """Importance weights of the draws: smoothed, summing to 1; their k-hat and effective size."""

    normalised: Array
    khat: float
    ess: float

    @property
    def supported(self) -> bool:
        """Whether means under these weights mean anything."""
        return self.khat <= LIMIT


def of_bound(evidence: LogEvidence, names: Sequence[str]) -> LogEvidence:
    """What may be claimed where the log joint is a bound itself, for guides of finite latents `names` inside."""
    if not names:
        return evidence
    shown = " and ".join(f"`{name}`" for name in names)
    words = f"no upper end: the sum over {shown} is bounded from below, and so is the evidence"
    return replace(evidence, high=None, method="bound", exact=False, words=words)


def of_trouble(evidence: LogEvidence) -> LogEvidence:
    """What may be claimed where the fit ended in trouble: a posterior without end may have no evidence at all."""
    return replace(evidence, high=None, exact=False, words="no upper end: the fit ended in trouble")


def of_point(draws: int) -> tuple[LogEvidence, Weights]:
    """What a guide that is a single point says of the evidence: nothing, as its density has no finite value."""
    words = "no evidence: a point has no weights"
    nothing = LogEvidence(-math.inf, math.inf, -math.inf, None, "none", False, words)
    return nothing, Weights(np.full(draws, 1 / draws), math.inf, 0.0)


def weigh(log_weights: Array) -> tuple[LogEvidence, Weights]:
    """The evidence from log p(x, z) - log q(z) at independent draws of q, (S,)."""
    S = len(log_weights)
    top = float(np.max(log_weights))
    if not math.isfinite(top):
        nowhere = LogEvidence(-math.inf, math.inf, -math.inf, None, "iw", False, "every draw has density 0")
        return nowhere, Weights(np.full(S, 1 / S), math.inf, 0.0)
    deviations = np.exp(log_weights - top)
    if float(np.ptp(log_weights)) <= EQUAL:
        estimate = log_mean_exp(log_weights)
        error = float(np.std(deviations) / np.mean(deviations) / math.sqrt(S))
        words = "the guide is the posterior: all weights are equal"
        exact = LogEvidence(estimate, error, estimate, estimate, "exact", True, words)
        return exact, Weights(np.full(S, 1 / S), 0.0, float(S))
    smoothed = smooth(log_weights)
    khat = smoothed.khat
    weights = normalised(smoothed.log_weights)
    ess = float(1 / np.sum(weights**2))
    # Raw weights here: smoothing gives up the unbiasedness that the low end rests on.
    replicates = np.array([log_mean_exp(part) for part in np.array_split(log_weights, REPLICATES)])
    low = float(np.min(replicates)) - MARGIN
    by_parts = np.array([log_mean_exp(part) for part in np.array_split(smoothed.log_weights, REPLICATES)])
    scatter = (
        float(np.std(by_parts, ddof=1) / math.sqrt(REPLICATES)) if np.all(np.isfinite(by_parts)) else math.inf
    )
    estimate = log_mean_exp(smoothed.log_weights)
    # The scatter of these weights says nothing of how well they know the tail's shape.
    shape = max(0.0, mean_if_heavier(log_weights, smoothed, 1.0) - estimate)
    error = math.hypot(max(math.sqrt(max(0.0, 1 / ess - 1 / S)), scatter), shape)
    # What the draws missed lies in the tail: the upper end allows it to be heavier than it looks.
    high = max(estimate + WIDE * error, mean_if_heavier(log_weights, smoothed, HEAVIER) + WIDE * error)
    if khat > LIMIT or not math.isfinite(high):
        words = "no upper end: the weights do not support one"
        found = LogEvidence(estimate, error, min(low, estimate), None, "iw", False, words)
    elif khat < FINITE_VARIANCE:
        found = LogEvidence(estimate, error, estimate - WIDE * error, high, "psis", False)
    else:
        # The scatter of weights of infinite variance says too little; the low end stands all the same.
        words = "the weights have a heavy tail: the ends are wide"
        found = LogEvidence(estimate, error, low, high, "psis", False, words)
    return found, Weights(weights, khat, ess)
