"""Pareto-smoothed importance weights, and k-hat, which says how far they can be trusted.

Sources: Vehtari, Simpson, Gelman, Yao & Gabry, Pareto smoothed importance sampling, JMLR 25 (2024),
section 2.4 and appendix; Zhang & Stephens, A new and efficient estimation method for the
generalized Pareto distribution, Technometrics 51 (2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
LIMIT = 0.7  # above it estimates from the weights do not settle in any practical number of draws
FEWEST = 5  # a tail of fewer draws has no shape
SHORTEST = 20  # draws of a tail that is tried because a longer one began too early
EARLY = 0.95  # k from which on it did: no weights have a k over 1


def fit_tail(excess: Array) -> tuple[float, float]:
    """(k, sigma) of a generalized Pareto distribution from positive excesses in rising order.

    The likelihood is profiled over k and averaged over a grid in -k / sigma; k is then drawn towards 0.5
    with the weight of ten draws.
    """
    n = len(excess)
    m = 30 + int(math.sqrt(n))
    quartile = excess[int(n / 4 + 0.5) - 1]
    b = 1 / excess[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * quartile)
    k = np.mean(np.log1p(-b[:, None] * excess), axis=1)
    log_likelihood = n * (np.log(-b / k) - k - 1)
    weights = np.exp(log_likelihood - log_likelihood.max())
    b_mean = float(weights @ b / weights.sum())
    k_mean = float(np.mean(np.log1p(-b_mean * excess)))
    return (n * k_mean + 5) / (n + 10), -k_mean / b_mean


@dataclass(frozen=True)
class Smoothed:
    """Log weights (S,) with their upper tail of `tail` draws replaced by Pareto quantiles; k-hat.

    k-hat is 0 where the weights are equal, and infinite where all that counts is a handful of draws.
    """

    log_weights: Array
    khat: float
    tail: int


def excesses(log_weights: Array, tail: int) -> tuple[Array, float]:
    """(what the `tail` largest weights have over the next one, in rising order; log of that next one)."""
    ranked = np.sort(log_weights)
    # Weights below the smallest normal number would make the excesses' ratios meaningless.
    cutoff = max(float(ranked[-tail - 1]), math.log(np.finfo(float).tiny))
    return np.exp(ranked[-tail:][ranked[-tail:] > cutoff]) - math.exp(cutoff), cutoff


def smooth(log_weights: Array) -> Smoothed:
    """Pareto smoothing of the upper tail, of min(S / 5, 3 sqrt(S)) draws.

    The mean of the weights exists (it is the evidence), so no tail has a k over 1: a fit that says so
    has begun before the tail does, and its far half is tried instead. It happens in one or two
    dimensions, where a good guide's weights have a peak in the bulk at which draws pile up.
    """
    S = len(log_weights)
    top = float(np.max(log_weights))
    tail = math.ceil(min(0.2 * S, 3 * math.sqrt(S)))
    if not math.isfinite(top) or tail >= S:
        return Smoothed(log_weights, math.inf, tail)
    shifted = log_weights - top
    if np.min(shifted) == 0:
        return Smoothed(log_weights, 0.0, tail)
    excess, cutoff = excesses(shifted, tail)
    if len(excess) < FEWEST:
        return Smoothed(log_weights, math.inf, tail)
    k, sigma = fit_tail(excess)
    while k >= EARLY and tail // 2 >= SHORTEST:
        tail //= 2
        excess, cutoff = excesses(shifted, tail)
        k, sigma = fit_tail(excess)
    if not math.isfinite(k):
        return Smoothed(log_weights, math.inf, tail)
    p = (np.arange(len(excess)) + 0.5) / len(excess)
    quantiles = sigma * (np.expm1(-k * np.log1p(-p)) / k if k else -np.log1p(-p))
    smoothed = shifted.copy()
    # No smoothed weight may exceed the largest raw one.
    places = np.argsort(shifted, kind="stable")[-len(excess) :]
    smoothed[places] = np.minimum(np.log(quantiles + math.exp(cutoff)), 0.0)
    return Smoothed(smoothed + top, k, tail)


def mean_if_heavier(log_weights: Array, smoothed: Smoothed, sigmas: float) -> float:
    """log of the mean weight if the tail's shape were k-hat and so many of its errors.

    The heavier tail goes through the same cutoff and the same median excess. Its k stays below 1,
    as that of any weights.
    """
    tail, khat = smoothed.tail, smoothed.khat
    top = float(np.max(log_weights))
    # The Fisher information of n excesses on k, with sigma unknown, is n / (1 + k)².
    k = min(max(khat + sigmas * (1 + max(khat, 0.0)) / math.sqrt(tail), 0.01), EARLY)
    weights = np.sort(np.exp(log_weights - top))
    body, cutoff = weights[:-tail], weights[-tail - 1]
    sigma = k * float(np.median(weights[-tail:]) - cutoff) / math.expm1(k * math.log(2))
    mean = (np.sum(body) + tail * (cutoff + sigma / (1 - k))) / len(weights)
    return float(top + np.log(mean))


def normalised(log_weights: Array) -> Array:
    """Weights that sum to 1."""
    weights = np.exp(log_weights - np.max(log_weights))
    return weights / weights.sum()


def log_mean_exp(log_weights: Array) -> float:
    """log of the mean of the weights; -inf if all are 0."""
    top = np.max(log_weights)
    return float(top + np.log(np.mean(np.exp(log_weights - top)))) if np.isfinite(top) else float(top)
