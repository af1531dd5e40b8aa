"""Bridge sampling: the evidence from draws of the guide and of the posterior together, and a check on it.

With l = log p(x, z) - log q(z), the evidence r solves

    r = mean over q of e^l / (s e^l + t r)  /  mean over the posterior of 1 / (s e^l + t r),

s and t being the shares of posterior draws (by their effective size) and of guide draws. No pair of functions
in the place of 1 / (s e^l + t r) has a smaller error. Reciprocal importance sampling,
1 / r = mean over the posterior of e^-l, uses the posterior draws alone; it must agree.
Sources: Meng & Wong, Simulating ratios of normalizing constants via a simple identity, Statistica Sinica 6 (1996);
Frühwirth-Schnatter, Estimating marginal likelihoods for mixture and Markov switching models using bridge sampling
techniques, Econometrics Journal 7 (2004), for the error; Gelfand & Dey, Bayesian model choice, JRSS B 56 (1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
ITERATIONS = 1000
CLOSE = 1e-10  # nats
AGREED = 3.0  # errors


@dataclass(frozen=True)
class Bridge:
    """log evidence with its error, and the same by reciprocal importance sampling."""

    estimate: float
    error: float
    reciprocal: float
    reciprocal_error: float

    @property
    def agrees(self) -> bool:
        """Whether the two estimates are one within their errors."""
        apart = abs(self.estimate - self.reciprocal)
        return bool(apart <= AGREED * np.hypot(self.error, self.reciprocal_error))


def bridge(guide: Array, posterior: Array) -> Bridge:
    """From l at independent draws of the guide (S,), and at draws of N chains of the posterior (T, N)."""
    top = float(np.median(posterior))
    one, other = guide - top, posterior - top
    reciprocal, reciprocal_error = log_mean(-other)
    size = effective(other)
    share = size / (size + len(one))
    # log(s + t r e^-l) is smooth in both tails, where e^l may be anything.
    log_s, log_t, r = np.log(share), np.log1p(-share), -reciprocal
    for _ in range(ITERATIONS):
        above = -np.logaddexp(log_s, log_t + r - one)
        below = -np.logaddexp(log_s + other, log_t + r)
        before, r = r, log_mean(above[:, None])[0] - log_mean(below)[0]
        if abs(r - before) <= CLOSE:
            break
    errors = log_mean(above[None])[1], log_mean(below)[1]
    return Bridge(top + r, float(np.hypot(*errors)), top - reciprocal, reciprocal_error)


def log_mean(x: Array) -> tuple[float, float]:
    """log of the mean of e^x over chains (T, N), and its error by the scatter of the chains' means."""
    top = float(np.max(x))
    means = np.mean(np.exp(x - top), axis=0)
    mean = float(np.mean(means))
    return top + float(np.log(mean)), float(np.std(means, ddof=1) / np.sqrt(len(means)) / mean) if len(
        means
    ) > 1 else np.inf


def effective(x: Array) -> float:
    """How many independent draws the mean of chains (T, N) is worth."""
    between = float(np.var(np.mean(x, axis=0), ddof=1))
    return min(float(np.var(x)) * x.shape[1] / between, float(x.size)) if between > 0 else float(x.size)
