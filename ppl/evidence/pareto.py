"""Pareto-smoothed importance weights, and k-hat, which says how far they can be trusted.

There are two classical estimates of a tail's index. The shape of a generalized Pareto distribution fitted to excesses
stays the same when a constant is added to all weights: 1 + X / 1000 has the shape of X, so that of a guide which is all
but the posterior says next to nothing (0.8 in one to five dimensions is common, from weights which are within 1% of
each other), and being free to move it scatters by 0.15. Hill's estimate, the mean of log weights over a cutoff, is how
fast weights grow where draws get rarer: it is about 0 for such a guide, scatters half as much, and follows
the bias of estimates from these weights; but it sees no rise of which there are only a few draws. So k-hat is Hill's,
the largest over the tail, a quarter of it, and a sixteenth less its error; and the other where that finds a tail
without a mean.
Sources: Vehtari, Simpson, Gelman, Yao & Gabry, Pareto smoothed importance sampling, JMLR 25 (2024),
section 2.4 and appendix; Zhang & Stephens, A new and efficient estimation method for the
generalized Pareto distribution, Technometrics 51 (2009); Hill, A simple general approach to inference about
the tail of a distribution, Annals of Statistics 3 (1975).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
LIMIT = 0.7  # above it estimates from the weights do not settle in any practical number of draws
LEAST = math.log(np.finfo(float).tiny)  # of a log weight, the largest being 0
FEWEST = 5  # a tail of fewer draws has no shape
SHORTEST = 20  # draws of a tail that is tried because a longer one began too early
EARLY = 0.95  # k from which on it did: no weights have a k over 1
PARTS = ((1, 0.0), (4, 0.0), (16, 1.0))  # of the tail for Hill's estimate, and the errors that are taken off


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
    """Log weights (S,) with their upper tail of `tail` draws replaced by Pareto quantiles of this `shape`; k-hat.

    Both are 0 where the weights are equal, and infinite where all that counts is a handful of draws.
    """

    log_weights: Array
    khat: float
    shape: float
    tail: int


def excesses(log_weights: Array, tail: int) -> tuple[Array, float]:
    """(what the `tail` largest weights have over the next one, in rising order; log of that next one)."""
    ranked = np.sort(log_weights)
    # Weights below the smallest normal number would make the excesses' ratios meaningless.
    cutoff = max(float(ranked[-tail - 1]), LEAST)
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
        return Smoothed(log_weights, math.inf, math.inf, tail)
    shifted = log_weights - top
    if np.min(shifted) == 0:
        return Smoothed(log_weights, 0.0, 0.0, tail)
    full = tail
    excess, cutoff = excesses(shifted, tail)
    if len(excess) < FEWEST:
        return Smoothed(log_weights, math.inf, math.inf, tail)
    k, sigma = fit_tail(excess)
    while k >= EARLY and tail // 2 >= SHORTEST:
        tail //= 2
        excess, cutoff = excesses(shifted, tail)
        k, sigma = fit_tail(excess)
    if not math.isfinite(k):
        return Smoothed(log_weights, math.inf, math.inf, tail)
    p = (np.arange(len(excess)) + 0.5) / len(excess)
    quantiles = sigma * (np.expm1(-k * np.log1p(-p)) / k if k else -np.log1p(-p))
    smoothed = shifted.copy()
    # No smoothed weight may exceed the largest raw one.
    places = np.argsort(shifted, kind="stable")[-len(excess) :]
    smoothed[places] = np.minimum(np.log(quantiles + math.exp(cutoff)), 0.0)
    khat = k if k >= EARLY else rise(shifted, full)
    return Smoothed(smoothed + top, khat, k, tail)


def rise(log_weights: Array, tail: int) -> float:
    """Hill's index of the `tail` largest weights, or of fewer of them if that is more."""
    ranked = np.sort(np.maximum(log_weights - np.max(log_weights), LEAST))[::-1]
    found = []
    for part, errors in PARTS:
        n = max(FEWEST, tail // part)
        found.append(float(np.mean(ranked[:n]) - ranked[n]) * (1 - errors / math.sqrt(n)))
    return max(found)


def mean_if_heavier(log_weights: Array, smoothed: Smoothed, sigmas: float) -> float:
    """log of the mean weight if the tail's shape were what it looks like and so many of its errors.

    The heavier tail goes through the same cutoff and the same median excess. Its k stays below 1,
    as that of any weights.
    """
    tail, shape = smoothed.tail, smoothed.shape
    top = float(np.max(log_weights))
    # The Fisher information of n excesses on k, with sigma unknown, is n / (1 + k)².
    k = min(max(shape + sigmas * (1 + max(shape, 0.0)) / math.sqrt(tail), 0.01), EARLY)
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
