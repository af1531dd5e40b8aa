"""Pareto-smoothed importance weights, and k-hat, which says how far they can be trusted.

Sources: Vehtari, Simpson, Gelman, Yao & Gabry, Pareto smoothed importance sampling, JMLR 25 (2024),
section 2.4 and appendix; Zhang & Stephens, A new and efficient estimation method for the
generalized Pareto distribution, Technometrics 51 (2009).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any
LIMIT = 0.7  # above it estimates from the weights do not settle in any practical number of draws
FEWEST = 5  # a tail of fewer draws has no shape


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


def smooth(log_weights: Array) -> tuple[Array, float]:
    """Log weights with their upper tail replaced by its Pareto quantiles, and k-hat.

    k-hat is 0 where the weights are equal, and infinite where all that counts is a handful of draws.
    """
    S = len(log_weights)
    top = np.max(log_weights)
    if not np.isfinite(top):
        return log_weights, math.inf
    shifted = log_weights - top
    tail_size = math.ceil(min(0.2 * S, 3 * math.sqrt(S)))
    order = np.argsort(shifted, kind="stable")
    cutoff = shifted[order[-tail_size - 1]] if tail_size < S else -math.inf
    if shifted[order[0]] == 0:
        return log_weights, 0.0
    # Weights below the smallest normal number would make the excesses' ratios meaningless.
    cutoff = max(cutoff, math.log(np.finfo(float).tiny))
    tail = order[-tail_size:][shifted[order[-tail_size:]] > cutoff]
    if len(tail) < FEWEST:
        return log_weights, math.inf
    excess = np.exp(shifted[tail]) - math.exp(cutoff)
    k, sigma = fit_tail(excess)
    if not math.isfinite(k):
        return log_weights, math.inf
    p = (np.arange(len(tail)) + 0.5) / len(tail)
    quantiles = sigma * (np.expm1(-k * np.log1p(-p)) / k if k else -np.log1p(-p))
    smoothed = shifted.copy()
    # No smoothed weight may exceed the largest raw one.
    smoothed[tail] = np.minimum(np.log(quantiles + math.exp(cutoff)), 0.0)
    return smoothed + top, k


def mean_if_heavier(log_weights: Array, khat: float, sigmas: float) -> float:
    """log of the mean weight if the tail's shape were k-hat and so many of its errors.

    The heavier tail goes through the same cutoff and the same median excess. From k = 1 on a mean
    does not exist, and this is infinite.
    """
    S = len(log_weights)
    top = np.max(log_weights)
    weights = np.sort(np.exp(log_weights - top))
    tail_size = math.ceil(min(0.2 * S, 3 * math.sqrt(S)))
    body, tail, cutoff = weights[:-tail_size], weights[-tail_size:], weights[-tail_size - 1]
    # The Fisher information of n excesses on k, with sigma unknown, is n / (1 + k)².
    k = max(khat + sigmas * (1 + max(khat, 0.0)) / math.sqrt(tail_size), 0.01)
    if k >= 1:
        return math.inf
    sigma = k * float(np.median(tail) - cutoff) / math.expm1(k * math.log(2))
    mean = (np.sum(body) + tail_size * (cutoff + sigma / (1 - k))) / S
    return float(top + np.log(mean))


def normalised(log_weights: Array) -> Array:
    """Weights that sum to 1."""
    weights = np.exp(log_weights - np.max(log_weights))
    return weights / weights.sum()


def log_mean_exp(log_weights: Array) -> float:
    """log of the mean of the weights; -inf if all are 0."""
    top = np.max(log_weights)
    return float(top + np.log(np.mean(np.exp(log_weights - top)))) if np.isfinite(top) else float(top)
